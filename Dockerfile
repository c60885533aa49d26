# An image whose command is `harness`:
#   docker build -t harness .
#   docker run --rm -v "$PWD:/audit" harness verify specs/mypaper
FROM python:3.11-slim-bookworm

# For the PDF. Debian's point releases replace a pinned version, so none is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /source
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && useradd --create-home --uid 1000 auditor

USER 1000
WORKDIR /audit
ENTRYPOINT ["harness"]
CMD ["--help"]

# `make verify` judges the packs under specs/, `make test` checks the project; both install it first.
#
#   make verify                    install, then harness verify specs/ --time-limit 15m
#   make verify ARGS="…"           the same with other arguments for `harness verify`
#   make test                      install, then ruff, import-linter, mypy and pytest
#   make test ARGS="-k wheel"      the same with arguments for pytest; ARGS="-n 0" uses one process, for a debugger
#   make test-jax                  install JAX too, then pytest on that backend; ARGS as above
#   make install                   .venv with the packages of requirements.lock, each checked by its hash
#   make install PYTHON=python3.12 with a Python of your choice
#   make wheels WHEELS=folder      fill a folder for machines without a package index
#   make install WHEELS=folder     install from such a folder alone
#   make extras                    add the packages of requirements-extras.lock: JAX, Ray, and Foolbox as a peer
#   make bench                     install the extras, then time everything; HARNESS_DATA_DIR names the folder of the data
#   make bench ARGS="--quick"      the same on fewer images
#   make bench-gpu                 time training and attacks on a GPU, with JAX; see benchmarks/gpu.py
#   make faults                    inject faults of disk, clock, memory and network, read thousands of hostile files; writes a page of docs/
#   make faults ARGS="--quick"     a hundredth of it; ARGS="--only packs" one part
#   make docs                      add the packages of requirements-docs.lock, then write the site; a warning is an error
#   make schemas                   write schemas/ again from the recipes
#   make lock                      pin the newest versions that pyproject.toml allows (needs uv)
#   make clean                     remove what make created; never reports/ nor .harness/
#
# `make verify` succeeds once every claim has its verdict or the reason why it has none, whatever the verdicts are: a
# number that does not reproduce is a result, not a failed build. For a script that needs harness's own exit status
# (0 reproduced, 1 refuted, 3 inconclusive, 4 not run or not comparable) there is `.venv/bin/harness verify`, and
# `make verify STRICT=1` fails unless it is 0.

.POSIX:
.SUFFIXES:
.PHONY: install extras verify test test-jax faults docs wheels bench bench-gpu schemas lock clean venv

PYTHON =
WHEELS =
ARGS =
STRICT =
UV = uv
BIN = .venv/bin
LOCK = requirements.lock
# Everything in $(LOCK) at the same versions, and the packages for a second backend and for peers.
EXTRAS = requirements-extras.lock
# The same, and the packages for the site.
SITE = requirements-docs.lock
# One pytest process on each processor; an idle process takes half of the tests that another has left.
PYTEST = $(BIN)/python -m pytest --numprocesses auto --dist worksteal

# The inputs of the environment; a moved folder needs a new environment.
RECIPE = { pwd -P; cat $(LOCK) pyproject.toml; } | cksum
STAMP = .venv/.made-by-make
# Created first: only an environment with this file or the stamp was made by make and may be emptied.
MARK = .venv/.begun-by-make
# -I: neither PYTHONPATH nor this folder may replace Python's own pip, venv or ensurepip.
PIP = $(BIN)/python -I -m pip --disable-pip-version-check
INSTALLED = import harness; from importlib.metadata import version; version('tensorflow')
SUPPORTED = import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))

install: venv
	@set -e; unset PYTHONPATH PYTHONHOME; \
	if [ -f $(STAMP) ] && [ "$$($(RECIPE))" = "$$(sed -n 1p $(STAMP))" ]; then exit 0; fi; \
	rm -f $(STAMP); \
	echo "installing into .venv (a minute or two, $$(grep -c '^[a-z].*==' $(LOCK)) pinned packages)"; \
	if [ -n "$(WHEELS)" ]; then set -- --no-index --find-links "$(WHEELS)"; else set --; fi; \
	if ! $(PIP) install -q "$$@" --require-hashes -r $(LOCK) 2>.venv/pip-says; then \
		if grep -qiE 'no matching distribution|connection|temporary failure|resolve host|proxy' .venv/pip-says; then \
			echo "make install: the package index cannot be reached or lacks a package; on a machine that has it run" \
			    "'make wheels WHEELS=folder', bring that folder here, and run 'make install WHEELS=/path/to/folder'" \
			    "(pip's own words are in .venv/pip-says)." >&2; \
		else cat .venv/pip-says >&2; fi; \
		exit 1; \
	fi; \
	$(PIP) install -q --no-index --no-deps --no-build-isolation -e .; \
	$(BIN)/python -I -c "$(INSTALLED)"; \
	{ $(RECIPE); pwd -P; } > $(STAMP)

# On top of the plain installation, which also checks whether the folder was moved.
extras: install
	@$(MAKE) -s install LOCK=$(EXTRAS) STAMP=.venv/.made-with-extras

# An environment stays if its Python works, is of a supported version, and the folder was not moved. A link, and an
# environment that somebody else made, are never emptied.
venv:
	@set -e; unset PYTHONPATH PYTHONHOME; \
	if [ -L .venv ]; then \
		echo "make: .venv is in the way; move it (it is a link, which make did not make)" >&2; exit 1; \
	fi; \
	if [ -f $(STAMP) ] && [ "$$(pwd -P)" != "$$(sed -n 2p $(STAMP))" ]; then rm -rf .venv; fi; \
	if [ -x $(BIN)/python ] && $(BIN)/python -I -c "$(SUPPORTED)" 2>/dev/null; then exit 0; fi; \
	for python in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python; do \
		[ -n "$$python" ] || continue; \
		if "$$python" -I -c "$(SUPPORTED)" 2>/dev/null; then \
			if [ -e .venv ] && [ ! -f $(STAMP) ] && [ ! -f $(MARK) ]; then \
				echo "make: .venv is in the way; move it (make did not make it)" >&2; exit 1; \
			fi; \
			rm -rf .venv; mkdir .venv; : > $(MARK); \
			exec "$$python" -I -m venv .venv; \
		fi; \
		[ -z "$(PYTHON)" ] || break; \
	done; \
	echo "make: no usable Python 3.11, 3.12 or 3.13 was found; install one with its venv module (on Debian and" \
	    "Ubuntu: python3-venv), or name it: make install PYTHON=/path/to/python3" >&2; \
	exit 1

verify: install
	@set -e; status=0; \
	set -- $(ARGS); [ $$# -gt 0 ] || set -- specs/ --time-limit 15m; \
	$(BIN)/harness verify "$$@" || status=$$?; \
	case "$$status" in \
	0) ;; \
	1|3|4) \
		if [ -n "$(STRICT)" ]; then exit "$$status"; fi; \
		echo "make verify: done; harness itself ends with status $$status ('make verify STRICT=1' fails on it)" ;; \
	*) exit "$$status" ;; \
	esac

test: install
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m mypy
	$(PYTEST) $(ARGS)

# TensorFlow stays installed, but KERAS_BACKEND=jax never imports it; a test checks this.
test-jax: extras
	KERAS_BACKEND=jax $(PYTEST) $(ARGS)

# A second call continues where the first stopped (tests/faults/results.json); ARGS=--anew starts again.
faults: install
	@$(BIN)/python tests/faults $(ARGS)

# -W: a warning is an error; --keep-going: show all warnings; -E: read every page again, because most show parts of the code.
docs: install
	@$(MAKE) -s install LOCK=$(SITE) STAMP=.venv/.made-with-docs
	$(BIN)/python -m sphinx -W --keep-going -q -E -b html docs build/docs
	@echo "build/docs/index.html"

wheels: venv
	@set -e; \
	[ -n "$(WHEELS)" ] || { echo "make wheels: say where to, for example make wheels WHEELS=wheels" >&2; exit 1; }; \
	unset PYTHONPATH PYTHONHOME; \
	$(PIP) download -q --only-binary :all: --require-hashes -r $(LOCK) -d "$(WHEELS)"; \
	echo "$(WHEELS) holds what 'make install WHEELS=$(WHEELS)' needs, for this platform and" \
	    "$$($(BIN)/python -c 'import sys; print("Python %d.%d" % sys.version_info[:2])')"

bench: extras
	@$(BIN)/python benchmarks $(ARGS)

# Install JAX for a GPU yourself, because its version depends on the driver: for example `.venv/bin/pip install "jax[cuda13]"`.
bench-gpu: extras
	@KERAS_BACKEND=jax $(BIN)/python benchmarks/gpu.py $(ARGS)

schemas: install
	$(BIN)/harness schema --out schemas

# --upgrade: without it uv keeps the versions in the file. The file gets no index address and no path of this machine.
lock:
	@command -v "$(UV)" >/dev/null || { echo "make lock: uv was not found; install it, or say make lock UV=/path/to/uv" >&2; exit 1; }
	@set -e; set -- pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	    --custom-compile-command "make lock" --extra dev; \
	"$(UV)" "$$@" --output-file $(LOCK) pyproject.toml; \
	"$(UV)" "$$@" --extra jax --extra bench --extra ray --constraint $(LOCK) --output-file $(EXTRAS) pyproject.toml; \
	"$(UV)" "$$@" --extra docs --constraint $(LOCK) --output-file $(SITE) pyproject.toml

clean:
	@if [ -L .venv ]; then echo "make: .venv stays (it is a link, which make did not make)"; else rm -rf .venv; fi
	rm -rf dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find harness tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +

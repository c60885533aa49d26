"""A pack on image files, end to end: read, trained, attacked, judged, reported."""

from dataclasses import replace
from hashlib import sha256

import fakes
import numpy as np
import photos
import pytest

from harness.judge.outcome import Outcome
from harness.pipeline import verify
from harness.prepared import Options
from harness.record.file import read
from harness.report.folder import render

DATA = """
  points:
    kind: image-files
    train: {source: photographs.zip, inside: train, sha256: DIGEST}
    test: {source: photographs.zip, inside: test, labels: {file: test.txt, sha256: TRUTH}}
    classes: 2
    size: 2
    resize: 4
    channels: grey
    at_most: {unusable: 0.1}
"""


def photograph(label, seed):
    """A dark photograph of class 0 or a bright one of class 1, in colours."""
    return photos.photo(np.random.default_rng(seed).integers(0, 60, (12, 15, 3)) + 60 + 80 * label, "JPEG", quality=95)


@pytest.fixture
def pack(tmp_path):
    """The pack of fakes on photographs, one of which is cut short, and the folder that holds all."""
    train = {f"{name}/{n}.JPEG": photograph(label, 10 * label + n) for label, name in enumerate("ab") for n in range(9)}
    train["b/cut.JPEG"] = train["b/0.JPEG"][:300]
    test = {f"{n:02}.JPEG": photograph(n % 2, 100 + n) for n in range(20)}
    files = {f"train/{path}": content for path, content in train.items()}
    files |= {f"test/{path}": content for path, content in test.items()}
    photos.zipped(files, tmp_path / "data" / "photographs.zip")
    truth = "\n".join(f"{path} {n % 2}" for n, path in enumerate(test)).encode()
    (tmp_path / "data" / "test.txt").write_bytes(truth)
    listed = "".join(f"{sha256(train[path]).hexdigest()}  {path}\n" for path in sorted(train)).encode()
    data = DATA.replace("DIGEST", sha256(listed).hexdigest()).replace("TRUTH", sha256(truth).hexdigest())
    paper = fakes.PAPER.replace("\n  points: {kind: fake-points}\n", data)
    return fakes.write_pack(tmp_path / "specs" / "photographs", paper=paper), tmp_path


def test_a_pack_on_image_files_is_trained_attacked_and_judged(pack, monkeypatch):
    folder, place = pack
    monkeypatch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))
    options = Options(device="cpu", out=place / "reports", store=place / "store", data_dir=place / "data")
    with fakes.registered(monkeypatch):
        audited = verify([folder], options)[0]
        (place / "data" / "photographs.zip").unlink()
        again = verify([folder], replace(options, store=place / "other", out=place / "again"))[0]
    error = read(audited.folder / "record").measurements["table-1/bright/error"]
    assert [(run.measured.value, run.measured.of) for run in error.runs] == [(0.0, 20)] * 3
    assert {verdict.claim: verdict.outcome for verdict in audited.verdicts}["section-2/found"] is Outcome.REPRODUCED
    page = (audited.folder / "index.html").read_text(encoding="utf-8")
    assert (
        "train: 19 image files (1 unusable) of photographs.zip; test: 20 image files of photographs.zip; decoded"
        in page
    )
    assert {(verdict.outcome, verdict.reason) for verdict in again.verdicts} == {(Outcome.NOT_RUN, "data-missing")}

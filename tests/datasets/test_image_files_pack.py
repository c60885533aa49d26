"""A pack on image files, end to end: read, trained, attacked, judged, reported."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import photos
import pytest

from harness.judge.outcome import Outcome
from harness.kinds.registry import discover
from harness.pipeline import verify
from harness.prepared import Options
from harness.record.file import read
from harness.report.folder import render
from harness.spec.reading.lint import lint

discover()
PAPER = """
format: 1
paper: {title: A paper of photographs}
seed: 7
data:
  photographs:
    kind: image-files
    train: {source: photographs.zip, inside: train, sha256: DIGEST}
    test: {source: photographs.zip, inside: test, labels: {file: test.txt, sha256: TRUTH}}
    classes: 3
    size: 8
    resize: 10
    at_most: {grey: 0.1, unusable: 0.1}
sample: {count: 6, which: correct}
budgets:
  audit: {runs: 3}
"""
MODELS = """
linear:
  kind: network
  train_on: photographs/train
  layers: [rescaling: {scale: 255, offset: [-123, -117, -104]}, channel_swap, rescaling: {scale: 0.01}, dense: {units: 3}]
  training: {kind: lbfgs, iterations: 30}
"""
ATTACKS = "sign: {kind: fgsm, epsilon: 0.5}\n"
CLAIMS = """
title: What photographs show
source: {table: 1, page: 1}
columns:
  error: {metric: error-rate, data: photographs/test, unit: "%", decimals: 1, margin: {absolute: 2.0, because: some}}
  distortion:
    {metric: perturbation, data: photographs/test, attack: sign, decimals: 2, margin: {absolute: 0.2, because: some}}
rows:
  linear: {model: linear, printed: ["0.0", "0.45"]}
"""
COLOURS = ((220, 40, 40), (40, 220, 40), (40, 40, 220))


def photograph(label, seed):
    """A photograph of its class's colour, with noise."""
    noise = np.random.default_rng(seed).integers(-30, 31, (12, 15, 3))
    return photos.photo(np.clip(np.array(COLOURS[label]) + noise, 0, 255), "JPEG", quality=95)


@pytest.fixture
def pack(tmp_path):
    """The pack, and the folder of its data: of the training images one is cut short and one grey."""
    train = {f"n0{label}/{n}.JPEG": photograph(label, 10 * label + n) for label in range(3) for n in range(8)}
    train["n00/grey.JPEG"] = photos.photo(np.full((12, 12), 20), "JPEG")
    train["n01/cut.JPEG"] = train["n01/0.JPEG"][:300]
    test = {f"{n:02}.JPEG": photograph(n % 3, 100 + n) for n in range(9)}
    files = {f"train/{path}": content for path, content in train.items()}
    files |= {f"test/{path}": content for path, content in test.items()}
    photos.zipped(files, tmp_path / "data" / "photographs.zip")
    truth = "\n".join(f"{path} {n % 3}" for n, path in enumerate(test)).encode()
    (tmp_path / "data" / "test.txt").write_bytes(truth)
    listed = "".join(f"{sha256(train[path]).hexdigest()}  {path}\n" for path in sorted(train)).encode()
    paper = PAPER.replace("DIGEST", sha256(listed).hexdigest()).replace("TRUTH", sha256(truth).hexdigest())
    texts = {"paper.yaml": paper, "models.yaml": MODELS, "attacks.yaml": ATTACKS, "claims/table-1.yaml": CLAIMS}
    texts = {name: text.encode() for name, text in texts.items()}
    return photos.folder(texts, tmp_path / "specs" / "photographs"), tmp_path


@pytest.mark.slow
def test_a_pack_on_image_files_is_trained_attacked_and_judged(pack, monkeypatch):
    folder, place = pack
    assert lint([folder]).mistakes == []
    monkeypatch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))
    options = Options(device="cpu", out=place / "reports", store=place / "store", data_dir=place / "data")
    audited = verify([folder], options)[0]
    outcomes = {verdict.claim: verdict.outcome for verdict in audited.verdicts}
    assert set(outcomes.values()) <= {Outcome.REPRODUCED, Outcome.INCONCLUSIVE}  # nine images leave a wide interval
    (value,) = {run.measured.value for run in read(audited.folder / "record").measurements["table-1/linear/error"].runs}
    assert value == 0
    page = (audited.folder / "index.html").read_text(encoding="utf-8")
    assert (
        "train: 26 image files (1 grey, 1 unusable) of photographs.zip; test: 9 image files of photographs.zip" in page
    )
    assert str(place) not in page
    (place / "data" / "photographs.zip").unlink()
    again = verify([folder], replace(options, store=place / "other", out=place / "again"))[0]
    assert {verdict.outcome for verdict in again.verdicts} == {Outcome.NOT_RUN}

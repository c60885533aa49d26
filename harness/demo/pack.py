"""The pack of the demonstration: one claim whose true value is known from theory."""

from __future__ import annotations

from pathlib import Path

RIGHT, WRONG = "10.0", "1.0"
"""The error as a careful author prints it, and with a lost digit."""
PAPER = """\
format: 1
paper: {title: A paper about two blobs}
seed: 1
data:
  blobs: {kind: demo-blobs}
budgets:
  audit: {runs: 3}
"""
MODELS = """\
nearest-mean: {kind: demo-nearest-mean, train_on: blobs/train}
"""
CLAIM = """\
test-error:
  says: The classifier misclassifies one image in ten.
  metric: error-rate
  data: blobs/test
  model: nearest-mean
  sample: {count: 4000}
  unit: "%"
  printed: "PRINTED"
  margin: {absolute: 2, because: four times the sampling error of 4000 images}
"""
HEAD = 'title: Test error of the classifier\nsource: {section: "1"}\nclaims:\n'


def claim_text(printed: str) -> str:
    """Return the claim as YAML."""
    return CLAIM.replace("PRINTED", printed)


def write_pack(folder: Path, printed: str) -> Path:
    """Write the pack into a new folder and return the folder."""
    pack = folder / "demo"
    (pack / "claims").mkdir(parents=True)
    lines = (f"  {line}" for line in claim_text(printed).splitlines(keepends=True))
    files = {"paper.yaml": PAPER, "models.yaml": MODELS, "claims/section-1.yaml": HEAD + "".join(lines)}
    for name, text in files.items():
        (pack / name).write_text(text, encoding="utf-8")
    return pack

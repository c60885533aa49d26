"""Claims on operator norms and on the ratio seen, in a pack: lint, verify on digits, verdicts and report."""

import pytest

from harness.errors import SpecError
from harness.judge.outcome import Outcome
from harness.kinds.registry import discover
from harness.pipeline import verify
from harness.prepared import Options
from harness.report.folder import render
from harness.spec.reading.load import load

PAPER = """\
format: 1
paper: {title: Norms, authors: [A. Author], year: 2026, url: "https://example.org"}
data: {digits: {kind: digits}}
sample: {count: 40, which: correct}
budgets:
  audit: {runs: 3, says: Three runs.}
seed: 1
"""
MODELS = """\
convnet:
  kind: network
  train_on: digits/train
  layers:
    - conv2d: {filters: 4, kernel_size: 3, strides: 2, padding: same, activation: relu}
    - max_pooling2d: {pool_size: 2}
    - dense: {units: 10}
  training: {kind: minibatch, epochs: 2}
"""
CLAIMS = """\
title: Lipschitz bounds
source: {section: "4.3"}
claims:
  seen-below-the-bound:
    {says: "No image moves the logits further than the product of the norms allows.", metric: expansion,
     data: digits/test, model: convnet, attack: fgsm, relation: less_than, other: {metric: operator-norm}}
  printed-formula-too-small:
    {says: "The printed formula gives half of the circular norm for a stride of two, and less than the norm itself.",
     metric: {kind: operator-norm, layer: 1, formula: printed}, data: digits/test, model: convnet,
     relation: less_than, other: {metric: {kind: operator-norm, layer: 1, end: exact}}}
  not-known:
    {says: "There is a ninth layer.", metric: {kind: operator-norm, layer: 9}, data: digits/test, model: convnet,
     printed: "10", relation: at_most, margin: {absolute: 1, because: as printed}}
"""


@pytest.fixture
def pack(tmp_path):
    discover()
    folder = tmp_path / "norms"
    (folder / "claims").mkdir(parents=True)
    (folder / "paper.yaml").write_text(PAPER)
    (folder / "models.yaml").write_text(MODELS)
    (folder / "attacks.yaml").write_text("fgsm: {kind: fgsm}\n")
    (folder / "claims" / "bounds.yaml").write_text(CLAIMS)
    return folder


def test_they_are_measured_judged_and_reported(pack, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))
    audited = verify([pack], Options(device="cpu", out=tmp_path / "reports", store=tmp_path / "store"))[0]
    found = {verdict.claim: verdict for verdict in audited.verdicts}
    assert found["bounds/seen-below-the-bound"].outcome is Outcome.REPRODUCED
    assert found["bounds/printed-formula-too-small"].outcome is Outcome.REPRODUCED
    assert found["bounds/not-known"].outcome is Outcome.NOT_RUN
    assert "at most 3, the layers of the network, found 9" in found["bounds/not-known"].sentence
    page = (audited.folder / "index.html").read_text()
    assert "No image moves the logits further" in page


def test_lint_takes_them(pack):
    options = [claim.measure.options for claim in load(pack).paper.claims]
    assert options == [{}, {"layer": 1, "formula": "printed"}, {"layer": 9}]


def test_lint_says_which_field_of_the_metric_is_wrong(pack):
    file = pack / "claims" / "bounds.yaml"
    file.write_text(CLAIMS.replace("layer: 1, formula: printed", "layer: 1, formula: printed, end: lower"))
    with pytest.raises(SpecError, match="gives only upper bounds; found lower, write upper"):
        load(pack)


def test_the_ratio_seen_needs_an_attack(pack):
    file = pack / "claims" / "bounds.yaml"
    file.write_text(CLAIMS.replace("attack: fgsm, ", ""))
    with pytest.raises(SpecError, match="the metric expansion needs an attack"):
        load(pack)

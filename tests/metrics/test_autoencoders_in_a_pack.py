"""Claims on reconstruction and filters, in a pack: the decoder's weights reach the metric through the store."""

import pytest

from harness.judge.outcome import Outcome
from harness.kinds.registry import discover
from harness.pipeline import verify
from harness.prepared import Options
from harness.report.folder import render

PAPER = """\
format: 1
paper: {title: Filters, authors: [A. Author], year: 2026, url: "https://example.org"}
data: {digits: {kind: digits}}
budgets:
  audit: {runs: 3, says: Three runs.}
seed: 1
"""
MODELS = """\
begun: {kind: sparse-autoencoder, train_on: digits/train, units: 20, epochs: 1, batch_size: 500, learning_rate: 1e-5}
done:
  kind: sparse-autoencoder
  train_on: digits/train
  units: 20
  decay: 1e-4
  sparsity_weight: 0.1
  tied: true
  lbfgs: {iterations: 60}
  settled_within: 0.5
on-top: {kind: fully-connected, train_on: digits/train, features: done, iterations: 30, settled_within: 1.0}
"""
CLAIMS = """\
title: Filters
source: {section: "4.2"}
claims:
  rebuilds-better:
    {says: Training lowers the error., metric: reconstruction-error, data: digits/test, model: done, relation: less_than, other: {model: begun}}
  smoother:
    {says: Training smooths the filters., metric: filter-quality, data: digits/test, model: done, relation: greater_than, other: {model: begun}}
  filters-of-the-first-layer:
    {says: "What stands on top has the same filters.", metric: filter-quality, data: digits/test, model: on-top, relation: greater_than, other: {model: begun}}
  rebuilds-nothing:
    {says: A classifier rebuilds images., metric: reconstruction-error, data: digits/test, model: on-top, relation: less_than, other: {model: begun}}
"""


@pytest.fixture
def pack(tmp_path):
    discover()
    folder = tmp_path / "filters"
    (folder / "claims").mkdir(parents=True)
    (folder / "paper.yaml").write_text(PAPER)
    (folder / "models.yaml").write_text(MODELS)
    (folder / "claims" / "filters.yaml").write_text(CLAIMS)
    return folder


def test_they_are_measured_and_judged_and_what_rebuilds_nothing_is_not_run(pack, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))
    audited = verify([pack], Options(device="cpu", out=tmp_path / "reports", store=tmp_path / "store"))[0]
    found = {verdict.claim.partition("/")[2]: verdict for verdict in audited.verdicts}
    for name in ("rebuilds-better", "smoother", "filters-of-the-first-layer"):
        assert found[name].outcome is Outcome.REPRODUCED
    assert found["rebuilds-nothing"].outcome is Outcome.NOT_RUN
    assert "found a model without a decoder" in found["rebuilds-nothing"].sentence

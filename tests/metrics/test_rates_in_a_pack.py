"""Claims on distances, confidences, agreement and rates of one class, in a pack: lint, verify on digits, verdicts, report."""

import pytest

from harness import read_record
from harness.errors import SpecError
from harness.judge.outcome import Outcome
from harness.kinds.registry import discover
from harness.pipeline import verify
from harness.prepared import Options
from harness.report.folder import render
from harness.spec.reading.load import load

PAPER = """\
format: 1
paper: {title: Goodfellow on digits, authors: [A. Author], year: 2026, url: "https://example.org"}
data: {digits: {kind: digits}}
budgets:
  audit: {runs: 3, says: Three runs.}
seed: 1
"""
MODELS = """\
softmax: {kind: fully-connected, train_on: digits/train, hidden: [], decay: 1e-3}
deep: {kind: fully-connected, train_on: digits/train, hidden: [16], decay: 1e-3}
"""
ATTACKS = """\
sign: {kind: fgsm, epsilon: 0.25}
nearest: {kind: ddn, target: none, steps: 20}
noise: {kind: gaussian-noise, stddev: 0.1}
"""
CLAIMS = """\
title: Explaining adversarial examples
source: {section: "8"}
claims:
  sure-of-mistakes:
    {says: It is sure of its mistakes., metric: {kind: mean-confidence, among: mistakes}, data: digits/test, model: softmax,
     attack: sign, unit: "%", printed: "40", relation: at_least, margin: {absolute: 5, because: b}}
  surer-when-right:
    {says: It is surer of clean images., metric: mean-confidence, data: digits/test, model: softmax,
     relation: greater_than, other: {attack: nearest}}
  agree:
    {says: Both make the same mistakes., metric: class-agreement, data: digits/test, model: [softmax, deep], attack: sign,
     unit: "%", printed: "50", relation: at_least, margin: {absolute: 5, because: b}}
  agree-where-both-err:
    {says: More so where both err., metric: class-agreement, data: digits/test, model: [softmax, deep], attack: sign,
     relation: greater_than, other: {metric: {kind: class-agreement, among: first}}}
  no-further:
    {says: No pixel moves further than epsilon., metric: {kind: distance-quantile, norm: linf, share: 0.5}, data: digits/test,
     model: softmax, attack: sign, printed: "0.250", margin: {absolute: 0.001, because: b}}
  a-tenth-first:
    {says: A tenth is fooled sooner than a half., metric: {kind: distance-quantile, share: 0.1}, data: digits/test, model: deep,
     attack: nearest, relation: less_than, other: {metric: {kind: distance-quantile, share: 0.5}}}
  robustness:
    {says: rho of the nearest examples is small., metric: {kind: distance, relative: true}, data: digits/test, model: deep,
     attack: nearest, printed: "0.20", relation: at_most, margin: {absolute: 0.05, because: b}}
  noise-is-as-large-as-given:
    {says: Noise has the norm it is given., metric: perturbation-norm, data: digits/test, model: softmax, attack: noise,
     printed: "0.79", margin: {absolute: 0.02, because: 0.1 times the root of 64 pixels}}
  quick:
    {says: It takes as long as printed., metric: time-per-image, data: digits/test, model: deep, attack: nearest, unit: ms,
     printed: "110", margin: {relative: 0.5, because: b}}
  eights:
    {says: Eights are harder than zeros., metric: {kind: error-rate, true_class: 8}, data: digits/test, model: softmax,
     relation: greater_than, other: {metric: {kind: error-rate, true_class: 0}}}
"""


@pytest.fixture
def pack(tmp_path):
    discover()
    folder = tmp_path / "rates"
    (folder / "claims").mkdir(parents=True)
    (folder / "paper.yaml").write_text(PAPER)
    (folder / "models.yaml").write_text(MODELS)
    (folder / "attacks.yaml").write_text(ATTACKS)
    (folder / "claims" / "section-8.yaml").write_text(CLAIMS)
    return folder


def test_they_are_measured_judged_and_reported(pack, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))
    audited = verify([pack], Options(device="cpu", out=tmp_path / "reports", store=tmp_path / "store"))[0]
    found = {verdict.claim.removeprefix("section-8/"): verdict for verdict in audited.verdicts}
    told = {name: verdict.sentence for name, verdict in found.items() if verdict.outcome is not Outcome.REPRODUCED}
    assert list(told) == ["quick"]  # a printed time is of another machine
    assert (found["quick"].outcome, found["quick"].reason) == (Outcome.NOT_COMPARABLE, "another-machine")
    assert found["quick"].mean > 0
    apart = {name for name, verdict in found.items() if "by-construction" in verdict.qualifiers}
    assert apart == {"noise-is-as-large-as-given"}
    runs = read_record(audited.folder).measurements["section-8/agree-where-both-err"].runs
    # Who gives the first's wrong class is wrong too: the same agreements, of fewer mistakes.
    assert all(run.measured.of < run.other.of <= 597 for run in runs)
    assert all(run.measured.count == run.other.count > 0 for run in runs)
    page = (audited.folder / "index.html").read_text()
    assert "It is sure of its mistakes" in page


def mistakes(pack, old, new):
    file = pack / "claims" / "section-8.yaml"
    assert CLAIMS.count(old) == 1
    file.write_text(CLAIMS.replace(old, new))
    with pytest.raises(SpecError) as caught:
        load(pack)
    return [(problem.rule, problem.message) for problem in caught.value.problems]


def test_lint_asks_for_a_second_network_to_agree_with(pack):
    listed = "metric: class-agreement, data: digits/test, model: [softmax, deep], attack: sign,\n     unit"
    (found,) = mistakes(pack, listed, listed.replace("[softmax, deep]", "softmax"))
    assert found[0] == "metric-does-not-fit"
    assert "class-agreement: compares networks with each other; list at least two, as 'model: [a, b]'" in found[1]


def test_lint_knows_the_classes_of_the_data_on_either_side(pack):
    (found,) = mistakes(pack, "true_class: 8", "true_class: 10")
    assert found == (
        "metric-does-not-fit",
        "error-rate: true_class: expected a class of the data, 0 to 9, found 10",
    )
    (found,) = mistakes(pack, "true_class: 0", "true_class: 12")
    assert "0 to 9, found 12" in found[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('attack: sign, printed: "0.250"', 'printed: "0.250"'),
        ('attack: nearest, printed: "0.20"', 'printed: "0.20"'),
        ('attack: noise,\n     printed: "0.79"', 'printed: "0.79"'),
    ],
)
def test_lint_asks_for_the_attack_whose_distances_are_meant(pack, old, new):
    (found,) = mistakes(pack, old, new)
    assert found[0] == "needs-attack"
    assert "needs an attack" in found[1]


def test_lint_says_that_a_quantile_has_no_sampling_error_to_make_a_margin_of(pack):
    (found,) = mistakes(
        pack, 'printed: "0.250", margin: {absolute: 0.001,', 'printed: "0.250", margin: {sampling: {images: 90},'
    )
    assert found[0] == "sampling-margin"
    assert "distance-quantile is a number" in found[1]

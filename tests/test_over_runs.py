"""Ratios, printed means with their spread and best runs come out right in a whole pack: lint, schema, verdict, report."""

import io
import json

import fakes
import pytest
from rich.console import Console

from harness.errors import SpecError
from harness.pipeline import prepare, verify
from harness.prepared import Options
from harness.record.file import read
from harness.report.folder import render
from harness.spec.reading.describe import claim_form
from harness.spec.reading.load import load
from harness.spec.reading.schema import schema_files
from harness.terminal.power import print_power

CLAIMS = """\
title: Numbers over several runs
source: {section: "1"}
claims:
  farther:
    {says: It is moved farther., metric: distortion, data: points/test, model: bright, attack: far, printed: "1.5",
     other: {attack: flip}, relation: ratio, margin: {relative: 0.4, because: the text says about so much}}
  mean:
    {says: It errs so often., metric: error-rate, data: points/test, model: bright, printed: "3.0", unit: "%",
     printed_runs: 5, printed_sd: "1.5", margin: {absolute: 9, because: half of the images spread so}}
  best:
    {says: Its best run errs so seldom., metric: error-rate, data: points/test, model: bright-2, printed: "2.5", unit: "%",
     printed_is: {best_of: 5}, margin: {absolute: 9, because: half of the images spread so}}
  every:
    {says: All of them err so often., metric: error-rate, data: points/test, model: [bright, bright-2], printed: "3.0",
     unit: "%", each: true, margin: {absolute: 20, because: half of the images spread so}}
  falling:
    {says: The farther the threshold the more is moved., metric: distortion, data: points/test, model: [bright, bright-2],
     attack: flip, relation: decreasing}
"""


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    with fakes.registered(monkeypatch):
        yield


@pytest.fixture
def pack(tmp_path):
    folder = tmp_path / "several"
    (folder / "claims").mkdir(parents=True)
    (folder / "paper.yaml").write_text(fakes.PAPER)
    (folder / "models.yaml").write_text(
        "bright: {kind: fake-brightness, train_on: points/train, noise: 0.05}\n"
        "bright-2: {kind: fake-brightness, train_on: points/test, noise: 0.05}\n"
    )
    (folder / "attacks.yaml").write_text("flip: {kind: fake-flip}\nfar: {kind: fake-flip, overshoot: 0.1}\n")
    (folder / "claims" / "runs.yaml").write_text(CLAIMS)
    return folder


def test_lint_takes_them_and_a_ratio_is_a_plain_number_whatever_its_metric_s_unit(pack):
    ratio, mean, best, every, falling = (claim.expected for claim in load(pack).paper.claims)
    assert every.each
    assert falling.relates.neighbours
    assert (ratio.unit, ratio.number) == ("number", 1.5)
    assert (mean.printed_runs, mean.spread) == (5, pytest.approx(1.55))
    assert best.printed_is.best_of == 5


@pytest.mark.parametrize(
    ("old", "new", "rule", "says"),
    [
        ("     printed_runs: 5, printed_sd", "     printed_sd", "printed-over-runs", "write the number of runs"),
        ('printed_sd: "1.5"', 'printed_sd: "-1.5"', "printed-over-runs", "cannot be negative"),
        ('printed_sd: "1.5"', "printed_sd: 1.5", "not-as-printed", "in quotes"),
        ("printed_runs: 5", "printed_runs: 1", "wrong-value", "from 2 to 10000"),
        ("printed_is: {best_of: 5}", "printed_is: {best_of: 5}, printed_runs: 5", "printed-over-runs", "or their mean"),
        ("printed_is: {best_of: 5}", "printed_is: {best_of: 5}, attack: flip", "printed-over-runs", "better for the model is worse for"),
        ("relation: ratio", "printed_is: {best_of: 5}, relation: ratio", "printed-over-runs", "there is no best ratio"),
        ("other: {attack: flip}, relation: ratio", "relation: ratio", "relation-needs", "another measure"),
        ('"1.5",\n     other', '"1.5", unit: distortion,\n     other', "unit-does-not-fit", "a ratio is measured in"),
        ("{relative: 0.4,", "{sampling: {images: 20},", "relation-does-not-use", "write absolute or relative"),
        ('printed: "1.5",\n     other: {attack: flip}, relation: ratio, margin: {relative: 0.4, because: the text says about so much}',
         "other: {attack: flip}, printed_runs: 5, relation: less_than", "relation-does-not-use", "does not use a printed number"),
        ("model: [bright, bright-2], printed", "model: bright, printed", "needs-members", "found no list"),
        ("model: [bright, bright-2],\n     attack", "model: bright,\n     attack", "needs-members", "found no list"),
        ("relation: decreasing", "relation: decreasing, each: true", "needs-members", "already applies to each member"),
    ],
)  # fmt: skip
def test_lint_says_what_does_not_fit_together(pack, old, new, rule, says):
    file = pack / "claims" / "runs.yaml"
    assert file.read_text().count(old) == 1
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(SpecError) as caught:
        load(pack)
    (found,) = caught.value.problems
    assert found.rule == rule
    assert says in found.message


def test_the_schema_and_the_form_of_a_claim_list_them():
    schema = json.loads(schema_files()["claims.schema.json"])["definitions"]
    assert "ratio" in json.dumps(schema["key-relation"])
    assert "pattern" in json.dumps(schema["key-printed_sd"])
    form = claim_form()
    assert {"printed_runs", "printed_sd", "printed_is"} <= {field.name for field in form.keys["what the paper prints"]}
    (told,) = (each for each in form.relations if each.name == "ratio")
    assert told.needs == ("printed", "other", "margin")


def test_a_whole_audit_measures_judges_and_shows_them(pack, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))
    options = Options(device="cpu", out=tmp_path / "reports", store=tmp_path / "store")
    (done,) = verify([pack], options)
    ratio, mean, best, every, falling = done.verdicts
    runs = read(done.folder).measurements["runs/farther"].runs
    assert ratio.mean == pytest.approx(sum(run.measured.value / run.other.value for run in runs) / len(runs))
    assert "Measured a ratio of " in ratio.sentence
    assert "as the mean of 5 runs (standard deviation 1.5 points)" in mean.sentence
    assert "expected best of 5 runs" in best.sentence
    assert best.mean < 100 * sum(run.measured.value for run in read(done.folder).measurements["runs/best"].runs) / 3
    assert "The decisive one of 2 comparisons is bright" in every.sentence
    assert "is bright-2 after bright." in falling.sentence
    page = (done.folder / "index.html").read_text()
    assert "divided by that of the other equals, within the margin, the printed 1.5" in page
    promised = read(done.folder).protocol.terms("runs/mean")
    assert promised["printed over"] == "5 runs, standard deviation 1.5"
    console = Console(width=200, record=True, file=io.StringIO())
    print_power(prepare([pack], options)[0], console)
    assert "runs/farther" in console.export_text()

"""A metric and a relation, one file each, come out right everywhere without a line elsewhere."""

import io
import json

import fakes
import numpy as np
import pytest
from confidence import Confidence, Disagreement
from records import claim, margin, measured, pilot, record, verdict
from rich.console import Console
from within_factor import WithinFactor

from harness.errors import SpecError, UsageError
from harness.judge import judge
from harness.judge.foresight import foresee
from harness.judge.kind_facts import statistic_of
from harness.judge.observed import observe
from harness.judge.power import power_of
from harness.judge.printed import ONE_RUN
from harness.kinds import registry
from harness.kinds import relation as relations
from harness.pipeline import prepare, verify
from harness.planner import make_plan
from harness.prepared import Options
from harness.report.cases import cases_of
from harness.report.figures import comparison
from harness.report.folder import render
from harness.spec.claim import Sampling
from harness.spec.paper import Exhibit
from harness.spec.reading.describe import claim_form
from harness.spec.reading.load import load
from harness.spec.reading.schema import schema_files
from harness.terminal.power import print_power
from harness.terminal.verdicts import verdict_table

CLAIMS = """\
title: New values
source: {section: "1"}
claims:
  sure:
    {says: It is sure of itself., metric: confidence, data: points/test, model: bright, printed: "0.45",
     relation: within-factor, margin: {absolute: 1.5, because: a factor is what is claimed}}
  sampled:
    {says: It is sure of itself., metric: confidence, data: points/test, model: bright, printed: "0.60",
     margin: {sampling: {images: 100}, because: counted on so many}}
  split:
    {says: They disagree., metric: disagreement, data: points/test, model: [bright, bright-2], attack: flip,
     printed: "50", unit: "%", margin: {absolute: 30, because: b}}
"""


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Register them for one test, beside the kinds that need no backend."""
    monkeypatch.setattr(relations, "_relations", dict(relations.relations() and relations._relations))
    relations.relation("within-factor")(WithinFactor)
    with fakes.registered(monkeypatch):
        monkeypatch.setitem(registry._kinds, "metrics", dict(registry._kinds["metrics"]))
        registry.metric("confidence", edition=1)(Confidence)
        registry.metric("disagreement", edition=1)(Disagreement)
        yield


@pytest.fixture
def pack(tmp_path):
    folder = tmp_path / "values"
    (folder / "claims").mkdir(parents=True)
    (folder / "paper.yaml").write_text(fakes.PAPER)
    (folder / "models.yaml").write_text(
        "bright: {kind: fake-brightness, train_on: points/train}\nbright-2: {kind: fake-brightness, train_on: points/test}\n"
    )
    (folder / "attacks.yaml").write_text("flip: {kind: fake-flip}\n")
    (folder / "claims" / "new.yaml").write_text(CLAIMS)
    return folder


def mistakes(pack, old, new):
    file = pack / "claims" / "new.yaml"
    assert file.read_text().count(old) == 1
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(SpecError) as caught:
        load(pack)
    return [(problem.rule, problem.message) for problem in caught.value.problems]


def sure(**given):
    usual = {"metric": "confidence", "printed": "0.50", "unit": "fraction", "relation": "within-factor"}
    return claim("t/sure", **{**usual, "margin": margin(absolute=1.5), **given})


def shown(renderable):
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(renderable)
    return console.export_text()


def test_lint_takes_both_and_the_metric_s_units(pack):
    spec = load(pack)
    assert [each.expected.unit for each in spec.paper.claims] == ["fraction", "fraction", "%"]
    assert spec.paper.claim("new/sure").expected.relates.word == "within-factor"


@pytest.mark.parametrize(
    ("old", "new", "rule", "says"),
    [
        ("absolute: 1.5", "absolute: 1.001", "margin-below-print", "write at least 1.02"),
        ("absolute: 1.5", "relative: 0.5", "relation-does-not-use", "is the factor itself; write absolute"),
        ("absolute: 1.5", "absolute: 1e9", "margin-cannot-be-missed", "write a smaller one; it is the factor itself"),
        ('"0.45"', '"45"', "unit-does-not-fit", "confidence cannot exceed 1"),
        (", margin: {absolute: 1.5, because: a factor is what is claimed}", "", "relation-needs", "needs a margin"),
        ("within-factor", "within-factors", "wrong-value", "did you mean 'within-factor'?"),
        ('printed: "0.45",\n     relation: within-factor, margin: {absolute: 1.5, because: a factor is what is claimed}',
         "relation: all", "all-is-for-rates", "confidence is none"),
    ],
)  # fmt: skip
def test_lint_says_what_is_wrong_with_either(pack, old, new, rule, says):
    (found,) = mistakes(pack, old, new)
    assert found[0] == rule
    assert says in found[1]


def test_the_schema_and_the_form_of_a_claim_list_both():
    schema = json.loads(schema_files()["claims.schema.json"])["definitions"]
    assert "within-factor" in json.dumps(schema["key-relation"])
    assert "confidence" in json.dumps(schema["key-metric"])
    (told,) = (each for each in claim_form().relations if each.name == "within-factor")
    assert told.needs == ("printed", "margin")


def test_the_sampling_margin_of_a_mean_in_0_1_follows_from_its_own_variance_and_no_wilson_interval():
    one = sure(relation="close_to", margin=margin(sampling=Sampling(images=100)))
    assert statistic_of(one) == "mean in [0, 1]"
    found = verdict(one, [0.5, 0.501, 0.499], of=400, counted=False)
    assert found.margin == pytest.approx(0.005)  # half a printed unit: no spread over images is known
    runs = measured("t/sure", [0.5, 0.501, 0.499], of=400, counted=False, inputs="these")
    spread = runs.model_copy(
        update={
            "runs": tuple(
                run.model_copy(update={"measured": run.measured.model_copy(update={"spread": 0.1})})
                for run in runs.runs
            )
        }
    )
    assert observe(one, spread).image_variance == pytest.approx(0.01)
    (found,) = judge(record((one, spread)))
    assert found.margin == pytest.approx(1.96 * 0.1 / 10)


@pytest.mark.parametrize(
    ("values", "outcome", "reason", "says"),
    [
        ([0.70, 0.701, 0.699], "REPRODUCED", "within-factor", ": within a factor of 1.5."),
        ([0.36, 0.361, 0.359], "REPRODUCED", "within-factor", "printed 0.50: within a factor of 1.5."),
        ([0.30, 0.301, 0.299], "NOT_REPRODUCED", "worse", ": not within a factor of 1.5, worse than printed."),
        ([0.80, 0.801, 0.799], "NOT_REPRODUCED", "better", ": not within a factor of 1.5, better than printed."),
        ([0.70, 0.76, 0.79], "INCONCLUSIVE", None, "the interval lies partly outside a factor of 1.5"),
    ],
)
def test_the_verdict_and_its_sentence_are_those_of_the_factor(values, outcome, reason, says):
    found = verdict(sure(), values, counted=False)
    assert found.outcome == outcome
    assert reason in {None, found.reason}
    assert says in found.sentence
    assert found.margin == 1.5


def test_the_figure_s_band_goes_from_the_printed_number_over_to_times_the_factor():
    one = sure()
    made = record((one, measured(one.id, [0.6, 0.601, 0.599], counted=False)))
    exhibit = Exhibit(id="t", title="T", source=one.source, shape="list", claims=(one.id,))
    made = made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})
    (case,) = cases_of(made, judge(made)).values()
    assert case.band == pytest.approx((0.5 / 1.5, 0.75))
    assert case.margin == "a factor of 1.5"
    drawn = comparison([case], "Confidence", "c")
    assert "margin a factor of 1.5" in drawn
    assert case.verdict.outcome.look.word in drawn


def test_the_terminal_writes_the_factor_and_the_outcome():
    heading, line, *_ = shown(verdict_table([verdict(sure(), [0.7, 0.701, 0.699])])).splitlines()
    assert heading.startswith("claim")
    assert "a factor of 1.5" in line
    assert "REPRODUCED" in line
    assert "±" not in line


def test_the_power_is_that_of_the_nearer_edge():
    found = power_of(sure(), pilot(0.05))
    assert found.margin == 1.5
    expected = foresee(0.5 - 0.5 / 1.5, 0.05, 3, pilot_runs=pilot(0.05).runs, number=ONE_RUN)
    assert found.at[3] == expected.reproduced


def test_a_whole_audit_measures_judges_and_shows_both(pack, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))
    options = Options(device="cpu", out=tmp_path / "reports", store=tmp_path / "store")
    (done,) = verify([pack], options)
    by_claim = {each.claim: each for each in done.verdicts}
    assert by_claim["new/sure"].outcome == "REPRODUCED", by_claim["new/sure"].sentence
    assert 0.5 <= by_claim["new/sampled"].mean <= 1
    assert by_claim["new/split"].n == 3, by_claim["new/split"].sentence
    page = (done.folder / "index.html").read_text()
    assert "is, within a factor, the printed" in page
    assert "a factor of 1.5" in page
    console = Console(width=200, record=True, file=io.StringIO())
    print_power(prepare([pack], options)[0], console)
    assert "a factor of 1.5" in console.export_text()


def test_a_metric_that_needs_several_models_is_measured_once_with_all_of_them(pack):
    spec = load(pack)
    plan = make_plan(spec, spec.paper.claims, (1,))
    (key,) = plan.wants["new/split"][0].keys
    assert sorted(plan.jobs[key].inputs) == ["data", "examples", "rows", "victim-001", "victim-002"]


def test_what_a_relation_lacks_is_named_when_it_is_registered():
    with pytest.raises(UsageError, match="missing against, says, phrase, reason, accepts, refuted"):
        relations.relation("empty")(type("Empty", (relations.Relation,), {}))


@pytest.mark.parametrize("word", list(relations.relations()))
def test_the_accepting_region_of_every_relation_lies_within_its_refuting_one_once_the_margin_is_half_a_unit(word):
    each = relations.relation_named(word)
    for width in np.linspace(0.05, 3, 20):
        least = max(width, each.least_margin(0.05, 0.5))
        accept, refute = each.accepts(least, 0.05, 0.5), each.refutes(least, 0.05, 0.5)
        assert refute[0] <= accept[0]
        assert accept[1] <= refute[1]

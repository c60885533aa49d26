from collections import Counter
from itertools import pairwise

import fakes
import pytest

from harness.plan import Verb
from harness.planner import make_plan
from harness.spec.paper import Pilot
from harness.spec.reading.load import load


@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    with fakes.registered(monkeypatch):
        yield


@pytest.fixture
def plan_of(tmp_path):
    def plan(runs=(1, 2, 3), budget="audit", **files):
        spec = load(fakes.write_pack(tmp_path / f"pack{len(list(tmp_path.iterdir()))}", **files), budget=budget)
        return make_plan(spec, spec.paper.claims, runs)

    return plan


def keys(plan, verb=None):
    return {key for key, job in plan.jobs.items() if verb in (None, job.verb)}


def changed(text, old, new):
    assert old in text
    return text.replace(old, new)


def test_inputs_stand_before_the_jobs_that_need_them(plan_of):
    plan = plan_of()
    for key in plan.jobs:
        order = [job.key for job in plan.upstream([key])]
        for job in plan.upstream([key]):
            assert all(order.index(given.key) < order.index(job.key) for given in job.inputs.values())


def test_a_model_two_claims_need_is_one_job_for_each_run(plan_of):
    plan = plan_of()
    trained = Counter(job.name for job in plan.jobs.values() if job.verb is Verb.TRAIN)
    assert trained == {"bright": 3, "sure": 1, "halved": 3}


def test_nothing_random_behind_a_claim_means_one_run_is_planned(plan_of):
    plan = plan_of()
    assert plan.deterministic == {"table-1/sure/error"}
    assert len(plan.wants["table-1/sure/error"]) == 1
    assert len(plan.wants["table-1/sure/distortion"]) == 3


def test_renaming_a_model_changes_no_key(plan_of):
    renamed = {
        "models": changed(fakes.MODELS, "bright:", "shiny:"),
        "table": changed(fakes.CLAIMS, "model: bright", "model: shiny"),
        "prose": changed(fakes.PROSE, "[bright, halved]", "[shiny, halved]"),
    }
    assert keys(plan_of()) == keys(plan_of(**renamed))


def test_one_changed_hyper_parameter_changes_only_what_depends_on_it(plan_of):
    before = plan_of()
    after = plan_of(models=changed(fakes.MODELS, "noise: 0", "noise: 0, iterations: 6"))
    gone = {before.jobs[key].name for key in keys(before) - keys(after)}
    assert gone
    assert all("sure" in name for name in gone)


def test_a_default_written_out_changes_no_key(plan_of):
    written = changed(fakes.MODELS, "bright: {kind: fake-brightness,", "bright: {kind: fake-brightness, iterations: 5,")
    assert keys(plan_of()) == keys(plan_of(models=written))


def test_another_seed_changes_every_random_job_and_no_other(plan_of):
    before, after = plan_of(), plan_of(paper=changed(fakes.PAPER, "seed: 7", "seed: 8"))
    assert {job.name for job in map(before.jobs.get, keys(before) & keys(after))} == {
        "points",
        "half",
        "sure",
        "error-rate of sure on points/test",
    }


def test_more_runs_keep_the_keys_of_the_first(plan_of):
    assert keys(plan_of()) < keys(plan_of(runs=(1, 2, 3, 4, 5)))


def test_the_budget_enters_by_its_values_never_by_its_name(plan_of):
    renamed = changed(fakes.PAPER, "audit: {runs: 3}", "audit: {runs: 3}\n  another: {runs: 3}")
    assert keys(plan_of()) == keys(plan_of(paper=renamed, budget="another"))
    assert keys(plan_of(), Verb.CRAFT).isdisjoint(keys(plan_of(budget="rehearsal"), Verb.CRAFT))
    assert keys(plan_of(), Verb.TRAIN) == keys(plan_of(runs=(1, 2, 3), budget="rehearsal"), Verb.TRAIN)


def test_a_list_of_models_means_every_pair_of_different_ones(plan_of):
    plan = plan_of()
    wanted = plan.wants["section-2/transfers"][0]
    assert [plan.jobs[key].name for key in wanted.measured] == [
        "error-rate of flip for halved on points/test fed to bright",
        "error-rate of flip for bright on points/test fed to halved",
    ]
    assert len(wanted.other) == 2


def test_an_attack_that_names_another_gets_its_examples_as_input(plan_of):
    prose = changed(fakes.PROSE, "attack: flip, relation: all", "attack: alike, relation: all")
    plan = plan_of(prose=prose)
    alike = next(job for job in plan.jobs.values() if job.name == "alike for bright on points/train")
    assert plan.jobs[alike.inputs["of"].key].name == "flip for bright on points/train"


def test_the_inputs_digest_does_not_change_with_the_number_of_runs(plan_of):
    three, five = plan_of(), plan_of(runs=range(1, 6))
    assert {c: three.inputs_digest(c) for c in three.wants} == {c: five.inputs_digest(c) for c in five.wants}


def test_a_pilot_is_out_of_date_where_the_claim_s_inputs_are_other_ones(plan_of):
    plan = plan_of()
    pilots = {claim: Pilot(sd=1, runs=3, inputs=plan.inputs_digest(claim)) for claim in plan.wants}
    assert plan.outdated(pilots) == ()
    assert plan.outdated({}) == ()
    after = plan_of(
        models=changed(fakes.MODELS, "bright: {kind: fake-brightness,", "bright: {kind: fake-brightness, noise: 0.5,")
    )
    assert set(after.outdated(pilots)) == {claim for claim in plan.wants if not claim.startswith("table-1/sure")}


def test_runs_of_one_claim_share_no_random_job(plan_of):
    plan = plan_of()
    for one, next_one in pairwise(plan.wants["table-1/bright/distortion"]):
        shared = {j.key for j in plan.upstream(one.keys)} & {j.key for j in plan.upstream(next_one.keys)}
        assert {plan.jobs[key].verb for key in shared} == {Verb.FETCH}


PICTURED = {
    "prose": fakes.PROSE.replace(
        "attack: flip, relation: all", "attack: flip, picture: {rows: 2, columns: 3}, relation: all"
    )
}
"""The first statement with a picture."""


def test_a_picture_changes_no_key_and_no_digest_of_what_is_measured(plan_of):
    plain, shown = plan_of(), plan_of(**PICTURED)
    assert shown.wants == plain.wants
    assert {claim: shown.inputs_digest(claim) for claim in shown.wants} == {
        claim: plain.inputs_digest(claim) for claim in plain.wants
    }
    assert keys(shown) - keys(plain) == set(shown.shows.values())
    assert keys(plain) <= keys(shown)


def test_a_picture_is_of_the_first_run_and_the_first_member_and_needs_no_attack_of_its_own(plan_of):
    plan = plan_of(**PICTURED)
    job = plan.jobs[plan.shows["section-2/found"]]
    measured = plan.jobs[plan.wants["section-2/found"][0].measured[0]]
    assert job.inputs["made"] == measured.inputs["examples"]
    assert plan.keys("section-2/found")[-1] == job.key


def test_a_pilot_draws_no_picture(plan_of):
    assert plan_of(runs=(1000, 1001, 1002), **PICTURED).shows == {}


def test_another_grid_is_another_picture(plan_of):
    other = {"prose": PICTURED["prose"].replace("columns: 3", "columns: 4")}
    assert plan_of(**PICTURED).shows != plan_of(**other).shows


TOPS = {
    "prose": fakes.PROSE
    + """\
  tops:
    says: Top images of pixels and of directions.
    metric: {kind: top-purity}
    data: points/test
    model: sure
    relation: equivalent_to
    other: {metric: {kind: top-purity, basis: directions}}
    gallery: {rows: 2}
    margin: {absolute: 0.1, because: a test}
"""
}
"""One more statement, by a metric that draws, on a network that is not random."""


def test_a_metric_that_draws_is_measured_anew_in_each_run_and_no_other_key_changes(plan_of):
    plain, drawn = plan_of(), plan_of(**TOPS)
    wanted = drawn.wants["section-2/tops"]
    assert len({key for row in wanted for key in row.keys}) == 6
    assert [drawn.jobs[row.measured[0]].run for row in wanted] == [1, 2, 3]
    assert "section-2/tops" not in drawn.deterministic
    assert drawn.jobs[wanted[0].measured[0]].inputs["victim"] == drawn.jobs[wanted[2].measured[0]].inputs["victim"]
    assert keys(plain) < keys(drawn)
    assert {claim: drawn.wants[claim] for claim in plain.wants} == dict(plain.wants)


def test_a_gallery_is_of_the_first_run_and_of_both_measures_and_changes_no_other_key(plan_of):
    shown, plain = plan_of(**TOPS), plan_of(prose=TOPS["prose"].replace("    gallery: {rows: 2}\n", ""))
    job = shown.jobs[shown.shows["section-2/tops"]]
    measured, other = (shown.jobs[key] for key in shown.wants["section-2/tops"][0].keys)
    assert (job.verb, job.run) == (Verb.SHOW, 1)
    assert job.recipe.sides == (measured.recipe, other.recipe)
    assert (job.inputs["victim-1"], job.inputs["data-2"]) == (measured.inputs["victim"], other.inputs["data"])
    assert keys(shown) - keys(plain) == {job.key}
    assert shown.inputs_digest("section-2/tops") == plain.inputs_digest("section-2/tops")
    assert plan_of(runs=(1000,), **TOPS).shows == {}
    assert plan_of(prose=TOPS["prose"].replace("rows: 2", "rows: 3")).shows != shown.shows


RELEASED = {
    "fetch": "eaa09cb2d3627c2e57a7cdf6db86473880013ce9d6bf58836c318f15e65310d5",
    "train": "010043a08888614a8bb4373f734c5af45e08a5598be08d2608e022f227f0becc",
    "select": "2d54272fd92aa23b280ab70fc036b0c4204f84fa3eb2ec575ad676850489f66b",
    "craft": "c2d5132b784f3d789ff1339b0eba007fc36922b7dfa24d57a8f63617d309b7d4",
    "measure": "5aef119ba14ae701413c4941624d58c1a90dfa3fc69bdd5e2b2c511b51c24a98",
}
"""Content keys of one claim on kinds of harness, as those of the published audit were translated to when fields were renamed."""
HOUSE = {
    "paper": "format: 1\npaper: {title: Own kinds}\nseed: 7\ndata: {digits: {kind: digits}}\n"
    "sample: {count: 16, which: correct}\nbudgets: {audit: {runs: 1}}\n",
    "models": "net: {kind: fully-connected, train_on: digits/train, hidden: [20], decay: 1e-3}\n",
    "attacks": "lbfgs: {kind: lbfgs}\n",
    "table": "title: T\nsource: {table: 1}\nclaims:\n  d: {says: S., metric: distortion, data: digits/test, model: net, "
    'attack: lbfgs, printed: "0.1", margin: {absolute: 0.7, because: a test}}\n',
    "prose": 'title: P\nsource: {section: "1"}\nclaims:\n  e: {says: S., metric: error-rate, data: digits/test, '
    'model: net, unit: "%", printed: "7", margin: {absolute: 1, because: a test}}\n',
}


def test_the_keys_of_harness_s_own_kinds_are_those_of_the_published_audit_whatever_their_source_is(plan_of):
    plan = plan_of((1,), **HOUSE)
    (wanted,) = plan.wants["table-1/d"]
    assert {job.verb.value: job.key for job in plan.upstream(wanted.keys)} == RELEASED


def test_another_source_changes_the_keys_of_an_outside_kind_and_of_all_that_depends_on_it(plan_of, monkeypatch):
    before, house = plan_of(), plan_of((1,), **HOUSE)
    monkeypatch.setattr("harness.kinds.recipe.full_digest", lambda cls: f"new source of {cls.__name__}"[:21])
    after = plan_of()
    assert not keys(before, Verb.TRAIN) & keys(after, Verb.TRAIN)
    assert not keys(before) & keys(after)
    assert before.inputs_digest("table-1/sure/error") != after.inputs_digest("table-1/sure/error")
    assert keys(plan_of((1,), **HOUSE)) == keys(house)


TRAINED = HOUSE | {
    "models": "net:\n  kind: network\n  train_on: digits/train\n  layers: [{dense: {units: 8, activation: sigmoid}}, {dense: {units: 10}}]\n"
    "  training: {kind: adversarial-pools, attack: near, pools: [0, 1], epochs: 2}\n",
    "attacks": "lbfgs: {kind: lbfgs}\nfast: {kind: ddn, steps: 20}\nnear: {kind: polish, of: fast}\n",
}
"""A network whose training names an attack, which names another."""


def training_of(plan):
    (job,) = (job for job in plan.jobs.values() if job.verb is Verb.TRAIN)
    return job


def test_an_attack_that_a_training_names_is_given_to_it_with_those_it_starts_from_and_is_no_job(plan_of):
    plan = plan_of((1,), **TRAINED)
    given = training_of(plan).attacks["training.attack"]
    assert given.recipe.kind == "polish"
    assert given.others["of"].recipe.steps == 20
    assert [job.name for job in plan.jobs.values() if job.verb is Verb.CRAFT] == ["lbfgs for net on digits/test"]


@pytest.mark.parametrize(
    ("old", "new"), [("steps: 20", "steps: 21"), ("kind: polish", "kind: amplified"), ("[0, 1], ep", "[0], ep")]
)
def test_the_key_of_a_training_holds_the_attack_it_names_and_those_behind_it(plan_of, old, new):
    changed_pack = {name: text.replace(old, new) for name, text in TRAINED.items()}
    assert changed_pack != TRAINED
    before, after = training_of(plan_of((1,), **TRAINED)), training_of(plan_of((1,), **changed_pack))
    assert before.key != after.key


def test_renaming_an_attack_that_a_training_names_changes_no_key(plan_of):
    renamed = TRAINED | {
        "models": changed(TRAINED["models"], "attack: near", "attack: closer"),
        "attacks": changed(TRAINED["attacks"], "near:", "closer:").replace("fast", "quick"),
    }
    assert training_of(plan_of((1,), **TRAINED)).key == training_of(plan_of((1,), **renamed)).key

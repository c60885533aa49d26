"""Another lab measures drawn claims anew, with other seeds and nothing of the first lab's, and says whether both agree."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import fakes
import pytest
from handed import REPORT, STORE, tree
from scipy.stats import hypergeom

from harness.bundles.drawing import drawable, drawn_claims, most_changed, other_seed
from harness.bundles.remeasuring import draw_claims, remeasure
from harness.errors import DataMissing, RecordError, UsageError
from harness.judge.comparing import Likeness
from harness.planner import inputs_digests
from harness.prepared import Options
from harness.record.file import read
from harness.record.pack import spec_of
from harness.terminal.bundles import agreement

CLAIMS = tuple(f"claim-{number}" for number in range(40))


def test_a_draw_is_the_same_by_the_same_seed_and_can_be_done_by_hand():
    assert drawn_claims(CLAIMS, 0.05, 7) == drawn_claims(CLAIMS, 0.05, 7)
    digests = {hashlib.sha256(f"7 {claim}".encode()).hexdigest(): claim for claim in CLAIMS}
    assert set(drawn_claims(CLAIMS, 0.05, 7)) == {digests[each] for each in sorted(digests)[:2]}


@pytest.mark.parametrize(("share", "count"), [(0.001, 1), (0.05, 2), (0.051, 3), (0.5, 20), (1.0, 40)])
def test_a_draw_has_its_share_and_at_least_one_in_the_order_of_the_pack(share, count):
    found = drawn_claims(CLAIMS, share, 1)
    assert len(found) == count
    assert found == tuple(claim for claim in CLAIMS if claim in found)


def test_over_many_seeds_every_claim_is_drawn_about_as_often():
    counts = Counter(claim for seed in range(2000) for claim in drawn_claims(CLAIMS, 0.1, seed))
    expected, sd = 200, (2000 * 0.1 * 0.9) ** 0.5
    assert set(counts) == set(CLAIMS)
    assert all(abs(counts[claim] - expected) < 5 * sd for claim in CLAIMS)


def test_another_lab_s_seed_is_none_that_was_used():
    first = other_seed(3, [])
    assert other_seed(3, [first, first + 1]) == first + 2


@pytest.mark.parametrize(("claims", "looked_at"), [(164, 9), (20, 20), (20, 1), (60, 30)])
def test_how_many_may_be_changed_is_the_end_of_the_exact_interval(claims, looked_at):
    for changed in range(min(looked_at, 4) + 1):
        expected = max(
            number for number in range(claims + 1)
            if number == changed or hypergeom.cdf(changed, claims, number, looked_at) > 0.05
            if changed <= number <= claims - looked_at + changed
        )  # fmt: skip
        assert most_changed(claims, looked_at, changed) == expected


@pytest.fixture
def record(lab):
    return read(REPORT)


def measured_anew(record, share=1.0, seed=5, **given):
    return remeasure(record, draw_claims(record, share, seed), Options(device="cpu"), **given)


def test_a_record_holds_its_pack_to_the_last_key(record):
    spec = spec_of(record)
    assert spec.recipes() == record.recipes
    assert inputs_digests(spec) == {claim: each.inputs for claim, each in record.measurements.items()}


def test_a_record_with_a_kind_that_is_not_installed_says_which(record):
    recipes = record.recipes | {"attacks": {"flip": {"kind": "elsewhere"}}}
    with pytest.raises(RecordError, match=r"attacks.flip: unknown kind 'elsewhere'.*install the package"):
        spec_of(record.model_copy(update={"recipes": recipes}))


def test_a_record_whose_recipe_has_fields_unknown_here_names_the_version_that_wrote_it(record):
    recipes = record.recipes | {"attacks": {"flip": {"kind": "fake-flip", "height": 1}}}
    with pytest.raises(RecordError, match=r"attacks.flip.height: .* the version of harness that wrote the record"):
        spec_of(record.model_copy(update={"recipes": recipes}))


def test_everything_random_is_drawn_anew_in_as_many_runs_and_nothing_of_the_first_lab_is_used_or_changed(record, lab):
    before = tree(lab)
    found = measured_anew(record)
    assert fakes.CALLS["train"] > 0
    assert tree(lab) == before
    assert found.record.paper.seed == found.seed != record.paper.seed
    for claim in found.draw.claims:
        ours, theirs = record.measurements[claim], found.record.measurements[claim]
        assert [run.run for run in theirs.runs] == [run.run for run in ours.runs]
    drew = [key for key, job in record.jobs.items() if job.get("run") is not None]
    assert drew
    assert not set(drew) & set(found.record.jobs)


def test_labs_that_measured_the_same_do_not_disagree(record):
    found = measured_anew(record)
    assert (found.comparison.changed, found.missing, found.status) == ((), (), 0)
    assert {each.claim for each in found.comparison.claims} == set(found.draw.claims) == set(drawable(record))
    assert Likeness.SAME in {each.likeness for each in found.comparison.claims}
    assert found.most_changed == 0  # every claim was drawn
    assert not agreement(found).startswith("the two labs do not agree")


def doctored(record, claim, by):
    """A record whose numbers of a claim are others."""
    kept = record.measurements[claim]
    runs = tuple(
        run.model_copy(
            update={"measured": run.measured.model_copy(update={"value": run.measured.value + by, "count": None})}
        )
        for run in kept.runs
    )
    other = record.measurements | {claim: kept.model_copy(update={"runs": runs})}
    return record.model_copy(update={"measurements": other})


def test_a_number_that_is_not_what_the_pack_gives_is_found_changed(record):
    claim = "table-1/bright/distortion"
    found = measured_anew(doctored(record, claim, 0.3))
    assert found.comparison.changed == (claim,)
    assert found.status == 1
    assert agreement(found).startswith("the two labs disagree: 1 claim of ")
    assert agreement(found).endswith(claim)


def test_a_claim_that_cannot_be_measured_here_is_no_agreement(record):
    fakes.FAIL["load"] = DataMissing("no such data here; bring them")
    found = measured_anew(record)
    assert found.status == 4
    assert {each.claim for each in found.missing} == set(found.draw.claims)
    assert "could not be measured here (data-missing: " in agreement(found)
    assert found.most_changed is None


def test_another_edition_of_a_kind_is_said_before_the_work(record):
    claim = "table-1/bright/error"
    kept = record.measurements[claim].model_copy(update={"inputs": "of another edition"})
    told = fakes.Told()
    measured_anew(record.model_copy(update={"measurements": record.measurements | {claim: kept}}), display=told)
    (said,) = [each for each in told.said if "otherwise" in each]
    assert f"This version of harness measures {claim} otherwise than version {record.harness}" in said


def test_what_may_not_be_compared_is_not_drawn(record):
    claim = "table-1/bright/error"
    kept = record.measurements[claim]
    for other in ({"comparable": False}, {"budget": "full"}, {"runs": ()}):
        changed = record.measurements | {claim: kept.model_copy(update=other)}
        assert claim not in drawable(record.model_copy(update={"measurements": changed}))
    with pytest.raises(UsageError, match="measure it first"):
        draw_claims(record.model_copy(update={"measurements": {}}), 0.5, 1)


def test_a_call_that_keeps_what_it_measures_goes_on_and_another_call_is_refused(record):
    out = Path("anew")
    first = measured_anew(record, share=0.5, out=out)
    done = fakes.CALLS["train"] + fakes.CALLS["craft"]
    assert read(out).measurements.keys() == first.record.measurements.keys()
    again = measured_anew(record, share=0.5, out=out)
    assert fakes.CALLS["train"] + fakes.CALLS["craft"] == done
    assert again.comparison == first.comparison
    for share, seed in ((0.5, 6), (1.0, 5)):
        with pytest.raises(UsageError, match="expected a new or an empty folder"):
            measured_anew(record, share=share, seed=seed, out=out)
    with pytest.raises(UsageError, match="expected a new or an empty folder"):
        measured_anew(record, out=STORE)


def test_the_command_says_what_was_drawn_how_to_draw_it_again_and_whether_both_agree(lab, call):
    call("bundle", REPORT, "-o", "b.zip")
    result = call("check", "b.zip", "--remeasure", "20%", "--seed", "3", "--device", "cpu")
    assert result.exit_code == 0, result.output
    claims = drawn_claims(drawable(read(REPORT)), 0.2, 3)
    assert f"drawn at random, {len(claims)} of {len(drawable(read(REPORT)))} claims" in result.output
    assert "`harness check b.zip --remeasure 20% --seed 3` draws them again" in result.output
    assert all(f"\n  {claim}\n" in result.output for claim in claims)
    assert "of all" in result.output.splitlines()[-1]


def test_without_a_seed_the_draw_is_another_each_time_and_the_document_has_it(lab, call):
    seeds = set()
    for _ in range(2):
        found = json.loads(call("check", REPORT, "--remeasure", "1%", "--device", "cpu", "--json").stdout)
        assert found["exit_status"] == found["remeasured"]["exit_status"] == 0
        assert tuple(found["remeasured"]["drawn"]) == drawn_claims(
            drawable(read(REPORT)), 0.01, found["remeasured"]["seed"]
        )
        seeds.add(found["remeasured"]["seed"])
    assert len(seeds) == 2


def test_a_report_that_was_touched_is_not_measured_anew(lab, call):
    (REPORT / "junit.xml").write_text("mine")
    result = call("check", REPORT, "--remeasure", "100%")
    assert result.exit_code == 1
    assert "nothing is measured again" in result.stderr
    assert not fakes.CALLS


@pytest.mark.parametrize("words", [("--seed", 1), ("--out", "anew"), ("--data-dir", "data")])
def test_an_option_of_measuring_anew_without_that_is_a_usage_error(lab, call, words):
    result = call("check", REPORT, *words)
    assert result.exit_code == 2
    assert f"{words[0]}: only works with --remeasure; add --remeasure" in result.stderr


@pytest.mark.parametrize("share", ["0%", "101%", "5", "-1%", "some", "0.0%"])
def test_a_share_that_is_none_is_a_usage_error(lab, call, share):
    result = call("check", REPORT, "--remeasure", share)
    assert result.exit_code == 2
    assert "expected a share of the claims" in result.stderr

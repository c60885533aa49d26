"""Claims that stand beside the paper's: measured on another network, or on none that a machine at hand could train."""

import pytest
from records import claim, measured, record

from harness.judge import judge
from harness.kinds.registry import discover
from harness.record.measurement import Measurement, Missing
from harness.spec.claim import Another, Claim

discover()
SMALL = Another(network="A smaller one, of the same sort.")
NEAR, FAR = (0.0741, 0.0739, 0.0743), (0.0901, 0.0899, 0.0903)


def on(values, **given):
    each = claim(another=SMALL, **given)
    (verdict,) = judge(record((each, measured(each.id, values))))
    return verdict


@pytest.mark.parametrize(
    ("values", "end"),
    [
        (NEAR, "The test of the number alone gives: within the margin of ±0.5 points."),
        (FAR, "The test of the number alone gives: outside the margin of ±0.5 points, worse than printed."),
        ((0.076, 0.070, 0.078), "of the same sort."),
    ],
)
def test_a_claim_on_another_network_shows_its_number_and_where_it_lies_and_is_never_judged(values, end):
    found = on(values)
    assert (found.outcome.value, found.reason) == ("NOT_COMPARABLE", "another-network")
    assert (
        "not comparable, because it was measured with another network than in the paper: A smaller one, of the same sort."
        in found.sentence
    )
    assert found.sentence.endswith(end)


def test_a_rehearsal_of_such_a_claim_is_a_rehearsal_first():
    each = claim(another=SMALL)
    (verdict,) = judge(record((each, measured(each.id, NEAR[:1], comparable=False))))
    assert verdict.reason == "rehearsal"


QUOCNET = {
    "data": {"frames": {"kind": "image-files", "train": {"source": "frames"}, "classes": 2, "size": 20}},
    "models": {
        "m": {
            "kind": "network",
            "train_on": "frames/train",
            "layers": [
                {"locally_connected2d": {"filters": 8, "kernel_size": 18, "use_bias": False}},
                {"l2_pooling2d": {}},
            ],
            "training": {"kind": "reconstruction-ica"},
        }
    },
}


def test_the_size_of_its_network_is_counted_where_the_record_has_both_network_and_images():
    (verdict,) = judge(record((claim(infeasible="it takes a year"), None), recipes=QUOCNET))
    assert f"m has {3 * 3 * 18 * 18 * 3 * 8:,} parameters; it takes a year" in verdict.sentence
    above = {"kind": "fully-connected", "train_on": "frames/train", "features": "m", "classes": 2}
    models = {"models": {"q": QUOCNET["models"]["m"], "m": {**above, "features": "q"}}}
    (verdict,) = judge(record((claim(infeasible="it takes a year"), None), recipes={**QUOCNET, **models}))
    assert "Infeasible: q has 69,984 parameters; it takes a year" in verdict.sentence


@pytest.mark.parametrize(
    ("reason", "tells"), [("weights-missing", True), ("data-missing", True), ("time-limit", False)]
)
def test_where_files_are_missing_the_command_is_told_that_measures_the_claim_with_them(reason, tells):
    lost = Missing(reason=reason, sentence="There is no file w.npz.")
    (verdict,) = judge(record((claim(), Measurement(claim="t/c", missing=lost))))
    assert verdict.sentence.endswith("no file w.npz; then `harness verify specs/paper` measures it.") == tells


@pytest.mark.parametrize("what", ["network", "data", "metric"])
def test_what_is_measured_otherwise_outlives_being_written_and_read(what):
    each = claim(another=Another.model_validate({what: "a small one"}))
    written = each.model_dump_json()
    assert Claim.model_validate_json(written) == each
    assert f'"another":{{"{what}":"a small one"}}' in written


def test_claims_measured_as_the_paper_does_are_recorded_as_before():
    assert not {"another", "infeasible"} & claim().model_dump(mode="json").keys()

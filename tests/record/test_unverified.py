"""What is read without a checksum is named, and its values stay marked until they are measured again."""

import json

import pytest
from records import NEAR, claim, measured, record

from harness.judge import judge
from harness.record.file import read, write
from harness.record.measurement import Measurement, Missing
from harness.record.merging import merge
from harness.record.model import MeasuredVariant
from harness.record.unverified import mark_unverified, warning

DAY = "2026-03-03"
OLD = record(
    (claim("t/a"), measured("t/a", NEAR, budget="audit")),
    (claim("t/b"), measured("t/b", NEAR, budget="audit")),
    (claim("t/c"), Measurement(claim="t/c", missing=Missing(reason="not-yet-run", sentence="Not yet."))),
    variants={"luck=much": MeasuredVariant(readings={"luck": "much"}, measurements={"t/a": measured("t/a", NEAR)})},
)


def without_checksum(made, folder):
    write(made, folder)
    content = json.loads((folder / "results.json").read_text())
    del content["checksum"]
    (folder / "results.json").write_text(json.dumps(content))
    return read(folder)


def marks(found):
    return {name: each.unverified for name, each in found.measurements.items() if each.unverified}


def test_a_record_with_its_checksum_has_nothing_to_say(tmp_path):
    write(OLD, tmp_path)
    assert read(tmp_path).verified
    assert warning(read(tmp_path)) == ""


def test_a_record_without_a_checksum_is_unverified_as_a_whole(tmp_path):
    found = without_checksum(OLD, tmp_path)
    assert not found.verified
    assert "no checksum" in warning(found)
    assert "all of them are unverified" in warning(found)


def test_a_record_cannot_say_of_itself_that_it_is_verified(tmp_path):
    without_checksum(OLD, tmp_path)
    content = json.loads((tmp_path / "results.json").read_text()) | {"verified": True}
    (tmp_path / "results.json").write_text(json.dumps(content))
    assert not read(tmp_path).verified


def test_values_are_marked_and_claims_without_any_are_not():
    found = mark_unverified(OLD.model_copy(update={"verified": False}), DAY)
    assert marks(found) == {"t/a": DAY, "t/b": DAY}
    assert found.variants["luck=much"].measurements["t/a"].unverified == DAY
    assert marks(mark_unverified(found, "2027-01-01")) == {"t/a": DAY, "t/b": DAY}


def test_a_kept_value_keeps_its_mark_through_every_later_record_and_one_measured_again_loses_it(tmp_path):
    kept = mark_unverified(without_checksum(OLD, tmp_path), DAY)
    new = record((claim("t/a"), measured("t/a", NEAR, budget="audit")), (claim("t/b"), None), (claim("t/c"), None))
    merged = merge(kept, new)
    assert marks(merged) == {"t/b": DAY}
    write(merged, tmp_path / "second")
    again = read(tmp_path / "second")
    assert again.verified
    assert marks(again) == {"t/b": DAY}
    assert warning(again).startswith(f"The values of 2 claims are unverified since {DAY}")
    rehearsed = measured("t/b", NEAR[:1], budget="rehearsal", comparable=False)
    weaker = record((claim("t/a"), None), (claim("t/b"), rehearsed), (claim("t/c"), None), comparable=False)
    assert marks(merge(again, weaker)) == {"t/b": DAY}
    stronger = record(*((claim(name), measured(name, NEAR, budget="audit")) for name in ("t/a", "t/b", "t/c")))
    assert marks(merge(again, stronger)) == {}


def test_a_verdict_on_unverified_values_says_so_and_is_else_the_same(tmp_path):
    whole = judge(OLD)
    assert not any("unverified" in verdict.qualifiers for verdict in whole)
    for found in (without_checksum(OLD, tmp_path), mark_unverified(without_checksum(OLD, tmp_path), DAY)):
        verdicts = judge(found)
        assert {verdict.claim for verdict in verdicts if "unverified" in verdict.qualifiers} == {"t/a", "t/b"}
        assert [verdict.outcome for verdict in verdicts] == [verdict.outcome for verdict in whole]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_sentence_counts_the_claims_and_names_a_few(count):
    names = [f"t/{letter}" for letter in "abcde"[:count]]
    made = mark_unverified(record(*((claim(name), measured(name, NEAR)) for name in names)), DAY)
    said = warning(made)
    assert ("value of 1 claim is" if count == 1 else f"values of {count} claims are") in said
    assert ", ".join(names[:3]) in said
    assert (" and 2 more" in said) is (count == 5)

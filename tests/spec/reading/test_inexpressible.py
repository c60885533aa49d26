"""What no claim can be made of keeps its place, is checked as any printed number is, and is never run."""

from __future__ import annotations

import pytest

from harness.planner import make_plan

TABLE, PROSE, PAPER = "claims/table-1.yaml", "claims/prose.yaml", "paper.yaml"
SMALL = '  small: {label: Small, model: small, printed: ["7.4", "0.062"]}'
ERROR = "error: {label: Error, "
WHY = "needs maxout units"


def row(pack, cells='["0.9", "0.06"]', why=WHY, more=""):
    """Add a row to the pack's table that says why no claim is made of it."""
    return pack.edit(
        TABLE, SMALL, f'{SMALL}\n  maxout: {{label: Maxout, {more}printed: {cells}, not_expressible: "{why}"}}'
    )


def gaps(pack):
    return pack.load().paper.not_expressible


def test_a_row_without_a_claim_keeps_its_place_its_numbers_and_the_reason(pack):
    shown = row(pack).load().paper.exhibits[0]
    assert [axis.name for axis in shown.rows] == ["small", "maxout", "large"]
    assert [(each.id, each.printed, each.unit, each.why) for each in shown.not_expressible] == [
        ("table-1/maxout/error", "0.9", "%", WHY),
        ("table-1/maxout/size", "0.06", "distortion", WHY),
    ]
    assert [each.place for each in shown.not_expressible] == [2, 2]
    assert not any("maxout" in name for name in (*shown.claims, *shown.cells))


def test_a_row_without_a_claim_makes_no_job(pack):
    before = pack.load()
    after = row(pack).load()
    assert after.paper.claims == before.paper.claims
    plans = [make_plan(spec, spec.paper.claims, (1, 2)) for spec in (before, after)]
    assert list(plans[0].jobs) == list(plans[1].jobs)


def test_a_cell_alone_may_have_no_claim(pack):
    pack.edit(TABLE, '["7.4", "0.062"]', '["7.4", {printed: "0.062", not_expressible: torn}]')
    paper = pack.load().paper
    assert [claim.id for claim in paper.claims if claim.id.startswith("table-1/small")] == ["table-1/small/error"]
    assert paper.not_expressible["table-1/small/size"].why == "torn"


def test_a_column_without_a_claim_needs_neither_metric_nor_unit(pack):
    pack.edit(TABLE, "rows:\n", "  time: {label: Time (s), not_expressible: no times here}\nrows:\n")
    pack.edit(TABLE, '["7.4", "0.062"]', '["7.4", "0.062", {printed: "4", relation: at_least}]')
    pack.edit(TABLE, "margin: {absolute: 1, because: c}}, null]", "margin: {absolute: 1, because: c}}, null, null]")
    (only,) = gaps(pack).values()
    assert (only.id, only.printed, only.unit, only.relation) == ("table-1/small/time", "4", "number", "at_least")
    assert only.says == "Small, Time (s)"


def test_a_claim_of_a_list_without_one_keeps_its_place_in_the_list(pack):
    told = f"  imagenet: {{says: Larger images need less., printed: '0.006', unit: distortion, not_expressible: {WHY}}}"
    pack.edit(PROSE, "  worse-than-alike:", f"{told}\n  worse-than-alike:")
    only = gaps(pack)["prose/imagenet"]
    assert (only.says, only.printed, only.place) == ("Larger images need less.", "0.006", 1)
    assert str(only.source) == "Section 4.2"


def test_null_takes_a_cell_of_such_a_row_back(pack):
    row(pack, '[{printed: "0.9", model: large, not_expressible: null}, "0.06"]')
    paper = pack.load().paper
    assert paper.claim("table-1/maxout/error").expected.printed == "0.9"
    assert set(paper.not_expressible) == {"table-1/maxout/size"}


def test_the_reasons_of_row_and_column_are_both_kept(pack):
    pack.edit(TABLE, ERROR, ERROR + "not_expressible: no errors here., ")
    pack.edit(PROSE, "    same_as: table-1/small/error\n", "")
    pack.edit(PAPER, "table-1/small/*", "table-1/small/size")
    whys = {name: each.why for name, each in gaps(row(pack)).items()}
    assert whys["table-1/maxout/error"] == f"{WHY}; no errors here"
    assert whys["table-1/maxout/size"] == WHY
    assert whys["table-1/large/error"] == "no errors here."


def test_names_that_lead_nowhere_are_no_mistake_where_nothing_is_run(pack):
    assert row(pack, more="model: maxout, attack: nightmare, ").mistakes() == []


WRONG = {
    "a number that is none": ('["0,9", null]', WHY, "rows.maxout.printed[0]: expected a number as printed"),
    "a number bare": ("[0.9, null]", WHY, "rows.maxout.printed[0]: expected the number exactly as printed, in quotes"),
    "too many decimals": ('["0.94", null]', WHY, "rows.maxout.printed[0]: 0.94 has 2 decimals, but 'decimals' says 1"),
    "a rate above its unit": ('["101", null]', WHY, "rows.maxout.printed[0]: toy-rate cannot exceed 100 %"),
    "a negative size": ('[null, "-0.06"]', WHY, "rows.maxout.printed[1]: toy-size cannot be negative"),
    "too few cells": ('["0.9"]', WHY, "rows.maxout.printed: too few cells: expected 2"),
    "a reason of blanks": ('["0.9", null]', "  ", "rows.maxout.not_expressible: expected a sentence; found nothing"),
    "an empty reason": ('["0.9", null]', "", "rows.maxout.not_expressible: expected text"),
    "an unknown key": ('[{printed: "0.9", mordel: x}, null]', WHY, "rows.maxout.printed[0].mordel: unknown field"),
}


@pytest.mark.parametrize(("cells", "why", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_has_no_claim_is_checked_like_what_has_one(pack, cells, why, told):
    (mistake,) = row(pack, cells, why).mistakes()
    assert told in mistake


def test_a_reason_that_is_no_text_is_refused(pack):
    pack.edit(TABLE, '["7.4", "0.062"]', '["7.4", {printed: "0.062", not_expressible: true}]')
    (mistake,) = pack.mistakes()
    assert "rows.small.printed[1].not_expressible: expected text" in mistake


def test_a_list_s_claim_without_one_still_says_what_it_is(pack):
    pack.edit(PROSE, "  worse-than-alike:", f"  imagenet: {{not_expressible: {WHY}}}\n  worse-than-alike:")
    assert pack.mistakes() == [
        "claims/prose.yaml:11:3: claims.imagenet.says: missing; write in a sentence what is printed"
    ]


def test_a_number_without_a_claim_may_repeat_another_and_must_be_the_same(pack):
    again = '  again: {{says: Again., printed: "{}", unit: "%", same_as: table-1/maxout/error, not_expressible: so}}'
    pack.edit(PROSE, "  worse-than-alike:", again.format("0.9") + "\n  worse-than-alike:")
    assert gaps(row(pack))["prose/again"].same_as == "table-1/maxout/error"
    pack.edit(PROSE, '"0.9"', '"0.8"')
    (mistake,) = pack.mistakes()
    assert "claims.again.same_as: 'table-1/maxout/error' prints 0.9 (%), this claim 0.8 (%)" in mistake


def test_a_claim_cannot_leave_its_number_to_one_that_is_not_judged(pack):
    row(pack, '["7.4", null]')
    (mistake,) = pack.edit(PROSE, "same_as: table-1/small/error", "same_as: table-1/maxout/error").mistakes()
    assert "'table-1/maxout/error' is not expressible, so that its number is judged nowhere else" in mistake


def test_a_pattern_is_no_number_to_repeat(pack):
    (mistake,) = pack.edit(PROSE, "same_as: table-1/small/error", 'same_as: "table-1/small/*"').mistakes()
    assert "expected the id of one claim; found the pattern" in mistake


def test_a_pack_of_which_nothing_is_left_to_judge_is_refused(pack):
    (pack.folder / PROSE).unlink()
    pack.edit(PAPER, '    fitted_on: ["table-1/small/*"]\n', "")
    for column in ("error: {", "size: {"):
        pack.edit(TABLE, column, column + "not_expressible: none of it, ")
    assert pack.mistakes() == ["claims: there is nothing to judge; expected at least one claim"]


def test_what_the_pack_leaves_out_is_counted_by_exhibit(pack):
    pack.edit(PAPER, "seed: 7\n", "seed: 7\nprinted_numbers: {table-5: 12, figure-3: 4}\n")
    assert pack.load().paper.printed_numbers == {"table-5": 12, "figure-3": 4}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("table-1: 12", "table-1: is in this pack: its numbers are counted in claims/table-1.yaml; delete this line"),
        ("prose: 3", "prose: is in this pack"),
        ("Table 5: 3", "'Table 5' cannot be the name of an exhibit"),
        ("table-5: 0", "table-5: expected a whole number of at least 1; found the number 0"),
        ('table-5: "12"', "table-5: expected a whole number"),
    ],
)
def test_what_is_said_to_be_left_out_is_checked(pack, written, told):
    (mistake,) = pack.edit(PAPER, "seed: 7\n", f"seed: 7\nprinted_numbers: {{{written}}}\n").mistakes()
    assert told in mistake


def test_an_exhibit_is_known_by_its_place_whatever_its_file_is_called(pack):
    (pack.folder / TABLE).rename(pack.folder / "claims" / "errors.yaml")
    for file in (PAPER, PROSE):
        text = (pack.folder / file).read_text().replace("table-1/", "errors/")
        pack.write(file, text)
    (mistake,) = pack.edit(PAPER, "seed: 7\n", "seed: 7\nprinted_numbers: {table-1: 4}\n").mistakes()
    assert "table-1: is in this pack: its numbers are counted in claims/errors.yaml" in mistake

"""The paper as a whole: what its figures and its table hold, and that they are left out where there is little to show."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from records import claim, margin, measured, read_otherwise, record
from transfer import MODELS, cases, cell, table

from harness.judge import judge
from harness.judge.outcome import Outcome
from harness.report.calibration import by_unit, calibration, comparable, points, ticks_between
from harness.report.cases import cases_of
from harness.report.effects import FLOOR, MOST, effects_figures
from harness.report.shares import reading_effects
from harness.report.whole import rank_lines, whole_paper
from harness.spec.claim import Source
from harness.spec.paper import Axis, Exhibit

SVG = "{http://www.w3.org/2000/svg}"
AWAY, NEAR = (0.0941, 0.0939, 0.0943), (0.0741, 0.0739, 0.0743)


def listed(made):
    """A record with all of its claims in one list."""
    claims = tuple(each.id for each in made.paper.claims)
    exhibit = Exhibit(id="t", title="A list", source=Source(table=1), shape="list", claims=claims)
    return made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})


def column(printed, values, **given):
    """A record of a table with one column, each cell measured in three runs about a value, in percent."""
    pairs = []
    for number, (text, value) in enumerate(zip(printed, values, strict=True)):
        one = claim(f"t/r{number}/x", printed=text, decimals=1, margin=margin(absolute=2.0), **given)
        pairs.append((one, measured(one.id, [value / 100 + step for step in (-0.001, 0.0, 0.001)], counted=False)))
    exhibit = Exhibit(
        id="t",
        title="T",
        source=Source(table=1, page=6),
        shape="table",
        rows=tuple(Axis(name=f"r{number}", label=f"row {number}") for number in range(len(pairs))),
        columns=(Axis(name="x", label="Test error"),),
        cells={each.id.removeprefix("t/"): each.id for each, _ in pairs},
        claims=tuple(each.id for each, _ in pairs),
    )
    made = record(*pairs)
    return made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})


def whole(made):
    return whole_paper(made.paper.exhibits, cases(made))


def parsed(drawing):
    return ET.fromstring(drawing)  # noqa: S314  our own drawing


def marks(drawing, css):
    """How many marks a drawing has of one class."""
    classed = [each for each in parsed(drawing).iter() if each.get("class") == css]
    return sum(len(list(each.iter(f"{SVG}use"))) for each in classed)


def title(drawing):
    return parsed(drawing).find(f"{SVG}title").text


def texts(drawing):
    return [element.text for element in parsed(drawing).iter(f"{SVG}text")]


@pytest.mark.parametrize("relation", ["at_most", "at_least", "less_than", "equivalent_to", "all"])
def test_only_printed_numbers_that_are_to_be_met_are_compared(relation):
    one = claim(relation=relation)
    others = (0.08, 0.08, 0.08) if one.other else None
    made = listed(record((one, measured(one.id, NEAR, others))))
    assert not any(map(comparable, cases(made).values()))
    met = claim()
    assert all(map(comparable, cases(listed(record((met, measured(met.id, NEAR))))).values()))


def test_a_drawing_holds_each_number_of_a_unit_by_its_outcome():
    made = table({("a", "b"): -12.0, ("b", "a"): 9.0, ("c", "a"): None}, distortion=False)
    units = by_unit(cases(made).values())
    assert list(units) == ["%"]
    assert np.allclose(points(units["%"])[:2], [[50, 50], [50, 38]])
    drawing = calibration(units["%"], "p")
    assert marks(drawing, Outcome.REPRODUCED.look.css) == len(MODELS) ** 2 - 3
    assert marks(drawing, Outcome.NOT_REPRODUCED.look.css) == 2
    assert "15 numbers in %: 13 reproduced and 2 did not reproduce" in title(drawing)
    assert "Farthest apart: FC-a, fed to b: printed 50 %, measured 38.00 %" in title(drawing)


def test_units_have_drawings_of_their_own_and_few_numbers_none():
    assert len(whole(table({})).calibration) == 1  # four distortions are too few
    both = whole(table({}, (*MODELS, "f")))
    assert len(both.calibration) == 2
    assert both.drawn == 30
    assert {"printed, %", "measured, %"} <= set(texts(both.calibration[0]))
    assert {"printed, distortion", "measured, distortion"} <= set(texts(both.calibration[1]))


def test_a_number_printed_twice_counts_once():
    made = column(["1", "2", "3", "4", "5"], [1, 2, 3, 4, 5])
    assert whole(made).drawn == 5
    *claims, last = made.paper.claims
    twice = (*claims, last.model_copy(update={"same_as": claims[0].id}))
    made = made.model_copy(update={"paper": made.paper.model_copy(update={"claims": twice})})
    assert whole(made).calibration == ()  # four are left
    assert whole(made).scatter[-1].scatter.count == 4


@pytest.mark.parametrize(
    ("printed", "ticks"),
    [
        (["0.2", "1", "5", "20", "80"], {"1", "10"}),
        (["0", "1", "5", "20", "80"], {"0", "1", "10", "50"}),
        (["10", "11", "12", "13", "14"], {"10", "12", "14"}),
    ],
)
def test_axes_are_logarithmic_over_a_wide_range_and_show_zero_too(printed, ticks):
    (drawing,) = whole(column(printed, [float(text) for text in printed])).calibration
    assert ticks <= set(texts(drawing))
    assert not any("$" in text for text in texts(drawing))


def test_ticks_are_powers_of_ten_and_over_few_decades_their_multiples_too():
    assert ticks_between(0.8, 120) == [1, 2, 5, 10, 20, 50, 100]
    assert ticks_between(0.01, 20) == pytest.approx([0.01, 0.1, 1, 10])


def test_z_scores_are_summed_up_by_table_with_the_farthest_claim():
    made = column(["10", "20", "30", "40"], [10, 20, 30, 43])
    (row,) = whole(made).scatter
    sd = 0.1 * np.sqrt(1 + 1 / 3)  # three runs a tenth of a point apart
    assert (row.title, row.anchor, row.scatter.count) == ("Table 1", "exhibit-1", 4)
    assert row.scatter.rms == pytest.approx(np.sqrt((3 / sd) ** 2 / 4))
    assert row.scatter.median == pytest.approx(0.0, abs=1e-6)
    assert (row.farthest.row, row.z) == ("row 3", pytest.approx(3 / sd))


def test_scores_of_exhibits_with_few_have_a_row_together_so_that_the_rows_add_up_to_all():
    made = column(["10", "20", "30", "40"], [10, 20, 30, 43])
    claims = tuple(f"t/r{n}/x" for n in range(4))
    (table,) = made.paper.exhibits
    some = {name: each for name, each in table.cells.items() if each != claims[3]}
    first = table.model_copy(update={"claims": claims[:3], "cells": some, "rows": table.rows[:3]})
    second = Exhibit(id="f", title="F", source=Source(figure=7), shape="list", claims=claims[3:])
    made = made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (first, second)})})
    rows = whole(made).scatter
    assert [(row.title, row.scatter.count) for row in rows] == [("Table 1", 3), ("elsewhere", 1), ("all together", 4)]


def test_what_was_fitted_or_nothing_is_left_to_chance_in_has_no_score():
    made = column(["10", "20", "30"], [10, 20, 30])
    assert whole(made).scatter
    exact = {name: each.model_copy(update={"deterministic": True}) for name, each in made.measurements.items()}
    assert whole(made.model_copy(update={"measurements": exact})).scatter == ()
    fitted = record(*((each, made.measurements[each.id]) for each in made.paper.claims), fitted_on=["t/r1/x"])
    assert whole(listed(fitted)).scatter == ()  # two are left


def test_a_table_s_rank_agreement_is_told_by_kind_of_number():
    made = column(["10", "20", "30", "40", "50"], [12, 24, 36, 60, 48])
    assert rank_lines(made.paper.exhibits[0], cases(made).values()) == [
        "Rank agreement, Test error (5 numbers): Kendall’s τ 0.80; slope of log measured on log printed 0.97; RMS log-ratio 0.23, a factor of 1.26."
    ]


def test_zeros_are_told_apart_and_few_numbers_or_a_list_have_no_line():
    made = column(["0", "10", "20", "30", "40", "50"], [0.2, 10, 20, 30, 40, 50])
    (line,) = rank_lines(made.paper.exhibits[0], cases(made).values())
    assert "(6 numbers, 1 of them not positive and therefore without a logarithm): Kendall’s τ 1.00" in line
    few = column(["10", "20", "30", "40"], [10, 20, 30, 40])
    assert rank_lines(few.paper.exhibits[0], cases(few).values()) == []
    flat = listed(made)
    assert rank_lines(flat.paper.exhibits[0], cases(flat).values()) == []


def test_a_table_that_prints_one_number_everywhere_has_no_rank():
    made = table({("a", "b"): -12.0}, distortion=False)
    (line,) = rank_lines(made.paper.exhibits[0], cases(made).values())
    assert line.startswith("Rank agreement, 4 columns (16 numbers): RMS log-ratio 0.07")
    assert "τ" not in line


def moved(steps, **given):
    """The cases of one claim of a margin of half a point, moved by readings of as many points."""
    points_to = {
        f"a{number}_r": ([value + step / 100 for value in NEAR], given) for number, step in enumerate(steps, start=1)
    }
    made = listed(read_otherwise(NEAR, **points_to))
    return list(cases_of(made, judge(made)).values())


def test_effects_are_shares_of_the_margin_the_largest_first():
    found = reading_effects(moved([0.25, -2.0, 0.0, 0.45, 1.0]))
    assert [effect.label for effect in found] == ["a2: r", "a5: r", "a4: r", "a1: r", "a3: r"]
    assert [effect.median for effect in found] == pytest.approx([4.0, 2.0, 0.9, 0.5, 0.0], abs=1e-6)
    assert [effect.beyond for effect in found] == [1, 1, 0, 0, 0]
    assert found[0].moves[0].verdict.outcome is Outcome.NOT_REPRODUCED


def test_few_effects_have_no_figure():
    four = reading_effects(moved([1.0, 2.0, 3.0, 4.0]))
    assert len(four) == 4
    assert effects_figures(four, "e") == effects_figures([], "e") == ()


def test_a_claim_true_by_construction_or_printed_twice_has_no_effect():
    (case,) = moved([1.0, 2.0, 3.0, 4.0, 5.0])
    assert len(reading_effects([case])) == 5
    built = case.under(case.verdict.model_copy(update={"qualifiers": ("by-construction",)}))
    twice = replace(case, claim=case.claim.model_copy(update={"same_as": "t/other"}))
    assert reading_effects([built, twice]) == []


def test_what_several_assumptions_do_together_is_no_one_s_effect():
    (case,) = moved([1.0, 2.0, 3.0, 4.0, 5.0])
    first, *others = case.sensitivity.variants
    both = replace(first, readings={"a1": "r", "a2": "r"})
    joint = replace(case, sensitivity=replace(case.sensitivity, variants=(both, *others)))
    assert len(reading_effects([joint])) == 4
    assert len(reading_effects([case])) == 5


def test_every_effect_is_drawn_and_told_and_the_least_stand_at_the_left_end():
    effects = reading_effects(moved([0.25, -2.0, 0.0, 0.5, 1.0]))
    (drawing,) = effects_figures(effects, "e")
    drawn = sum(marks(drawing, f"{look.css}{'' if look.filled else ' hollow'}") for look in (o.look for o in Outcome))
    assert drawn == 5
    assert f"≤ {FLOOR:g}" in texts(drawing)
    assert "a2: r: 1 claim, median 4, largest 4 (" in title(drawing)
    assert "1 beyond one margin" in title(drawing)


def test_many_readings_are_cut_into_drawings_of_one_scale():
    drawings = effects_figures(reading_effects(moved([0.1 * step for step in range(1, MOST + 3)])), "e")
    assert len(drawings) == 2
    numbers = [{text for text in texts(each) if re.fullmatch(r"[≤ .\d]+", text)} for each in drawings]
    assert numbers[0] == numbers[1]


def test_the_page_has_the_section_after_the_exhibits_where_there_is_something_to_show(page):
    section = re.search(r'<section id="whole">.*?</section>', page, re.DOTALL)
    assert section is not None
    assert "The paper as a whole" in section[0]
    assert section[0].count("<svg") == 1  # of distortions there are four
    assert page.index('id="exhibit-2"') < page.index('id="whole"') < page.index('id="deviations"')


def test_a_paper_of_which_nothing_was_measured_has_no_such_section(bare):
    made, verdicts = bare
    assert not whole_paper(made.paper.exhibits, cases_of(made, verdicts)).shown


def test_what_was_not_measured_is_not_drawn():
    pairs = [(cell("a", name, "50"), None) for name in MODELS]
    assert by_unit(cases(listed(record(*pairs))).values()) == {}

"""The heat map of a table: measured minus printed, in margins, on one scale, legible without colour and in words."""

import re
from itertools import product
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.colors import to_hex
from transfer import MODELS, cases, table

from harness.report.exhibits import views
from harness.report.heatmap import COLOURS, DARK, FULL, STEPS, _number, brightness, colour_of, heat_map, ink_on
from harness.report.tables import arranged

SVG = "{http://www.w3.org/2000/svg}"
MOVED = {("a", "b"): -12.3, ("b", "a"): 4.5, ("c", "a"): None}
"""Points; the margin of these cells is two of them."""
BAR = {to_hex(colour_of(-FULL + 2 * FULL * (step + 0.5) / STEPS)) for step in range(STEPS)}
"""The colours of the bar, which every drawing has."""


def drawn(record):
    return heat_map(record.paper.exhibits[0], arranged(record.paper.exhibits[0], cases(record)), "figure-1-h")


def parsed(heat):
    return ET.fromstring(heat.drawings[0])  # noqa: S314  our own drawing


def texts(heat):
    return [element.text for element in parsed(heat).iter(f"{SVG}text")]


def fills(heat):
    return set(re.findall(r'fill="(#[0-9a-f]{6})"', heat.drawings[0]))


def test_every_difference_is_written_in_its_cell_in_margins_with_its_sign():
    written = texts(drawn(table(MOVED)))
    assert {"−6.2", "+2.2"} <= set(written)
    assert written.count("0.0") == len(MODELS) ** 2 - len(MOVED) + len(MODELS)


def test_a_cell_that_was_not_run_is_a_dash():
    heat = drawn(table(MOVED))
    assert texts(heat).count("–") == 1
    assert heat.missing
    assert not drawn(table({("a", "b"): 1.0})).missing


def test_columns_of_another_unit_stand_beside_the_others_as_all_are_in_margins():
    heat = drawn(table(MOVED))
    assert heat.columns == (*MODELS, "distortion")
    assert any("distortion" in text for text in texts(heat))


def test_the_caption_s_largest_difference_is_the_one_farthest_from_zero():
    assert drawn(table(MOVED)).largest == "−6.2"


def test_rows_and_columns_are_labelled_as_the_table_s():
    assert {f"FC-{name}" for name in MODELS} <= set(texts(drawn(table(MOVED))))


def test_the_text_alternative_tells_every_cell_and_its_verdict():
    title = parsed(drawn(table(MOVED))).find(f"{SVG}title").text
    assert "FC-a: fed to a 0.0 reproduced, fed to b −6.2 not reproduced" in title
    assert "in margins" in title
    assert "FC-c: fed to a not run" in title


@pytest.mark.parametrize("models", [("a", "b"), ("a",)])
def test_a_small_table_needs_none(models):
    assert drawn(table({}, models)) is None


def test_a_table_of_which_nothing_was_measured_has_none():
    assert drawn(table(dict.fromkeys(product(MODELS, MODELS)), distortion=False)) is None


def test_a_table_with_a_heat_map_keeps_its_panels_for_the_screen():
    record = table(MOVED)
    shown = views(record, cases(record))[0]
    assert shown.heat_map is not None
    assert len(shown.comparisons) == len(MODELS) + 1


def test_what_is_written_on_a_cell_has_the_contrast_small_text_needs():
    """WCAG 2.2, success criterion 1.4.3: at least 4.5."""
    for place in np.linspace(0, 1, 101):
        ground, ink = brightness(COLOURS(place)[:3]), 0.0 if ink_on(COLOURS(place)[:3]) == DARK else 1.0
        lighter, darker = max(ground, ink), min(ground, ink)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, place


def test_without_colour_less_is_darker_than_more():
    assert brightness(COLOURS(0.0)[:3]) < 0.5 * brightness(COLOURS(1.0)[:3])
    steps = [brightness(COLOURS(place)[:3]) for place in (0.0, 0.25, 0.5)]
    assert steps == sorted(steps)


def test_the_colours_end_at_the_same_difference_in_every_map_however_large_its_own_are():
    near, far = drawn(table({("a", "b"): 0.2})), drawn(table({("a", "b"): -40.0}))
    assert to_hex(colour_of(0.1)) in fills(near)
    assert fills(near) - BAR == {to_hex(colour_of(0.0)), to_hex(colour_of(0.1))}
    assert to_hex(colour_of(-20.0)) == to_hex(COLOURS(0.0)) in fills(far)
    assert to_hex(colour_of(-FULL)) == to_hex(COLOURS(0.0))


def test_every_map_has_a_colour_bar_with_the_margins_it_means():
    heat = drawn(table(MOVED))
    assert fills(heat) >= BAR
    assert {"≤\u202f−3", "−2", "−1", "0", "+1", "+2", "≥\u202f+3", "difference, in margins"} <= set(texts(heat))


def test_many_rows_and_columns_are_drawn_in_blocks_of_one_scale():
    models = tuple(f"m{n}" for n in range(15))
    record = table({("m0", "m1"): -9.0}, models, distortion=False)
    heat = drawn(record)
    assert len(heat.drawings) == 3
    assert heat.largest == "−4.5"
    written = [element.text for one in heat.drawings for element in ET.fromstring(one).iter(f"{SVG}text")]  # noqa: S314  our own
    assert written.count("0.0") == 15 * 15 - 1
    ids = [name for one in heat.drawings for name in re.findall(r' id="([^"]+)"', one)]
    assert len(ids) == len(set(ids))


def test_labels_are_whole_and_broken_at_spaces_and_hyphens_alone():
    record = table(MOVED)
    (exhibit,) = record.paper.exhibits
    names = [f"Fed to FC{n}00-100-10 (%)" for n in range(len(exhibit.columns))]
    columns = tuple(axis.model_copy(update={"label": name}) for axis, name in zip(exhibit.columns, names, strict=True))
    rows = tuple(
        axis.model_copy(update={"label": f"Made for FC{n}23-456-10, amplified to stddev 0.1"})
        for n, axis in enumerate(exhibit.rows)
    )
    changed = exhibit.model_copy(update={"rows": rows, "columns": columns})
    lines = texts(heat_map(changed, arranged(changed, cases(record)), "p"))
    assert not any("…" in line for line in lines)
    assert {"Fed to", "FC000-100-", "10 (%)"} <= set(lines)
    assert {"Made for FC023-456-10,", "amplified to stddev 0.1"} <= set(lines)


def test_a_long_difference_is_written_short_enough_for_its_cell():
    assert _number(1.25e-14) == "0.0"
    assert len(_number(123456789.123)) <= 10

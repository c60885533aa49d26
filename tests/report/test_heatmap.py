"""The heat map of a transfer table: measured minus printed, legible without colour and in words."""

import re
from itertools import product
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.colors import to_hex
from transfer import MODELS, cases, table

from harness.report.exhibits import views
from harness.report.heatmap import COLOURS, DARK, _number, brightness, heat_map, ink_on
from harness.report.tables import arranged

SVG = "{http://www.w3.org/2000/svg}"
MOVED = {("a", "b"): -12.3, ("b", "a"): 4.5, ("c", "a"): None}


def drawn(record):
    return heat_map(record.paper.exhibits[0], arranged(record.paper.exhibits[0], cases(record)), "figure-1-h")


def parsed(heat):
    return ET.fromstring(heat.drawings[0])  # noqa: S314  our own drawing


def texts(heat):
    return [element.text for element in parsed(heat).iter(f"{SVG}text")]


def test_every_difference_is_written_in_its_cell_with_its_sign():
    written = texts(drawn(table(MOVED)))
    assert {"−12.3", "+4.5"} <= set(written)
    assert written.count("0.0") == len(MODELS) ** 2 - len(MOVED)


def test_a_cell_that_was_not_run_is_a_dash():
    heat = drawn(table(MOVED))
    assert texts(heat).count("–") == 1
    assert heat.missing
    assert not drawn(table({("a", "b"): 1.0})).missing


def test_columns_of_another_unit_are_left_out():
    heat = drawn(table(MOVED))
    assert heat.columns == MODELS
    assert not any("distortion" in text for text in texts(heat))


def test_the_caption_s_largest_difference_is_the_one_farthest_from_zero():
    assert drawn(table(MOVED)).largest == "−12.3 points"


def test_rows_and_columns_are_labelled_as_the_table_s():
    assert {f"FC-{name}" for name in MODELS} <= set(texts(drawn(table(MOVED))))


def test_the_text_alternative_tells_every_cell_and_its_verdict():
    title = parsed(drawn(table(MOVED))).find(f"{SVG}title").text
    assert "FC-a: fed to a 0.0 points reproduced, fed to b −12.3 points not reproduced" in title
    assert "FC-c: fed to a not run" in title


@pytest.mark.parametrize("models", [("a", "b"), ("a",)])
def test_a_small_table_needs_none(models):
    assert drawn(table({}, models)) is None


def test_a_table_of_which_nothing_was_measured_has_none():
    assert drawn(table(dict.fromkeys(product(MODELS, MODELS)), distortion=False)) is None


def test_where_there_are_many_columns_the_map_takes_the_place_of_their_panels():
    record = table(MOVED)
    shown = views(record, cases(record))[0]
    assert shown.heat_map is not None
    assert len(shown.comparisons) == 1  # the distortion's
    record = table(MOVED, MODELS[:3], distortion=False)
    assert len(views(record, cases(record))[0].comparisons) == 3


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


def test_where_all_cells_agree_the_colours_end_at_the_margin_and_not_at_the_largest_difference():
    heat = drawn(table({("a", "b"): 0.1, ("b", "a"): -0.1}))
    assert heat.full == "±2 points, the widest margin"
    fills = set(re.findall(r"fill: (#[0-9a-f]{6})", heat.drawings[0]))
    ends = {to_hex(COLOURS(0.0)), to_hex(COLOURS(1.0))}
    assert not fills & ends
    assert to_hex(COLOURS(0.5 + 0.5 * 0.1 / 2)) in fills


def test_beyond_the_margin_the_colours_end_at_the_largest_difference():
    heat = drawn(table(MOVED))
    assert heat.full == "±12.3 points"
    assert to_hex(COLOURS(0.0)) in heat.drawings[0]


def test_many_rows_and_columns_are_drawn_in_blocks_of_one_scale():
    models = tuple(f"m{n}" for n in range(15))
    record = table({("m0", "m1"): -9.0}, models, distortion=False)
    heat = drawn(record)
    assert len(heat.drawings) == 4
    assert heat.full == "±9.0 points"
    written = [element.text for one in heat.drawings for element in ET.fromstring(one).iter(f"{SVG}text")]  # noqa: S314  our own
    assert written.count("0.0") == 15 * 15 - 1
    ids = [name for one in heat.drawings for name in re.findall(r' id="([^"]+)"', one)]
    assert len(ids) == len(set(ids))


def test_a_long_difference_is_written_short_enough_for_its_cell():
    assert _number(cases(table({}))["t/a/distortion"], 1.25e-14) == "0.000"
    assert len(_number(cases(table({}))["t/a/distortion"], 123456789.123)) <= 10

"""A slimmed drawing looks as it did, in fewer letters and without a style attribute."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from browser import chromium
from matplotlib.image import imread

from harness.report import svg
from harness.report.cases import cases_of
from harness.report.distributions import distribution
from harness.report.figures import comparison
from harness.report.heatmap import heat_map
from harness.report.slim import _short
from harness.report.tables import arranged
from harness.report.templates import templates_folder


def drawings(record, verdicts) -> list[str]:
    """A heat map, two comparisons with every mark, and a distribution with rules and two outlines."""
    cases = cases_of(record, verdicts)
    exhibit = record.paper.exhibits[0]
    own = [cases[name] for name in exhibit.claims]
    heat = heat_map(exhibit, arranged(exhibit, cases), "h")
    prose = [
        case for case in cases.values() if not case.column and not case.universal and case.verdict.mean is not None
    ]
    spread = next(filter(None, (distribution(case, "d") for case in own)))
    return [*heat.drawings, comparison(own[2::3], "distortion", "c"), comparison(prose, "all", "p"), spread]


@pytest.fixture(scope="module")
def both(record, verdicts) -> tuple[list[str], list[str]]:
    """The drawings as matplotlib writes them, and slimmed."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(svg, "slim", lambda root: None)
        before = drawings(record, verdicts)
    return before, drawings(record, verdicts)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_draws_the_same_points(both, tmp_path, scheme):
    style = (templates_folder() / "report.css").read_text()
    with chromium() as window:
        for before, after in zip(*both, strict=True):
            seen = []
            for drawing in (before, after):
                file = tmp_path / "drawing.html"
                file.write_text(
                    f'<!DOCTYPE html><meta charset="utf-8"><style>{style}</style><div class="panel">{drawing}</div>'
                )
                seen.append(imread(io.BytesIO(window.open(file, 800, scheme=scheme).screenshot())))
            assert seen[0].std() > 0.01
            different = np.abs(seen[0] - seen[1]).max(axis=-1)
            # Coordinates rounded to a hundredth move the grey of some edges.
            assert (different > 0.1).mean() < 5e-4, before[:400]


def test_it_has_no_style_and_less_than_half_of_the_letters_around_its_text(both):
    for before, after in zip(*both, strict=True):
        assert "style=" in before
        assert "style=" not in after
        drawn = [re.sub("<title.*?</title>", "", each, flags=re.DOTALL) for each in (before, after)]
        assert len(drawn[1]) < 0.6 * len(drawn[0])
        texts = [re.findall(r"<text[^>]*>([^<]*)</text>", each) for each in drawn]
        assert texts[0] == texts[1]
        assert set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", after)) <= {
            (name, "") for name in re.findall(r'id="([^"]+)"', after)
        } | {("", name) for name in re.findall(r'id="([^"]+)"', after)}


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("M 0 1  L 5 1  L 5 9  L 7 8  z ", "M0 1H5V9L7 8z"),
        ("M 0 0 C 1 2 3 4 5 6 L 5 8 ", "M0 0C1 2 3 4 5 6V8"),
        ("M 1 1 L 1 1 ", "M1 1V1"),
        ("M 1 2 z L 3 2", "M1 2zL3 2"),
    ],
)
def test_a_path_says_one_number_where_a_line_goes_straight_up_or_across(path, short):
    assert _short(path) == short

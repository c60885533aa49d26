"""The paper as a whole: the agreement of its printed numbers with ours, table by table, and the effects of its open choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import plural
from harness.judge.agreement import Ranks, Scatter, counts, ranks, scatter, z_score
from harness.report.calibration import by_unit, calibration, comparable, points
from harness.report.case import Case
from harness.report.effects import effects_figures
from harness.report.shares import reading_effects
from harness.report.words import listed
from harness.spec.paper import Exhibit

LEAST_SCORES = 3
"""Smallest number of z-scores of an exhibit with its own row."""
LEAST_RANKED = 5
"""Least number of positive numbers of one kind for a line on their rank agreement."""
NAMED = 2
"""The most columns a line names."""


@dataclass(frozen=True)
class ScatterRow:
    """The z-scores of one exhibit, of those with few together, or of all.

    Attributes:
        title: its place in the paper.
        anchor: of its section; empty for those of several exhibits.
        scatter: their summary.
        farthest: the claim with the largest score.
        z: that score.
    """

    title: str
    anchor: str
    scatter: Scatter
    farthest: Case
    z: float


@dataclass(frozen=True)
class WholePaper:
    """Content of the section on the whole paper; all of it may be empty.

    Attributes:
        calibration: SVG elements, printed against measured, one for each unit.
        drawn: how many numbers are in these drawings.
        scatter: z-scores by exhibit, then of all.
        effects_drawings: SVG elements, the effects of the other readings.
    """

    calibration: tuple[str, ...]
    drawn: int
    scatter: tuple[ScatterRow, ...]
    effects_drawings: tuple[str, ...]

    @property
    def shown(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.calibration or self.scatter or self.effects_drawings)


def whole_paper(exhibits: Sequence[Exhibit], cases: Mapping[str, Case]) -> WholePaper:
    """Return what is to be shown of the whole paper; a number printed twice counts once."""
    once = [case for case in cases.values() if case.claim.same_as is None]
    units = by_unit(once)
    return WholePaper(
        calibration=tuple(calibration(some, f"whole-c{n}") for n, some in enumerate(units.values(), start=1)),
        drawn=sum(map(len, units.values())),
        scatter=tuple(_scatter_rows(exhibits, once)),
        effects_drawings=effects_figures(reading_effects(once), "whole-e"),
    )


def _scatter_rows(exhibits: Sequence[Exhibit], cases: Sequence[Case]) -> list[ScatterRow]:
    """Return a row for each exhibit with several scores, one for all other scores, and one for all of them."""
    scored = [(case, z) for case in cases if (z := _score(case)) is not None]
    rows, rest = [], scored
    for number, exhibit in enumerate(exhibits, start=1):
        own = [each for each in scored if each[0].exhibit.id == exhibit.id]
        place = exhibit.source.place
        if len(own) >= LEAST_SCORES:
            rows.append(_scatter_row(place, f"exhibit-{number}", own))
            rest = [each for each in rest if each[0].exhibit.id != exhibit.id]
    if len(scored) < LEAST_SCORES or (len(rows) == 1 and not rest):
        return rows
    elsewhere = [_scatter_row("elsewhere", "", rest)] if rows and rest else []
    return [*rows, *elsewhere, _scatter_row("all together", "", scored)]


def _scatter_row(title: str, anchor: str, scored: Sequence[tuple[Case, float]]) -> ScatterRow:
    farthest, z = max(scored, key=lambda each: abs(each[1]))
    return ScatterRow(title, anchor, scatter([score for _, score in scored]), farthest, z)


def _score(case: Case) -> float | None:
    number = case.claim.expected.number
    if number is None or not comparable(case) or not counts(case.verdict):
        return None
    return z_score(case.verdict, number)


def rank_lines(exhibit: Exhibit, cases: Iterable[Case]) -> list[str]:
    """Return a sentence on the rank agreement of each kind of number in a table: of one metric, unit and split."""
    if exhibit.shape != "table":
        return []
    groups: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        if comparable(case) and counts(case.verdict):
            measure = case.claim.measure
            groups.setdefault((case.unit, measure.metric, measure.data), []).append(case)
    found = [(group, ranks(*points(group).T)) for group in groups.values()]
    return [_in_words(group, each) for group, each in found if each.positive >= LEAST_RANKED]


def _in_words(group: Sequence[Case], found: Ranks) -> str:
    columns = list(dict.fromkeys(case.column for case in group))
    where = listed(columns) if len(columns) <= NAMED else f"{len(columns)} columns"
    parts = [f"Kendall’s τ {_number(found.tau)}"] if found.tau is not None else []
    if found.slope is not None:
        parts.append(f"slope of log measured on log printed {_number(found.slope)}")
    if found.log_ratio is not None:
        parts.append(f"RMS log-ratio {_number(found.log_ratio)}, a factor of {found.factor:.2f}")
    zeros = found.count - found.positive
    aside = f", {zeros} of them not positive and therefore without a logarithm" if zeros else ""
    return f"Rank agreement, {where} ({plural(found.count, 'number')}{aside}): {'; '.join(parts)}."


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")

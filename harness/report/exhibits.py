"""Exhibits ready to be shown: a table's cells in the paper's order or a list's statements, with their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from harness.record.model import Record
from harness.report.cases import Case
from harness.report.coverage import coverage_of_exhibit
from harness.report.distributions import caption, distribution
from harness.report.figures import comparison, paged
from harness.report.gaps import Gap, gaps_of, in_order, notes
from harness.report.heatmap import HeatMap, heat_map
from harness.report.layout import Part, Setting, parts
from harness.report.pictures import Framed, framed
from harness.report.tables import arranged, unit_of
from harness.spec.paper import Exhibit

Group = tuple[str, list[Case]]
"""Claims whose numbers may share an axis, and what that axis shows."""
PANELS = 3
"""So many comparisons stand beside a heat map; of more, it takes the place."""


@dataclass(frozen=True)
class Column:
    """One column's heading, and the unit its numbers share."""

    label: str
    unit: str


@dataclass(frozen=True)
class Shown:
    """One exhibit as the page shows it.

    Attributes:
        exhibit: the table or list.
        number: its place in the report, from 1; the anchor is ``exhibit-<number>``.
        columns: a table's headings.
        rows: a table's rows as (label, cells); a cell is None where the paper prints nothing.
        cases: every claim of the exhibit, in order.
        statements: these, and between them what no claim is made of.
        notes: why no claim is made of something, in the order of their numbers.
        covered: how many of the exhibit's printed numbers have a claim, in a sentence; may be empty.
        heat_map: a table's differences; None where the table is small enough without.
        setting: how a table is set.
        parts: the tables it is cut into, from left to right; one where it fits a page.
        comparisons: SVG elements, measured against printed.
        drawn: the claims these show.
        distributions: SVG elements, one for each claim with a histogram.
        spread: caption of the distributions.
        pictures: the grids of images, by claim.
    """

    exhibit: Exhibit
    number: int
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[Case | Gap | None, ...]], ...]
    cases: tuple[Case, ...]
    statements: tuple[Case | Gap, ...]
    notes: tuple[str, ...]
    covered: str
    setting: Setting
    parts: tuple[Part, ...]
    heat_map: HeatMap | None
    comparisons: tuple[str, ...]
    drawn: tuple[Case, ...]
    distributions: tuple[str, ...]
    spread: str
    pictures: Mapping[str, Framed]

    @property
    def anchor(self) -> str:
        """Id of the exhibit's section."""
        return f"exhibit-{self.number}"

    @property
    def limited(self) -> bool:
        """Whether a comparison shows an exact limit."""
        return any(case.verdict.limit is not None and not case.paired for case in self.drawn)

    @property
    def paired(self) -> bool:
        """Whether a comparison shows a difference of two measures."""
        return any(case.paired for case in self.drawn)

    @property
    def printed(self) -> bool:
        """Whether a comparison shows a printed number."""
        return any(case.claim.expected.number is not None and not case.paired for case in self.drawn)


def show(record: Record, cases: Mapping[str, Case]) -> list[Shown]:
    """Return every exhibit with its figures, in the order of the pack."""
    return [_shown(record, exhibit, number, cases) for number, exhibit in enumerate(record.paper.exhibits, start=1)]


def _shown(record: Record, exhibit: Exhibit, number: int, cases: Mapping[str, Case]) -> Shown:
    own = tuple(cases[claim] for claim in exhibit.claims)
    grid = arranged(exhibit, cases)
    filled = _filled(exhibit, grid)
    columns = tuple(
        Column(axis.label, unit_of(axis.label, [line[place] for line in filled]))
        for place, axis in enumerate(exhibit.columns)
    )
    rows = tuple((axis.label, line) for axis, line in zip(exhibit.rows, filled, strict=True))
    setting, cut = parts(
        rows, [f"{column.label}, {column.unit}" if column.unit else column.label for column in columns]
    )
    judged = tuple(
        axis for axis, line in zip(exhibit.rows, filled, strict=True) if any(isinstance(cell, Case) for cell in line)
    )
    heat = heat_map(exhibit.model_copy(update={"rows": judged}), grid, f"figure-{number}-h")
    groups = _beside(heat, exhibit, _alike(exhibit, own))
    panels = [
        (title, panel)
        for title, group in groups
        if any(case.verdict.mean is not None for case in group)
        for panel in paged(group)
    ]
    svgs = [comparison(panel, title, f"figure-{number}-{n}") for n, (title, panel) in enumerate(panels, start=1)]
    spreads = [distribution(case, f"figure-{number}-d{place}") for place, case in enumerate(own, start=1)]
    distributions = tuple(svg for svg in spreads if svg is not None)
    return Shown(
        exhibit=exhibit,
        number=number,
        columns=columns,
        rows=rows,
        cases=own,
        statements=tuple(in_order(exhibit, cases)),
        notes=notes(exhibit),
        covered=coverage_of_exhibit(record.paper, exhibit),
        setting=setting,
        parts=cut,
        heat_map=heat,
        comparisons=tuple(svgs),
        drawn=tuple(case for _, panel in panels for case in panel),
        distributions=distributions,
        spread=caption(own),
        pictures=framed(record, own),
    )


def _filled(exhibit: Exhibit, grid: pd.DataFrame) -> list[tuple[Case | Gap | None, ...]]:
    """Return a table's cells by row, what no claim is made of among them."""
    gaps = gaps_of(exhibit)
    return [
        tuple(
            grid.loc[row.name, column.name] or gaps.get(f"{exhibit.id}/{row.name}/{column.name}")
            for column in exhibit.columns
        )
        for row in exhibit.rows
    ]


def _beside(heat: HeatMap | None, exhibit: Exhibit, groups: list[Group]) -> list[Group]:
    """Return the comparisons that stand beside a heat map: where there are many, only those of what it does not show."""
    if heat is None or len(groups) <= PANELS:
        return groups
    shown = {exhibit.cells.get(f"{row.name}/{column}", "") for row in exhibit.rows for column in heat.columns}
    return [(title, cases) for title, cases in groups if not any(case.claim.id in shown for case in cases)]


def _alike(exhibit: Exhibit, cases: Sequence[Case]) -> list[Group]:
    """Return groups of claims whose numbers may share an axis: a table's columns, a list's kinds of comparison."""
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        if case.universal or (exhibit.shape == "list" and case.verdict.mean is None):
            continue
        title = "measured − compared with" if case.paired else case.column or case.claim.measure.metric
        groups.setdefault((title, case.unit), []).append(case)
    order = [axis.label for axis in exhibit.columns]
    ranked = sorted(groups.items(), key=lambda item: order.index(item[0][0]) if item[0][0] in order else len(order))
    return [(title, group) for (title, _), group in ranked]

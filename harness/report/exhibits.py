"""Views of exhibits: a table's cells in the paper's order or a list's statements, with their figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from harness.record.model import Record
from harness.report.beneath import beneath
from harness.report.case import Case
from harness.report.cells import column_decimals
from harness.report.coverage import coverage_of_exhibit
from harness.report.distributions import caption, distribution
from harness.report.figures import comparison, paged
from harness.report.heatmap import HeatMap, heat_map
from harness.report.inexpressible import Inexpressible, in_order, inexpressible_of, reasons
from harness.report.layout import TablePart, TableStyle, parts
from harness.report.names import network_labels
from harness.report.pictures import PictureView, picture_views
from harness.report.tables import arranged, unit_of
from harness.report.whole import rank_lines
from harness.spec.paper import Exhibit

Group = tuple[str, list[Case]]
"""Title of an axis, and the claims whose numbers share it."""
ACROSS = 7
"""How many marks of a list are in one line."""
DOWN = 8
"""Number of marks below one another in a table with one column, before the next stack of marks begins."""


@dataclass(frozen=True)
class ColumnHeading:
    """One column's heading, the unit its numbers share, and the decimals of ours."""

    label: str
    unit: str
    decimals: int


@dataclass(frozen=True)
class ExhibitView:
    """One exhibit as the page shows it.

    Attributes:
        exhibit: the table or list.
        number: its place in the report, from 1; the anchor is ``exhibit-<number>``.
        place: its place in the paper, without the page; its title if that is not known.
        apart: its title, if there are other exhibits at that place; else empty.
        columns: a table's headings.
        rows: a table's rows as (label, cells); a cell is None if the paper prints nothing.
        cases: every claim of the exhibit, in order.
        statements: these, and what is not expressible, in order.
        notes: why something is not expressible, in the order of the notes' numbers.
        ranks: sentences on the agreement of a table's numbers with the printed ones in order and scale.
        coverage: how many of the exhibit's printed numbers have a claim, in a sentence; may be empty.
        beneath: sentences below it, on shuffled numbers, rivals and networks without an attack.
        style: letter size and page of a table.
        parts: the tables it is split into, from left to right; one if it fits a page.
        heat_map: a table's differences; None for a small table.
        comparisons: SVG elements, measured against printed.
        compared: the claims these show.
        distributions: SVG elements, one for each claim with a histogram.
        distributions_caption: caption of these.
        pictures: the grids of images, by claim.
    """

    exhibit: Exhibit
    number: int
    place: str
    apart: str
    columns: tuple[ColumnHeading, ...]
    rows: tuple[tuple[str, tuple[Case | Inexpressible | None, ...]], ...]
    cases: tuple[Case, ...]
    statements: tuple[Case | Inexpressible, ...]
    notes: tuple[str, ...]
    ranks: tuple[str, ...]
    coverage: str
    beneath: tuple[str, ...]
    style: TableStyle
    parts: tuple[TablePart, ...]
    heat_map: HeatMap | None
    comparisons: tuple[str, ...]
    compared: tuple[Case, ...]
    distributions: tuple[str, ...]
    distributions_caption: str
    pictures: Mapping[str, PictureView]

    @property
    def anchor(self) -> str:
        """Id of the exhibit's section."""
        return f"exhibit-{self.number}"

    @property
    def called(self) -> str:
        """What it is called where many are named."""
        return f"{self.place}: {self.apart}" if self.apart else self.place

    @property
    def marks(self) -> Iterator[Sequence[Case | Inexpressible | None]]:
        """The claims, and what is not expressible, in lines: a table's rows, and a list cut into lines.

        A long table with one column is folded into several of equal height.
        """
        if len(self.columns) == 1 and len(self.rows) > DOWN:
            column = [cell for _, (cell,) in self.rows]
            height = -(-len(column) // -(-len(column) // DOWN))
            return (column[place::height] for place in range(height))
        if self.rows:
            return (cells for _, cells in self.rows)
        return (self.statements[first : first + ACROSS] for first in range(0, len(self.statements), ACROSS))

    @property
    def signed(self) -> bool:
        """Whether a claim compares two measures."""
        return any(case.paired for case in self.cases)

    @property
    def limited(self) -> bool:
        """Whether a comparison shows an exact limit."""
        return any(case.verdict.limit is not None and not case.paired for case in self.compared)

    @property
    def paired(self) -> bool:
        """Whether a comparison shows a difference of two measures."""
        return any(case.paired for case in self.compared)

    @property
    def printed(self) -> bool:
        """Whether a comparison shows a printed number."""
        return any(case.claim.expected.number is not None and not case.paired for case in self.compared)


def views(record: Record, cases: Mapping[str, Case]) -> list[ExhibitView]:
    """Return every exhibit with its figures, in the order of the pack."""
    return [_view(record, exhibit, number, cases) for number, exhibit in enumerate(record.paper.exhibits, start=1)]


def _view(record: Record, exhibit: Exhibit, number: int, cases: Mapping[str, Case]) -> ExhibitView:
    own = tuple(cases[claim] for claim in exhibit.claims)
    grid = arranged(exhibit, cases)
    filled = _filled(exhibit, grid)
    columns = tuple(
        ColumnHeading(axis.label, unit_of(axis.label, column), column_decimals(column))
        for axis, column in zip(exhibit.columns, _columns(filled, exhibit), strict=True)
    )
    rows = tuple((axis.label, line) for axis, line in zip(exhibit.rows, filled, strict=True))
    style, cut = parts(rows, [f"{column.label}, {column.unit}" if column.unit else column.label for column in columns])
    judged = tuple(
        axis for axis, line in zip(exhibit.rows, filled, strict=True) if any(isinstance(cell, Case) for cell in line)
    )
    heat = heat_map(exhibit.model_copy(update={"rows": judged}), grid, f"figure-{number}-h")
    panels = _panels(_alike(exhibit, own))
    svgs = [comparison(panel, title, f"figure-{number}-{n}") for n, (title, panel) in enumerate(panels, start=1)]
    spreads = [distribution(case, f"figure-{number}-d{place}") for place, case in enumerate(own, start=1)]
    distributions = tuple(svg for svg in spreads if svg is not None)
    return ExhibitView(
        exhibit=exhibit,
        number=number,
        place=exhibit.place,
        apart=exhibit.title if [each.place for each in record.paper.exhibits].count(exhibit.place) > 1 else "",
        columns=columns,
        rows=rows,
        cases=own,
        statements=tuple(in_order(exhibit, cases)),
        notes=reasons(exhibit),
        ranks=tuple(rank_lines(exhibit, own)),
        coverage=coverage_of_exhibit(record.paper, exhibit),
        beneath=beneath(exhibit, record, own, cases),
        style=style,
        parts=cut,
        heat_map=heat,
        comparisons=tuple(svgs),
        compared=tuple(case for _, panel in panels for case in panel),
        distributions=distributions,
        distributions_caption=caption(own),
        pictures=picture_views(record, own, network_labels(cases)),
    )


def _panels(groups: list[Group]) -> list[tuple[str, Sequence[Case]]]:
    """Return the comparisons to draw: groups with a measured number, in parts that fit a page."""
    return [
        (title, panel)
        for title, group in groups
        if any(case.verdict.mean is not None for case in group)
        for panel in paged(group)
    ]


def _filled(exhibit: Exhibit, grid: pd.DataFrame) -> list[tuple[Case | Inexpressible | None, ...]]:
    """Return a table's cells by row, with what is not expressible in its place."""
    others = inexpressible_of(exhibit)
    return [
        tuple(
            grid.loc[row.name, column.name] or others.get(f"{exhibit.id}/{row.name}/{column.name}")
            for column in exhibit.columns
        )
        for row in exhibit.rows
    ]


def _columns(
    filled: Sequence[Sequence[Case | Inexpressible | None]], exhibit: Exhibit
) -> list[list[Case | Inexpressible | None]]:
    """Return a table's cells by column."""
    return [[line[place] for line in filled] for place in range(len(exhibit.columns))]


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

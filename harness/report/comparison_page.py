"""A page of two records side by side, the claims whose verdict or number differs first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from harness.errors import plural
from harness.judge.comparing import ClaimComparison, Comparison, Likeness, tally_of
from harness.judge.outcome import Look
from harness.judge.verdict import Verdict
from harness.record.file import report_folder
from harness.record.model import Record
from harness.report.alone import render_alone, write_alone
from harness.report.computed import computed_by
from harness.report.index_page import PAGE
from harness.report.provenance import measured_at
from harness.report.words import anchor, with_unit

KIND = "comparison"


@dataclass(frozen=True)
class ComparedSide:
    """One record, as the page names it.

    Attributes:
        path: as given by the user.
        address: of its report's page; empty if there is none.
        record: what was measured.
    """

    path: Path
    address: str
    record: Record

    @property
    def computed(self) -> str:
        """By which version and commit it was computed, in words."""
        return computed_by(self.record)

    @property
    def when(self) -> datetime | None:
        """When its last number was measured; None if no date is known."""
        return measured_at(self.record)


@dataclass(frozen=True)
class ComparedNumber:
    """A claim's number and verdict in one record.

    Attributes:
        number: the mean with its unit; empty if nothing was measured.
        runs: how many; empty if none was.
        reason: of the verdict.
        look: how the outcome is shown.
        address: of the claim in the report's page; empty if that is not there.
    """

    number: str
    runs: str
    reason: str
    look: Look
    address: str


@dataclass(frozen=True)
class ComparedRow:
    """A claim in both records; a side that lacks it is None.

    Attributes:
        claim: its id.
        says: the claim in words.
        printed: the number as printed, with its unit; empty if there is none.
        sides: A and B.
        difference: B minus A, with its unit; empty if two means were not compared.
        interval: of that, in brackets; empty if there is none.
        likeness: in a word.
        because: why, in a clause.
        flipped: whether the verdicts are opposite.
    """

    claim: str
    says: str
    printed: str
    sides: tuple[ComparedNumber | None, ComparedNumber | None]
    difference: str
    interval: str
    likeness: str
    because: str
    flipped: bool


@dataclass(frozen=True)
class ComparedGroup:
    """Claims with the same result of the comparison.

    Attributes:
        heading: that result.
        rows: the claims, in the order of the first record.
    """

    heading: str
    rows: tuple[ComparedRow, ...]


CHANGED = "Really changed: the verdict flipped, or the means differ beyond the margin"
HEADINGS = {
    Likeness.DIFFERS: "Differ beyond the margin, but not after Holm’s correction for the number of claims",
    None: "Another verdict, but the number is not shown to differ",
    Likeness.NOT_SHOWN: "Neither shown to be the same nor to differ",
    Likeness.ONLY_A: "Only in A",
    Likeness.ONLY_B: "Only in B",
    Likeness.SAME: "The same within the margin, with the same verdict",
}
"""Likeness of a claim that did not really change, None for another verdict -> heading, those that differ first."""


def write_comparison(found: Comparison, a: tuple[Path, Record], b: tuple[Path, Record], page: Path) -> bool:
    """Write the page of a comparison; return whether anything was written.

    Args:
        found: what was found.
        a: the path of the record compared with, as ``read`` takes it, and the record.
        b: those of the other one.
        page: the file to write; its folder is made if it is not there.

    Raises:
        ReportError: if it cannot be written, or a file of another kind or origin has its name.
    """
    sides = [ComparedSide(path, _address(path, page), record) for path, record in (a, b)]
    text = render_alone(
        KIND,
        title=a[1].paper.bibliography.title,
        sides=sides,
        groups=tuple(_groups(found, *sides)),
        provenance=found.provenance,
        partings=[each.sentence for each in found.divergences],
        tally=tally_of(found.claims),
        result=_result(found),
        changed=bool(found.changed),
    )
    return write_alone(page, KIND, text)


def _result(found: Comparison) -> str:
    """Return how many claims really changed, in a sentence."""
    changed = found.changed
    return f"{plural(len(changed), 'claim')} really changed." if changed else "No claim really changed."


def _address(path: Path, page: Path) -> str:
    """Return the address of a record's report, as seen from a page; empty if it has none."""
    report = report_folder(path) / PAGE
    return quote(Path(os.path.relpath(report, page.absolute().parent)).as_posix()) if report.is_file() else ""


def _groups(found: Comparison, a: ComparedSide, b: ComparedSide) -> Iterator[ComparedGroup]:
    """Yield the claims by likeness, those that really changed first; no empty groups."""
    changed = frozenset(found.changed)
    groups: dict[str, list[ClaimComparison]] = {heading: [] for heading in (CHANGED, *HEADINGS.values())}
    for each in found.claims:
        groups[CHANGED if each.claim in changed else HEADINGS[_shown(each)]].append(each)
    for heading, claims in groups.items():
        if claims:
            yield ComparedGroup(heading, tuple(_row(each, a, b) for each in claims))


def _shown(each: ClaimComparison) -> Likeness | None:
    """Return the likeness of a claim; None if no difference is shown, but the verdict is another."""
    another = each.a is not None and each.b is not None and each.a.outcome is not each.b.outcome
    return None if another and each.likeness in {Likeness.SAME, Likeness.NOT_SHOWN} else each.likeness


def _row(each: ClaimComparison, a: ComparedSide, b: ComparedSide) -> ComparedRow:
    claim = {**b.record.paper.by_id, **a.record.paper.by_id}[each.claim]
    expected, (difference, interval) = claim.expected, _difference(each)
    return ComparedRow(
        claim=each.claim,
        says=claim.says,
        printed=with_unit(expected.printed, expected.unit) if expected.printed is not None else "",
        sides=(_number(each.a, a), _number(each.b, b)),
        difference=difference,
        interval=interval,
        likeness=str(each.likeness),
        because=each.because,
        flipped=each.flipped,
    )


def _number(verdict: Verdict | None, side: ComparedSide) -> ComparedNumber | None:
    if verdict is None:
        return None
    signed = verdict.relates.quantity.signed
    write = f"{verdict.mean:+.4g}" if signed and verdict.mean else f"{verdict.mean or 0.0:.4g}"
    return ComparedNumber(
        number="" if verdict.mean is None else with_unit(_minus(write), verdict.unit, difference=signed),
        runs=plural(verdict.n, "run") if verdict.n else "",
        reason=verdict.reason,
        look=verdict.outcome.look,
        address=f"{side.address}{anchor(verdict.claim)}" if side.address else "",
    )


def _difference(each: ClaimComparison) -> tuple[str, str]:
    """Return B minus A with its unit, and its interval; empty if two means were not compared."""
    verdict, shown = each.a or each.b, each.shown
    if shown is None or verdict is None:
        return "", ""
    ends = shown.interval
    interval = f"[{ends[0]:+.3g}, {ends[1]:+.3g}]" if ends else ""
    size = f"{shown.difference:+.3g}" if shown.difference or interval else "0"
    return with_unit(_minus(size), verdict.unit, difference=True), _minus(interval)


def _minus(numeral: str) -> str:
    return numeral.replace("-", "−")

"""What deviates from the paper as declared, and what was changed after judged runs, each with its date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from harness.record.model import Record
from harness.record.protocol import DEVIATION, Amendment
from harness.report.case import Case
from harness.report.words import declaration, spaced

WHOLE_PAPER = "the whole paper"
"""What is changed where it is no claim's: seed, looks, readings."""
DAY = 10
"""Letters of an ISO date without its time."""


@dataclass(frozen=True)
class DeclaredDeviation:
    """One declared deviation, of all claims that share its reason.

    Attributes:
        date: when the record first held the reason as it reads now; empty if it keeps no protocol.
        after_runs: how many judged runs the record held by then.
        kind: ``predicted`` or ``explained afterwards``; ``declared`` where the claim did not deviate, or was not judged.
        cases: the claims.
        because: why they deviate.
    """

    date: str
    after_runs: int
    kind: str
    cases: tuple[Case, ...]
    because: str


@dataclass(frozen=True)
class Change:
    """One change after a judged run, and the claim it changed; None if it is the whole paper's or of no claim today."""

    amendment: Amendment
    case: Case | None

    @property
    def name(self) -> str:
        """What was changed: the claim, or what holds for the whole paper."""
        return self.case.name if self.case is not None else self.amendment.claim or self.amendment.what


Heading = tuple[str, str, int]
"""Date, kind and judged runs that some deviations, or changes, share."""


def declared_deviations(record: Record, cases: Iterable[Case]) -> list[tuple[Heading, list[DeclaredDeviation]]]:
    """Return the declared deviations in order of time, those of one date and kind together, each reason once."""
    found: dict[tuple[str, int, str, str], list[Case]] = {}
    for case in cases:
        because = case.claim.deviates_because
        if because is not None:
            date, runs = _since(record, case)
            kind = spaced(declaration(case.verdict)) or "declared"
            found.setdefault((date, runs, kind, because), []).append(case)
    deviations = [
        DeclaredDeviation(date, runs, kind, tuple(own), because) for (date, runs, kind, because), own in found.items()
    ]
    return [(heading, list(group)) for heading, group in groupby(sorted(deviations, key=_heading), key=_heading)]


def _heading(each: DeclaredDeviation) -> Heading:
    return each.date, each.kind, each.after_runs


def _since(record: Record, case: Case) -> tuple[str, int]:
    """Return the day a claim's reason is kept since, and the judged runs by then; no day where that is not known."""
    if record.protocol is None or case.claim.id not in record.protocol.promises:
        return "", 0
    when, runs = record.protocol.last_set(case.claim.id, DEVIATION)
    return when[:DAY], runs


def dated_amendments(record: Record, cases: Mapping[str, Case]) -> list[tuple[Heading, list[Change]]]:
    """Return every change after a judged run, those of one date and sort together; none if no protocol is kept."""
    amendments = record.protocol.amendments if record.protocol is not None else ()
    found: dict[Heading, list[Change]] = {}
    for each in amendments:
        heading = each.when[:DAY], each.what if each.claim else WHOLE_PAPER, each.after_runs
        found.setdefault(heading, []).append(Change(each, cases.get(each.claim)))
    return list(found.items())

"""Terms of a report that its readers may not know, each explained once, where it first occurs."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from harness.judge.looks import spending
from harness.judge.verdict import CONSTRUCTED, FITTED
from harness.record.model import Record
from harness.report.case import Case
from harness.report.words import level, listed
from harness.spec.doubts import Doubt


@dataclass(frozen=True)
class Term:
    """A term and its meaning here, as a clause that continues a sentence."""

    word: str
    means: str


PRIMARY = Term("primary", "claims that carry the paper’s conclusions and alone decide the result")
SECONDARY = Term("secondary", "supporting claims, counted separately")
FITTED_TERM = Term(
    "fitted",
    "agrees because a detail that the paper does not state was chosen to match this number, so it is no evidence",
)
CONSTRUCTED_TERM = Term("true by construction", "could hardly have been different")
MARGIN = Term(
    "margin",
    "the largest difference from the paper’s number that still counts as equal, declared for each claim with its reason",
)
READING = Term("reading", "one way to fill in a detail that the paper does not state")


def first_terms(cases: Sequence[Case], doubts: Iterable[Doubt]) -> tuple[Term, ...]:
    """Return the terms of the certificate: those of its headline for these claims, and those of the doubts that it names."""
    marks = {mark for case in cases for mark in case.verdict.qualifiers}
    found = [PRIMARY]
    found += [SECONDARY] if any(not case.verdict.primary for case in cases) else []
    found += [CONSTRUCTED_TERM] if CONSTRUCTED in marks else []
    found += [FITTED_TERM] if FITTED in marks else []
    found += [MARGIN] if any(MARGIN.word in doubt.id for doubt in doubts) else []
    return tuple(found)


def summary_terms(record: Record, known: Container[Term]) -> tuple[Term, ...]:
    """Return the terms of the summary that are not explained before: margin, interval with its level, reading."""
    levels = listed([f"{level(1 - 2 * alpha)} at {runs} runs" for runs, alpha in spending(record.paper.looks).items()])
    interval = Term("interval", f"confidence interval of the mean over runs, at a level of {levels}")
    found = (MARGIN, interval, *([READING] if record.paper.assumptions else []))
    return tuple(term for term in found if term not in known)

"""The page's first paragraph: how many claims were run, and how many compared with the paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.errors import plural
from harness.report.case import Case


@dataclass(frozen=True)
class Extent:
    """How many claims were run and compared.

    Attributes:
        claims: how many there are.
        run: those that have a run.
        compared: those whose numbers were compared with the paper.
    """

    claims: int
    run: int
    compared: int

    @property
    def in_words(self) -> str:
        """How many claims were measured and compared, as a clause."""
        if not self.run:
            return "but none of its claims was measured or compared with the paper"
        if self.compared == self.claims:
            return "run, and every claim was compared with the paper"
        measured = f"and {self.run} of {plural(self.claims, 'claim')} measured"
        if not self.compared:
            return f"{measured}, but none in a way that can be compared with the paper"
        if self.compared == self.run:
            return f"{measured} and compared with the paper"
        return f"{measured}, {self.compared} of them compared with the paper"


def extent_of(cases: Iterable[Case]) -> Extent:
    """Count the claims that were run and compared."""
    cases = list(cases)
    return Extent(
        claims=len(cases),
        run=sum(bool(case.measurement.runs) for case in cases),
        compared=sum(case.verdict.outcome.judged for case in cases),
    )

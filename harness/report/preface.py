"""What the page's first paragraph may say was done: whether anything was run, and how much of it was compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.judge.verdict import Outcome
from harness.report.cases import Case
from harness.report.words import JUDGED, counted, listed


@dataclass(frozen=True)
class Done:
    """How far a record got.

    Attributes:
        claims: how many there are.
        run: those that have a run.
        compared: those whose numbers were compared with the paper.
        indicative: those whose numbers must not be.
    """

    claims: int
    run: int
    compared: int
    indicative: int

    @property
    def in_words(self) -> str:
        """What was done with the models, attacks and measurements after they were implemented, as a clause."""
        if not self.run:
            return "but none of its claims was measured, and nothing is compared with the paper"
        if self.compared == self.claims:
            return "run, and compared with what it says, claim by claim"
        measured = f"and {self.run} of {counted(self.claims, 'claim')} measured"
        if not self.compared:
            return f"{measured}, but not in a way that can be compared with what it says"
        if self.compared == self.run:
            return f"{measured} and compared with what it says"
        return f"{measured}, {self.compared} of them compared with what it says"

    @property
    def called(self) -> str:
        """How the numbers are called that were measured."""
        return listed(["measured"] * bool(self.compared) + ["indicative"] * bool(self.indicative)).replace("and", "or")


def done(cases: Iterable[Case]) -> Done:
    """Count how far the claims got."""
    cases = list(cases)
    return Done(
        claims=len(cases),
        run=sum(bool(case.measurement.runs) for case in cases),
        compared=sum(case.verdict.outcome in JUDGED for case in cases),
        indicative=sum(case.verdict.outcome is Outcome.NOT_COMPARABLE for case in cases),
    )

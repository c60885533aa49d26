"""The change of each claim's number by each other reading, as a fraction of the claim's margin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from harness.judge.sensitivity import VariantVerdict
from harness.judge.verdict import CONSTRUCTED, Verdict
from harness.report.case import Case
from harness.report.margins import allowed
from harness.report.words import spaced


@dataclass(frozen=True)
class ShareMoved:
    """The change of one claim by a reading.

    Attributes:
        case: the claim.
        share: of its margin, at least 0.
        change: in the printed unit, with sign.
        verdict: under that reading.
    """

    case: Case
    share: float
    change: float
    verdict: Verdict


@dataclass(frozen=True)
class ReadingEffect:
    """The effect of one reading, with all other assumptions as chosen.

    Attributes:
        assumption: its name.
        reading: instead of the chosen one.
        moves: one for each claim that depends on it and has a margin, the largest first; at least one.
    """

    assumption: str
    reading: str
    moves: tuple[ShareMoved, ...]

    @property
    def label(self) -> str:
        """Name in the figure."""
        return f"{spaced(self.assumption)}: {self.reading}"

    @property
    def median(self) -> float:
        """Median share."""
        return median(move.share for move in self.moves)

    @property
    def beyond(self) -> int:
        """Number of claims that it moves by more than their margin."""
        return sum(move.share > 1 for move in self.moves)


def reading_effects(cases: Iterable[Case]) -> list[ReadingEffect]:
    """Return the effect of every other reading, the largest median first.

    A number printed twice counts once. Claims that are true by construction are left out, because they could hardly have
    been different.
    """
    found: dict[tuple[str, str], list[ShareMoved]] = {}
    for case in cases:
        half = allowed(case)
        if not half or case.claim.same_as is not None:
            continue
        for each in case.sensitivity.variants:
            # If several assumptions change together, the change cannot be attributed to one of them.
            if each.change is not None and len(each.readings) == 1 and not _constructed(case, each):
                (pair,) = each.readings.items()
                moved = ShareMoved(case, abs(each.change) / half, each.change, each.verdict)
                found.setdefault(pair, []).append(moved)
    effects = [ReadingEffect(*pair, tuple(sorted(moves, key=_largest))) for pair, moves in found.items()]
    return sorted(effects, key=lambda effect: (-effect.median, -effect.moves[0].share, effect.label))


def _constructed(case: Case, variant: VariantVerdict) -> bool:
    """Whether a claim is true by construction under the chosen readings or under others."""
    return any(CONSTRUCTED in verdict.qualifiers for verdict in (case.verdict, variant.verdict))


def _largest(move: ShareMoved) -> float:
    return -move.share

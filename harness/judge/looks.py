"""Looks of a group-sequential test: the numbers of runs at which a claim is tested, and the alpha that each look spends.

Testing again with more runs is allowed because the looks are declared beforehand (``looks`` of a budget) and share one
level: by Bonferroni's inequality the chance of a wrong decision at any of them is at most the sum of their alphas.

Each look but the last spends three fifths of the level that is left, and the last spends the rest. This is an alpha
spending function in the sense of Lan and DeMets 1983 (Biometrika 70, 659-663) with geometric steps: most is spent where
most claims are decided, and one planned look is judged at the whole level.

| looks | alpha |
| --- | --- |
| 3, 5, 10 | .03, .012, .008 |
| 5, 10 | .03, .02 |
| 10 | .05 |
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.spec.paper import LOOKS

LEVEL = 0.05
"""Family-wise error rate over all looks at a claim, where no other is asked for."""
SHARE = 0.6
"""Part of the level left that each look but the last spends."""

Ladder = Mapping[int, float]
"""Number of runs at which a claim is tested -> its one-sided alpha, in increasing order."""


def spending(looks: Sequence[int], level: float = LEVEL) -> dict[int, float]:
    """Return the one-sided alpha of each look, numbers of runs in rising order; they add up to ``level``."""
    *early, last = looks
    spent = {n: level * SHARE * (1 - SHARE) ** place for place, n in enumerate(early)}
    spent[last] = level - sum(spent.values())
    return {n: round(each, 12) for n, each in spent.items()}


def level_of(ladder: Ladder) -> float:
    """Return the level that the looks spend together."""
    return math.fsum(ladder.values())


LADDER: Ladder = spending(LOOKS)
"""The looks of a budget that declares none."""
FIRST, LAST = min(LADDER), max(LADDER)


def alpha(n: int, ladder: Ladder = LADDER) -> float:
    """Return the one-sided alpha for n runs: that of the last look reached, or of the first one for fewer runs."""
    return ladder[max((look for look in ladder if look <= n), default=min(ladder))]


def confidence(n: int, ladder: Ladder = LADDER) -> float:
    """Return the confidence level of the interval of a mean over n runs, 1 - 2 alpha."""
    return 1 - 2 * alpha(n, ladder)


def reached(n: int, ladder: Ladder = LADDER) -> int:
    """Return how many of n runs are tested: those of the last look reached, or all of them below the first.

    A test between two looks would spend alpha twice; runs beyond a look are kept for the next look.
    """
    return max((look for look in ladder if look <= n), default=n)

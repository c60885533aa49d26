"""How often a right paper is refuted, by what its printed number is: ``python benchmarks/printed_numbers.py``.

Over the looks 3, 5, 10, at a margin of next to nothing, with the code that judges.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from harness.judge.looks import LADDER, alpha
from harness.judge.printed import BestOf, MeanOf, PrintedNumber
from harness.judge.statistics import OPEN, REFUTED, Region, decide

TRIALS = 100_000
NARROW = Region((-0.01, 0.01), (-0.01, 0.01))
RATIOS = (0.05, 0.25, 0.5, 1.0, 2.0, 4.0, 20.0)
"""Spreads of the paper's runs, in those of ours."""
Array = NDArray[np.float64]


def refuted(ours: Array, printed: Array, number: PrintedNumber) -> float:
    """Return the share of audits (trials, 10 runs) that refute the printed number."""
    decided = np.zeros(len(ours), np.int8)
    for n in LADDER:
        found = decide(ours[:, :n].mean(axis=1) - printed, ours[:, :n].std(axis=1, ddof=1), n, NARROW, number)
        decided = np.where(decided == OPEN, found, decided)
    return float(np.mean(decided == REFUTED))


class Welch(MeanOf):
    """As ``MeanOf``, by Welch's and Satterthwaite's degrees of freedom."""

    def prediction(self, sd, n, df, level):  # type: ignore[no-untyped-def]
        """Return the interval that would be used."""
        ours, theirs = np.square(sd) / n, np.square(self.sd) / self.runs
        freedom = (ours + theirs) ** 2 / (ours**2 / df + theirs**2 / (self.runs - 1))
        half = stdtrit(freedom, 1 - level / 2) * np.sqrt(ours + theirs)
        return -half, half


class Least(MeanOf):
    """As ``MeanOf``, by the least of both degrees of freedom."""

    def prediction(self, sd, n, df, level):  # type: ignore[no-untyped-def]
        """Return the interval that would be used."""
        half = stdtrit(min(df, self.runs - 1), 1 - level / 2) * np.sqrt(
            np.square(sd) / n + np.square(self.sd) / self.runs
        )
        return -half, half


def of_means(kind: Callable[..., MeanOf], rng: np.random.Generator) -> None:
    """Print a row for each number of the paper's runs."""
    for runs in (2, 3, 5, 10, 30):
        shares = []
        for times in RATIOS:
            theirs = times * rng.standard_normal((TRIALS, runs))
            number = kind(runs, theirs.std(axis=1, ddof=1))
            shares.append(refuted(rng.standard_normal((TRIALS, 10)), theirs.mean(axis=1), number))
        print(f"{kind.__name__:8} {runs:3} runs", *(f"{100 * each:5.1f}" for each in shares))


def of_bests(rng: np.random.Generator) -> None:
    """Print how often a best run is refuted, taken for what it is and for a single run."""
    for runs in (2, 5, 10, 20):
        ours, printed = rng.standard_normal((TRIALS, 10)), rng.standard_normal((TRIALS, runs)).min(axis=1)
        one, best = (refuted(ours, printed, number) for number in (MeanOf(), BestOf(runs, lowest=True)))
        print(f"best of {runs:2}: {100 * best:.1f} % as the best, {100 * one:.1f} % if taken for one run")


if __name__ == "__main__":
    print("wrong refutations in %, the paper's runs spreading so many times as ours:", *RATIOS)
    for interval in (MeanOf, Welch, Least):
        of_means(interval, np.random.default_rng(1))
    of_bests(np.random.default_rng(2))
    print("alphas:", *(f"{n} runs {alpha(n)}" for n in LADDER))

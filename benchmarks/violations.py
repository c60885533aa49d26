"""Error rates where runs are not as the rules assume; a table of ``benchmarks/error_rates.py``."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from simulated import LIMIT, PILOTS, Audit, Floats, Row, percent, within

from harness.judge.observed import Observed, observe
from harness.judge.stability import far_run
from harness.judge.statistics import (
    REFUTED,
    REPRODUCED,
)
from harness.record.measurement import Measurement, Run, Sampled
from harness.spec.claim import Claim, Expected, Margin, Measure, Source
from harness.spec.paper import Pilot


def violations(trials: int) -> list[Row]:
    """Both errors over all looks where runs are not as the rules assume: skewed, collapsing, alike, or unlike the paper's.

    Runs have a mean of 0 and, but for those that collapse, a standard deviation of 1; pilots of five are drawn as they are.
    "At the margin" the true mean of our runs is exactly at the edge, so that REPRODUCED is wrong; "right" the paper's printed
    number is one more such run, so that NOT_REPRODUCED is wrong, at a margin too narrow to hide it.
    """
    rng, rows, few = np.random.default_rng(8), [], math.ceil(FEW * trials)
    for name, draw in VIOLATIONS.items():
        runs, pilots, theirs = draw(rng, (trials, 10)), draw(rng, (trials, PILOTS)), draw(rng, (trials, 1))[:, 0]
        if name == TWICE:
            theirs = 2 * theirs
        if (
            name in TOGETHER
        ):  # runs of one claim share a part of their error, and those of the paper and the pilot do not
            share = TOGETHER[name]
            runs = math.sqrt(share) * rng.standard_normal((trials, 1)) + math.sqrt(1 - share) * runs
            pilots = math.sqrt(share) * rng.standard_normal((trials, 1)) + math.sqrt(1 - share) * pilots
        pilot = pilots.std(axis=1, ddof=1)
        right, edge = Audit(runs, theirs, pilot), Audit(runs, np.zeros(trials), pilot)
        wrong = {
            f"at the {edges} edge, reproduced{', no pilot' * (how is None)}": percent(
                edge.climbed(within(LIMIT), side * LIMIT, how) == REPRODUCED
            )
            for how in ("alike", None)
            for edges, side in (("lower", -1), ("upper", 1))
        }
        rows.append({
            "runs": name,
            **wrong,
            "right, refuted": percent(right.climbed(within(0.01), 0.0, "alike") == REFUTED),
            "right, reproduced": percent(right.climbed(within(LIMIT), 0.0, "alike") == REPRODUCED),
            "called unstable at three runs": percent(_far(runs[:few, :3], pilots[:few])),
        })  # fmt: skip
    return rows


def _far(runs: Floats, pilots: Floats) -> NDArray[np.bool_]:
    """Return which claims have a run far from all others and the pilot's, by the rule that judges."""
    observed = [seen_runs(row) for row in runs]
    known = [Pilot(sd=row.std(ddof=1), mean=row.mean(), runs=len(row), inputs="-") for row in pilots]
    return np.array([far_run(one, pilot, 0.0) is not None for one, pilot in zip(observed, known, strict=True)])


def seen_runs(values: Floats) -> Observed:
    """Return judged runs of a claim that prints 0, as ``judge`` sees them."""
    measure = Measure(metric="number", data="d", model="m")
    expected = Expected(printed="0", unit="number", margin=Margin(absolute=1, because="of a simulation"))
    claim = Claim(id="t/c", source=Source(), measure=measure, expected=expected)
    runs = tuple(
        Run(run=place, measured=Sampled(keys=(str(place),), value=float(value)))
        for place, value in enumerate(values, start=1)
    )
    observed = observe(claim, Measurement(claim=claim.id, runs=runs))
    assert observed is not None
    return observed


def _collapsing(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Draw runs of which one in ten collapses, moved so that the mean of all is 0."""
    fallen = rng.random(shape) < COLLAPSES
    return rng.standard_normal(shape) + LIMIT / COLLAPSES * (fallen - COLLAPSES)


COLLAPSES = 0.1
"""Share of runs that collapse, by as much as brings the mean of all runs to the edge of the margin, the others to the printed number."""
FEW = 0.01
"""Share of claims whose runs are held against each other one by one."""
TWICE = "normal, the paper's spread twice ours"
TOGETHER = {"normal, correlated by 0.2": 0.2, "normal, correlated by 0.5": 0.5}
"""Runs that share a part of their error -> the correlation between any two of them."""
VIOLATIONS: dict[str, Callable[[np.random.Generator, tuple[int, int]], Floats]] = {
    "normal, independent": lambda rng, shape: rng.standard_normal(shape),
    "skewed: exponential": lambda rng, shape: rng.exponential(size=shape) - 1,
    "skewed: lognormal, sigma 1": lambda rng, shape: (
        (rng.lognormal(size=shape) - math.exp(0.5)) / math.sqrt((math.e - 1) * math.e)
    ),
    "one in ten collapses": _collapsing,
    **dict.fromkeys(TOGETHER, lambda rng, shape: rng.standard_normal(shape)),
    TWICE: lambda rng, shape: rng.standard_normal(shape),
}
"""How runs are drawn -> the draw."""

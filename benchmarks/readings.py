"""How often readings make a claim choice-dependent or robust; a table of ``benchmarks/error_rates.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
from simulated import LIMIT, Audit, Row, percent, within

from harness.judge.moves import Move
from harness.judge.outcome import Outcome
from harness.judge.sensitivity import DEPENDENT, ROBUST, Sensitivity, VariantVerdict
from harness.judge.statistics import (
    OPEN,
    REFUTED,
    REPRODUCED,
    decide,
)
from harness.judge.verdict import Verdict

OUTCOMES = {REPRODUCED: Outcome.REPRODUCED, REFUTED: Outcome.NOT_REPRODUCED, OPEN: Outcome.INCONCLUSIVE}
READINGS = 10
"""Other readings of a claim, the most of the published audit."""


def readings(trials: int) -> list[Row]:
    """How often ten other readings make a claim choice-dependent or robust: without effect, and one of them with one.

    A reading without effect draws runs of its own from the same distribution: the hardest case, as it cancels nothing.
    """
    rows = []
    for own, theirs in ((3, 3), (10, 3), (10, 10)):
        for delta in (0.1, 0.5, 1.0, LIMIT, 10.0):
            row: Row = {"runs": f"{own} and {theirs}", "margin, standard deviations": f"{delta:.1f}"}
            for name, off in (("right", 0.0), ("at the margin", delta), ("off by two margins", 2 * delta)):
                found = _qualified(trials, own, theirs, delta, off, 0.0)
                row[f"{name}: choice-dependent, robust"] = f"{percent(found == DEPENDENT)}, {percent(found == ROBUST)}"
            row["moved by one margin, robust"] = percent(_qualified(trials, own, theirs, delta, 0.0, delta) == ROBUST)
            row["moved by three margins, choice-dependent"] = percent(
                _qualified(trials, own, theirs, delta, 0.0, 3 * delta) == DEPENDENT
            )
            rows.append(row)
    return rows


def _qualified(trials: int, own: int, theirs: int, delta: float, off: float, moved: float) -> Any:
    """Return the qualifier of claims: the true mean is ``off`` from the printed number, the first reading's ``moved`` more."""
    rng = np.random.default_rng(8)
    audit = Audit.draw(trials, seed=9)
    true = Audit(audit.runs, np.zeros(trials), audit.pilot)
    others = rng.standard_normal((trials, READINGS, theirs))
    others[:, 0] += moved
    chosen = true.decided(own, within(delta), off)
    sd = others.std(axis=-1, ddof=1)
    codes = decide(others.mean(axis=-1) + off, sd, theirs, within(delta))  # a variant's spread is not pooled
    steps = others - audit.runs[:, None, :theirs]
    found = []
    for at in range(trials):
        variants = tuple(
            VariantVerdict(str(k), {}, _verdict(codes[at, k]), Move(dict(enumerate(map(float, steps[at, k])))))
            for k in range(READINGS)
        )
        found.append(Sensitivity(_verdict(chosen[at]), variants, (-delta, delta)).qualifier)
    return np.array(found)


def _verdict(code: int) -> Verdict:
    """Return a verdict of this outcome."""
    return Verdict.model_construct(claim="", outcome=OUTCOMES[int(code)])

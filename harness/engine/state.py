"""The state of each member's minimisation in a batch, and the reason why it ended."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from harness.engine.shapes import Counts, Numbers, Points
from harness.engine.two_loop import CurvaturePairs


class Reason(IntEnum):
    """Why a member's solve ended."""

    RUNNING = 0
    CONVERGED = 1
    """The projected gradient is within its tolerance (Byrd et al. 1995, eq. 6.1)."""
    FLAT = 2
    """The value no longer falls, or only by less than float32 resolves."""
    EXHAUSTED = 3
    """All iterations are used up."""
    NOT_FINITE = 4
    """The objective or its gradient is not finite at the starting point."""
    STUCK = 5
    """The line search failed: no step along the steepest descent lowers the value; is the gradient right?"""


class State(NamedTuple):
    """The state of every member; all arrays float32 unless said otherwise.

    Attributes:
        x: the best point so far, ``(n, d)``, inside the box.
        value: the objective there, ``(n,)``.
        gradient: its gradient there, ``(n, d)``.
        trial: the point to evaluate next, ``(n, d)``, inside the box; x itself for members that have stopped.
        direction: of the present line search, ``(n, d)``.
        step: length of the trial step along it, ``(n,)``.
        projected_norm: the norm of the projected gradient at x, ``(n,)``.
        pairs: the curvature pairs.
        known_curvature: curvature of a part of the objective known to be ``known_curvature/2 |x - a|**2``, ``(n,)``; changing it between
            solves keeps the pairs valid.
        iterations: accepted steps in this solve, int32 ``(n,)``.
        evaluations: evaluations in this solve, int32 ``(n,)``.
        shortened: how often the present step was shortened, int32 ``(n,)``.
        reason: a ``Reason``, int32 ``(n,)``.
    """

    x: Points
    value: Numbers
    gradient: Points
    trial: Points
    direction: Points
    step: Numbers
    projected_norm: Numbers
    pairs: CurvaturePairs
    known_curvature: Numbers
    iterations: Counts
    evaluations: Counts
    shortened: Counts
    reason: Counts

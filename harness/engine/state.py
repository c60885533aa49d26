"""Where every member of a batch stands in its own minimisation, and why it ended."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from harness.engine.two_loop import Pairs, Tensor


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
    """Where every member stands; all arrays float32 unless said otherwise.

    Attributes:
        x: the best point so far, ``(n, d)``, inside the box.
        value: the objective there, ``(n,)``.
        gradient: its gradient there, ``(n, d)``.
        trial: the point to evaluate next, ``(n, d)``, inside the box; x itself for members that have stopped.
        direction: of the present line search, ``(n, d)``.
        step: length of the trial step along it, ``(n,)``.
        slope: the norm of the projected gradient at x, ``(n,)``.
        pairs: the curvature pairs.
        known: curvature of a part of the objective known to be ``known/2 |x - a|**2``, ``(n,)``; changing it between
            solves keeps the pairs valid.
        iterations: accepted steps in this solve, int32 ``(n,)``.
        evaluations: evaluations in this solve, int32 ``(n,)``.
        shortened: how often the present step was shortened, int32 ``(n,)``.
        reason: a ``Reason``, int32 ``(n,)``.
    """

    x: Tensor
    value: Tensor
    gradient: Tensor
    trial: Tensor
    direction: Tensor
    step: Tensor
    slope: Tensor
    pairs: Pairs
    known: Tensor
    iterations: Tensor
    evaluations: Tensor
    shortened: Tensor
    reason: Tensor

    @property
    def converged(self) -> Tensor:
        """Whether a member ended at a minimum, as far as its tolerance and float32 can tell, bool ``(n,)``."""
        return (self.reason == int(Reason.CONVERGED)) | (self.reason == int(Reason.FLAT))

    @property
    def failed(self) -> Tensor:
        """Whether a member's objective is at fault, bool ``(n,)``."""
        return (self.reason == int(Reason.NOT_FINITE)) | (self.reason == int(Reason.STUCK))

"""Options of L-BFGS on all images at once, for trainings that may be done so."""

from __future__ import annotations

from pydantic import Field

from harness.kinds.recipe import Frozen


class FullBatch(Frozen):
    """L-BFGS (SciPy's L-BFGS-B) on all images at once."""

    iterations: int = Field(400, ge=1, le=100_000)
    """L-BFGS iterations at most."""
    memory: int = Field(10, ge=1, le=1000)
    """Curvature pairs L-BFGS keeps."""
    gtol: float = Field(1e-5, ge=0, le=1)
    """Training ends where no component of the gradient is larger; SciPy's."""
    ftol: float = Field(1e-9, ge=0, le=1)
    """Training ends where an iteration lowers the loss by no more than this (times the loss, where that exceeds 1);
    SciPy's."""

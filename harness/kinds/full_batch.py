"""Options of L-BFGS on all images at once, for trainings that may be done so."""

from __future__ import annotations

from pydantic import Field

from harness.kinds.recipe import Frozen


class FullBatch(Frozen):
    """L-BFGS (SciPy's L-BFGS-B) on the full batch."""

    iterations: int = Field(400, ge=1, le=100_000)
    """Maximum number of L-BFGS iterations."""
    memory: int = Field(10, ge=1, le=1000)
    """Number of curvature pairs that L-BFGS keeps."""
    gtol: float = Field(1e-5, ge=0, le=1)
    """Training ends when no component of the gradient is larger than this; SciPy's ``gtol``."""
    ftol: float = Field(1e-9, ge=0, le=1)
    """Training ends when an iteration reduces the loss by at most this (times the loss if that exceeds 1);
    SciPy's ``ftol``."""

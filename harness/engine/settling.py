"""Whether a training settled: by how much the last tenth of it moved the loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def moved_at_last(losses: Sequence[float]) -> float:
    """Return the change of the loss over the last tenth of its values, at least the last step, as a share of the last one."""
    before = losses[-1 - max(1, len(losses) // 10)] if len(losses) > 1 else losses[-1]
    return float(abs(before - losses[-1]) / max(abs(losses[-1]), np.finfo(float).tiny))

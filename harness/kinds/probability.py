"""How the logits of a network become probabilities: the words, and the largest probability of each image."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.errors import Invalid

Probability = Literal["softmax", "sigmoid", "exponential"]
"""softmax, over all classes; the sigmoid of each logit alone; or e^z, of logits that are logarithms of probabilities."""
ROUNDING = 1e-6
"""How far above 0 the logarithm of a probability may be computed."""


def largest_probability(logits: NDArray[np.float64], probability: Probability, kind: str) -> NDArray[np.float64]:
    """Return the probability of the largest logit of each image, ``(n,)`` in [0, 1].

    Args:
        logits: ``(n, classes)``.
        probability: how they become probabilities.
        kind: of the metric that asks, for the error.

    Raises:
        Invalid: if they are to be logarithms of probabilities, and one is above 0.
    """
    largest = logits.max(axis=1)
    if probability == "softmax":
        return np.asarray(1 / np.exp(logits - largest[:, None]).sum(axis=1))
    if probability == "sigmoid":
        return np.asarray(np.exp(-np.logaddexp(0.0, -largest)))
    if len(largest) and largest.max() > ROUNDING:
        raise Invalid(
            f"{kind}: probability: expected logits that are logarithms of probabilities, at most 0; found "
            f"{largest.max():.4g}; write softmax or sigmoid"
        )
    return np.asarray(np.exp(np.minimum(largest, 0.0)))

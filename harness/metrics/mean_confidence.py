"""The mean probability that a network gives the class it predicts."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.errors import Invalid
from harness.examples import Examples, Value, Victim
from harness.kinds.metric import MetricRecipe
from harness.kinds.registry import metric

ROUNDING = 1e-6
"""How far above 0 the logarithm of a probability may be computed."""


@metric("mean-confidence", edition=1)
class MeanConfidence(MetricRecipe):
    """Mean over images of the probability of the predicted class: "average confidence" (Goodfellow et al. 2015).

    Of adversarial examples where the claim has an attack, of clean images where it has none. Computed in float64.
    """

    unit = "fraction"
    statistic = "mean in [0, 1]"

    among: Literal["all", "mistakes"] = "all"
    """Which images it is the mean over: all, or those whose predicted class is not the true one."""
    probability: Literal["softmax", "sigmoid", "exponential"] = "softmax"
    """How logits z become probabilities: softmax, over all classes; the sigmoid of each alone; or e^z, for networks whose
    logits are logarithms of probabilities, such as those of radial basis functions."""

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the mean and its spread over images."""
        (victim,), images = victims, self.shown(clean, made)
        logits = victim.exact_logits(images.images)
        predicted = logits.argmax(axis=1)
        if self.among == "mistakes":
            logits = logits[predicted != images.labels]
            if not len(logits):
                raise Invalid(
                    f"mean-confidence: the network mistakes none of {len(images)} images, so that there is no mean"
                )
        return self.mean_of(self._confidences(logits))

    def _confidences(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of the largest logit of each image, ``(n,)`` in [0, 1]."""
        largest = logits.max(axis=1)
        if self.probability == "softmax":
            return np.asarray(1 / np.exp(logits - largest[:, None]).sum(axis=1))
        if self.probability == "sigmoid":
            return np.asarray(np.exp(-np.logaddexp(0.0, -largest)))
        if largest.max() > ROUNDING:
            raise Invalid(
                f"mean-confidence: probability: expected logits that are logarithms of probabilities, at most 0; found "
                f"{largest.max():.4g}; write softmax or sigmoid"
            )
        return np.asarray(np.exp(np.minimum(largest, 0.0)))

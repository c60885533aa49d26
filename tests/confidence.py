"""A metric in one file: the mean confidence of a model."""

from __future__ import annotations

import numpy as np

from harness import Examples, MetricRecipe, Value, Victim


class Confidence(MetricRecipe):
    """Mean over images of the largest softmax probability."""

    unit = "fraction"
    statistic = "mean in [0, 1]"
    better = "higher"

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the mean and its spread over images."""
        logits = victims[0].exact_logits(self.shown(clean, made).images)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        largest = 1 / odds.sum(axis=1)
        return Value(float(largest.mean()), of=len(largest), spread=float(largest.std(ddof=1)))


class Disagreement(MetricRecipe):
    """Fraction of images, moved at all, on which the models a claim lists disagree after an attack."""

    unit = "fraction"
    statistic = "proportion"
    needs = ("victims", "clean", "made")

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return images on which they disagree / images."""
        assert clean is not None
        assert made is not None
        first, *others = (victim.predict(made.images) for victim in victims)
        moved = (clean.images != made.images).any(axis=(1, 2, 3))
        return Value.rate(moved & np.any([first != other for other in others], axis=0))

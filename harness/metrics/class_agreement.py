"""How often networks that misclassify the same images predict the same class for them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from harness.errors import Infeasible, Invalid
from harness.examples import Examples, Value, Victim
from harness.kinds.metric import MetricRecipe
from harness.kinds.registry import metric

LEAST = 2
"""Networks that can agree."""


@metric("class-agreement", edition=1)
class ClassAgreement(MetricRecipe):
    """Of the images that all networks of a list misclassify, the fraction for which they predict the same class (Goodfellow et al. 2015, section 8).

    ``model: [a, b]`` with an attack compares them on the examples made for ``a`` (or for ``crafted_on``); without
    an attack, on clean images.
    """

    unit = "fraction"
    statistic = "proportion"
    needs = ("victims",)
    called = "agreement on mistakes"

    among: Literal["shared", "first"] = "shared"
    """Which images: those that every network misclassifies, or those that the first network misclassifies."""

    def cannot(self, models: int, classes: int | None) -> str:
        """Return that one model has none to agree with."""
        return "" if models >= LEAST else "compares networks with each other; list at least two, as 'model: [a, b]'"

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return mistakes with one class / mistakes."""
        if wrong := self.cannot(len(victims), None):
            raise Infeasible(f"class-agreement: {wrong}")
        images = self.shown(clean, made)
        classes = np.stack([victim.predict(images.images) for victim in victims])
        mistaken = classes != images.labels
        counted = mistaken.all(axis=0) if self.among == "shared" else mistaken[0]
        if not counted.any():
            who = "all networks misclassify" if self.among == "shared" else "the first network misclassifies"
            raise Invalid(f"class-agreement: of {len(images)} images, {who} none")
        return Value.rate((classes == classes[0]).all(axis=0)[counted])

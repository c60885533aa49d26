"""The fraction of images that a network gives a class with confidence."""

from __future__ import annotations

from pydantic import Field

from harness.examples import Examples, Value, Victim
from harness.kinds.metric import MetricRecipe
from harness.kinds.probability import Probability, largest_probability
from harness.kinds.registry import metric


@metric("confident-rate", edition=1)
class ConfidentRate(MetricRecipe):
    """Fraction of images with a class, right or wrong, whose probability is above a threshold.

    For images that belong to no class (``rubbish``) it is the false positive rate (Goodfellow et al. 2015, appendix).
    Computed in float64.
    """

    unit = "fraction"
    statistic = "proportion"

    above: float = Field(0.5, ge=0, lt=1)
    """The threshold."""
    probability: Probability = "softmax"
    """How logits z become probabilities: softmax, over all classes; the sigmoid of each logit; or e^z, for
    networks whose logits are log-probabilities, such as radial basis functions."""

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return images above the threshold / images."""
        (victim,), images = victims, self.shown(clean, made)
        logits = victim.exact_logits(images.images)
        return Value.rate(largest_probability(logits, self.probability, self.kind) > self.above)

"""The mean probability that a network gives the class it predicts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.errors import Invalid
from harness.examples import Examples, Value, Victim
from harness.kinds.metric import MetricRecipe
from harness.kinds.probability import Probability, largest_probability
from harness.kinds.recipe import unused
from harness.kinds.registry import metric


@metric("mean-confidence", edition=1)
class MeanConfidence(MetricRecipe):
    """Mean over images of the probability of the predicted class: "average confidence" (Goodfellow et al. 2015, section 4).

    Over adversarial examples if the claim has an attack, else over clean images. Computed in float64.
    """

    unit = "fraction"
    statistic = "mean in [0, 1]"

    among: Literal["all", "mistakes"] = "all"
    """Which images: all, or the misclassified ones."""
    above: float | None = Field(None, ge=0, lt=1, exclude_if=unused)
    """Leaves out images whose predicted class has a probability of at most this: for ``rubbish`` all except the
    false positives. null leaves out none."""
    probability: Probability = "softmax"
    """How logits z become probabilities: softmax, over all classes; the sigmoid of each logit; or e^z, for
    networks whose logits are log-probabilities, such as radial basis functions."""

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the mean and its spread over images."""
        (victim,), images = victims, self.shown(clean, made)
        logits = victim.exact_logits(images.images)
        predicted = logits.argmax(axis=1)
        if self.among == "mistakes":
            logits = logits[predicted != images.labels]
            if not len(logits):
                raise Invalid(
                    f"mean-confidence: the network misclassifies none of the {len(images)} images, so there is no mean"
                )
        largest = largest_probability(logits, self.probability, self.kind)
        if self.above is not None:
            largest = largest[largest > self.above]
            if not len(largest):
                raise Invalid(
                    f"mean-confidence: no probability of {len(logits)} images is above {self.above:g}, so there is no mean"
                )
        return self.mean_of(largest)

"""Distillation: training on the softened outputs of another model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.kinds.layer import LayerRecipe
from harness.kinds.recipe import ModelRef
from harness.kinds.registry import training
from harness.trainings.minibatch import MinibatchTraining


@training("distillation", edition=1)
class Distillation(MinibatchTraining):
    """Mini-batches with a teacher's probabilities at a temperature T as targets, softmax(z / T) (Hinton et al. 2015, section 2).

    Minimises the mean cross-entropy of softmax(student's logits / T) with them, plus the weight decay. After
    training, the student is used without T. If the teacher was trained at the same T, this is defensive
    distillation (Papernot et al. 2016).
    """

    teacher: ModelRef
    """The model whose outputs on the augmented images, in inference mode, are the targets. True classes are only
    used for early stopping."""

    def refuses(self, layers: Sequence[LayerRecipe]) -> str:
        """Refuse what every training on mini-batches does, and other probabilities than softmax."""
        if self.probability != "softmax":
            return f"takes probability: softmax alone, for the teacher's and the student's; found {self.probability}"
        return super().refuses(layers)

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """As if the teacher's outputs took half as long as a step."""
        return 1.5 * super().cost(layers, images)

    def regime(self, given: Mapping[str, Any]) -> Any:
        """Return steps on the teacher's probabilities."""
        from harness.engine.distillation import DistillingRegime

        return DistillingRegime(given["teacher"], self.temperature or 1.0, self.augmentation)

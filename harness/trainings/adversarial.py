"""Adversarial training on examples made freshly at each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from harness.kinds.layer import LayerRecipe
from harness.kinds.recipe import AttackRef
from harness.kinds.registry import training
from harness.trainings.minibatch import MinibatchTraining


@training("adversarial", edition=1)
class AdversarialTraining(MinibatchTraining):
    """Mini-batches beside adversarial examples of them, made at each step for the network as it is then.

    Minimises weight J(x) + (1 - weight) J(x + r) plus the decay, J the mean cross-entropy with the true classes (Goodfellow
    et al. 2015, section 6). With weight 0 and ``pgd`` as the attack it is the saddle point of Madry et al. 2018, eq. 2.1.
    """

    attack: AttackRef
    """The attack that makes x + r of each image x, with its true class; the network computes as in inference for it. It
    must make one example of each image. An image for which none is found gets what the attack ends with."""
    weight: float = Field(0.5, ge=0, le=1)
    """The weight of the clean loss; 1 trains as ``minibatch`` does, 0 on the adversarial examples alone."""
    warm_up: int = Field(0, ge=0, le=100_000)
    """Epochs at the beginning that train as ``minibatch`` does."""

    @property
    def attacked_layers(self) -> tuple[int, ...]:
        """The images."""
        return (0,)

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """As if making an example of one gradient step took twice as long as training on one."""
        return 4.0 * super().cost(layers, images)

    def regime(self, given: Mapping[str, Any]) -> Any:
        """Return steps on mini-batches and fresh examples of them."""
        from harness.engine.adversarial import FreshRegime

        return FreshRegime(given["attack"], self.weight, self.warm_up, self.augmentation)

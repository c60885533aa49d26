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
    """Mini-batches and their adversarial examples, made at each step for the current network.

    Minimises weight J(x) + (1 - weight) J(x + r) plus the decay, J the mean cross-entropy with the true classes (Goodfellow
    et al. 2015, section 6). With weight 0 and ``pgd`` as the attack it is the saddle point of Madry et al. 2018, eq. 2.1.
    """

    attack: AttackRef
    """The attack that makes x + r for each image x, which keeps its true class; for the attack the network is in
    inference mode. It must make one example of each image. If it fails, its last iterate is used."""
    weight: float = Field(0.5, ge=0, le=1)
    """Weight of the clean loss; 1 is the same as ``minibatch``, 0 trains only on adversarial examples."""
    warm_up: int = Field(0, ge=0, le=100_000)
    """Number of first epochs without adversarial examples, as in ``minibatch``."""

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

"""Fine-tuning on adversarial examples of the network as it was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.kinds.layer import LayerRecipe
from harness.kinds.recipe import AttackRef
from harness.kinds.registry import training
from harness.trainings.minibatch import MinibatchTraining


@training("fine-tuning", edition=1)
class FineTuning(MinibatchTraining):
    """Mini-batches of adversarial examples only, made once of all images for the network that is trained further.

    DeepFool's authors did this for a few epochs at a lower learning rate (Moosavi-Dezfooli et al. 2016, section
    4.2). The network is named in ``starts_from``, with ``frozen: false``. The validation images of early stopping
    are clean.
    """

    continues = True

    attack: AttackRef
    """The attack that makes an example of each image, which keeps its true class. If it fails, its last iterate
    is used."""

    @property
    def attacked_layers(self) -> tuple[int, ...]:
        """The images."""
        return (0,)

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """As if making an example took as long as training on twenty."""
        return super().cost(layers, images) * (self.epochs + 20) / self.epochs

    def regime(self, given: Mapping[str, Any]) -> Any:
        """Return steps on examples made before the first."""
        from harness.engine.adversarial import FixedRegime

        return FixedRegime(given["attack"], 0, self.augmentation)

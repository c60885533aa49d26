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
    """Mini-batches of adversarial examples alone, made once of all images for the network that is trained further.

    What DeepFool's authors did for a few passes at a lower rate (Moosavi-Dezfooli et al. 2016, section 4.2); the network is
    named in ``starts_from``, with ``frozen: false``. Images that early stopping holds out are clean.
    """

    continues = True

    attack: AttackRef
    """The attack that makes an example of each image, with its true class. An image for which none is found gets what the
    attack ends with."""

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

"""Examples crafted on a network while it trains: of images, or of a hidden layer's outputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.engine.activations import scaled_outputs
from harness.engine.stepper import Stepper
from harness.engine.victim import NetworkVictim
from harness.errors import Infeasible
from harness.examples import Examples
from harness.kinds.ready import ReadyAttack
from harness.kinds.training import Untrained
from harness.streams import Streams


class Crafter:
    """Runs an attack on the network as it is now, and counts what it finds.

    Attributes:
        attack: the attack.
        crafted: examples made so far.
        found: those of them that met their criterion.
    """

    def __init__(self, attack: ReadyAttack) -> None:
        self.attack, self.crafted, self.found = attack, 0, 0

    def craft(
        self, network: Untrained, stepper: Stepper, layer: int, clean: Examples, streams: Streams
    ) -> NDArray[np.float32]:
        """Return an example of each image, in the shape of the layer's outputs; layer 0 stands for the images.

        An image for which none was found gets what the attack ends with.

        Args:
            network: its architecture.
            stepper: holds its weights as they are now. Layers compute as in inference.
            layer: the layer whose outputs are attacked.
            clean: the images and their true labels.
            streams: what the attack draws from.
        """
        victim = NetworkVictim(network.architecture, stepper.weights())
        if layer == 0:
            if clean.images.min() < 0 or clean.images.max() > 1:
                raise Infeasible(
                    "the training cannot attack its images: attacks keep pixels in [0, 1], and these go from "
                    f"{clean.images.min():.3g} to {clean.images.max():.3g}; attack the outputs of a layer above instead"
                )
            return self._counted(self.attack(victim, clean, streams))
        scaled = scaled_outputs(victim, layer, clean)
        made = scaled.restored(self._counted(self.attack(scaled.victim, scaled.examples, streams)))
        return made.reshape(len(made), *network.architecture.outputs[layer])

    def _counted(self, made: Examples) -> NDArray[np.float32]:
        self.crafted += len(made)
        self.found += int(np.count_nonzero(np.asarray(made.found)))
        return made.images

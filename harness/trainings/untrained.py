"""No training: a network with the weights it would start from."""

from __future__ import annotations

from collections.abc import Sequence

from harness.examples import Examples, Journal, Trained, Watch
from harness.kinds.layer import LayerRecipe
from harness.kinds.registry import training
from harness.kinds.training import TrainingRecipe, Untrained
from harness.streams import Streams


@training("untrained", edition=1)
class NoTraining(TrainingRecipe):
    """The initial weights, without training: a control (baseline)."""

    @property
    def random(self) -> bool:
        """Nothing is drawn but the initial weights, which the network draws."""
        return False

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """Drawing weights takes almost no time."""
        return 0.5

    def train(
        self, network: Untrained, examples: Examples, streams: Streams, watch: Watch, journal: Journal
    ) -> Trained:
        """Return the initial weights; there is no rule to stop by, so training counts as settled."""
        return Trained(dict(network.start), True, {"stopped_because": "nothing is trained"})

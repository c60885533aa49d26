"""Filters learnt without labels, stage by stage, by reconstruction independent component analysis."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from harness.examples import Examples, Journal, Trained, Watch
from harness.kinds.layer import LayerRecipe
from harness.kinds.registry import training
from harness.kinds.training import TrainingRecipe, Untrained
from harness.streams import Streams


@training("reconstruction-ica", edition=1)
class ReconstructionICA(TrainingRecipe):
    """One layer of filters after the other learns to reconstruct its input, with a sparsity penalty on pooled activations.

    Minimises the mean over images of |Wᵀ W x - x|² plus ``sparsity`` times the sum of the next layer's outputs
    (such as ``l2_pooling2d``), with the filters' outputs W x as its input (Le et al. 2011, equation 2; Le et al. 2012, section 3, whose
    decoder has separate weights), with Adam (Kingma and Ba 2015) and a cosine learning-rate schedule down to zero
    in each stage. Labels are not used. Filters are linear layers without biases: ``locally_connected2d``, ``conv2d`` or ``dense``.
    """

    classifies = False

    sparsity: float = Field(0.1, ge=0, le=1e6)
    """Weight of the sum of the pooled activations (Le et al. 2012: 0.1)."""
    epochs: int = Field(10, ge=1, le=100_000)
    """Number of epochs for each stage."""
    batch_size: int = Field(100, ge=1, le=1_000_000)
    """Images in a mini-batch; an incomplete last mini-batch is dropped."""
    learning_rate: float = Field(1e-3, gt=0, le=1)
    """Adam's first learning rate, in each stage."""
    settled_within: float = Field(2e-2, ge=0)
    """Training counts as converged if the last tenth of every stage changed its loss by less than this fraction."""

    def refuses(self, layers: Sequence[LayerRecipe]) -> str:
        """Refuse layers with weights that are not linear, have biases, or are not followed by one without weights."""
        stages = self.stages(layers)
        if not stages:
            return "trains filters, but no layer has weights; write layers such as locally_connected2d and l2_pooling2d"
        for number in stages:
            each, after = layers[number - 1], layers[number : number + 1]
            if not each.affine or getattr(each, "use_bias", False):
                return (
                    f"trains linear filters without biases; write use_bias: false and no activation in layer {number}"
                )
            if not after or number + 1 in stages:
                return f"needs a layer without weights, such as l2_pooling2d, after the filters of layer {number}"
        return ""

    @staticmethod
    def stages(layers: Sequence[LayerRecipe]) -> tuple[int, ...]:
        """Return the layers that have weights, counted from 1."""
        return tuple(number for number, each in enumerate(layers, 1) if hasattr(each, "kernel_initializer"))

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """A rough cost on two cores: a pass of a stage of half a million weights over 7,000 images takes four seconds."""
        return 5.0 + 6e-4 * images * self.epochs * len(self.stages(layers))

    def train(
        self, network: Untrained, examples: Examples, streams: Streams, watch: Watch, journal: Journal
    ) -> Trained:
        """Train every stage; progress and journal go pass by pass."""
        from harness.engine import reconstruction_ica

        schedule = reconstruction_ica.StageSchedule(
            self.sparsity, self.epochs, self.batch_size, self.learning_rate, self.settled_within
        )
        stages = self.stages(network.architecture.layers)
        return reconstruction_ica.train(network, stages, examples, schedule, streams, watch, journal)

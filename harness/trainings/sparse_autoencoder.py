"""Layers that learn to rebuild their images while few units are active."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from harness.examples import Examples, Journal, Trained, Watch
from harness.kinds.full_batch import FullBatch
from harness.kinds.layer import LayerRecipe
from harness.kinds.recipe import unused
from harness.kinds.registry import training
from harness.kinds.training import TrainingRecipe, Untrained
from harness.streams import Streams


@training("sparse-autoencoder", edition=1)
class SparseAutoencoding(TrainingRecipe):
    """One dense layer of sigmoid units, trained with a decoder that reconstructs the images; its weights are kept too.

    Minimises the mean over images of half the squared error, plus ``decay`` times the sum of the squared connection
    weights, plus ``sparsity_weight`` times the sum over units of KL(``sparsity`` || mean activation) (Ng 2011, CS294A
    lecture notes, section 3), on mini-batches with Adam (Kingma and Ba 2015) or on the full batch with L-BFGS.
    Labels are not used.
    """

    classifies = False

    sparsity: float = Field(0.1, gt=0, lt=1)
    """Target mean activation of every hidden unit."""
    sparsity_weight: float = Field(3.0, ge=0)
    """Weight of the sparsity penalty, the sum of the units' KL divergences from the target."""
    decay: float = Field(1.5e-3, ge=0)
    """Weight decay: factor of the sum of the squared weights."""
    epochs: int = Field(100, ge=1, le=100_000)
    """Number of epochs; the learning rate decreases to zero."""
    batch_size: int = Field(500, ge=1)
    """Images in a mini-batch; the mean activations are over a mini-batch."""
    learning_rate: float = Field(3e-3, gt=0, le=1)
    """Adam's first learning rate."""
    settled_within: float = Field(1e-2, ge=0)
    """Training counts as converged if its last tenth changed the loss by less than this fraction; even with a
    learning rate of zero, mini-batches change it by about 0.1 %."""
    tied: Literal[True] | None = Field(None, exclude_if=unused)
    """true ties the weights: the decoder's kernel is the encoder's, transposed; null gives it a separate kernel."""
    lbfgs: FullBatch | None = Field(None, exclude_if=unused)
    """Full-batch L-BFGS with its iterations and stopping criteria, instead of Adam: ``epochs``, ``batch_size``
    and ``learning_rate`` are then not used. null trains with Adam on mini-batches."""

    def refuses(self, layers: Sequence[LayerRecipe]) -> str:
        """Refuse all but one dense layer of sigmoid units."""
        single = len(layers) == 1 and getattr(layers[0], "activation", "") == "sigmoid" and hasattr(layers[0], "units")
        return (
            ""
            if single
            else "trains one dense layer of sigmoid units; write layers: [dense: {units: …, activation: sigmoid}]"
        )

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """A rough cost on two cores with images of 784 pixels: an iteration of L-BFGS takes as long as two passes."""
        passes = self.epochs if self.lbfgs is None else 2 * self.lbfgs.iterations
        return 5.0 + passes * 5e-8 * images * sum(getattr(layer, "units", 0) for layer in layers)

    def train(
        self, network: Untrained, examples: Examples, streams: Streams, watch: Watch, journal: Journal
    ) -> Trained:
        """Train encoder and decoder; the weights of both are returned, ``layer-1/…`` and ``layer-2/…``."""
        from harness.engine import autoencoder
        from harness.engine.autoencoder_fit import train_full_batch
        from harness.engine.fit import StoppingRule

        sparsity = autoencoder.Sparsity(self.sparsity, self.sparsity_weight, self.decay)
        both = autoencoder.start_of(network, streams, tied=bool(self.tied))
        if self.lbfgs is not None:
            limits = self.lbfgs
            rule = StoppingRule(limits.iterations, limits.gtol, limits.ftol, self.settled_within, limits.memory)
            return train_full_batch(both, examples, sparsity, rule, watch, journal)
        schedule = autoencoder.AutoencoderSchedule(
            self.epochs, self.batch_size, self.learning_rate, self.settled_within, network.replica
        )
        return autoencoder.train(both, examples, sparsity, schedule, streams, watch, journal)

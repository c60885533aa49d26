"""Sparse autoencoders, whose hidden units serve other models as features."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from harness.examples import Examples, Journal, Trained, Victim, Watch
from harness.spec.recipe import ModelRecipe
from harness.spec.registry import model
from harness.streams import Streams


@model("sparse-autoencoder", edition=1)
class SparseAutoencoder(ModelRecipe):
    """One hidden layer of sigmoid units that rebuilds its images while few units are active at a time.

    Minimises the mean over images of half the squared error, plus ``decay`` times the sum of the squared connection
    weights, plus ``sparsity_weight`` times the sum over hidden units of KL(``sparsity`` || mean activation) (Ng 2011,
    CS294A lecture notes, section 3), on mini-batches with Adam (Kingma and Ba 2015). As a model its answer to an image
    is the activations of its hidden units.
    """

    units: int = Field(400, ge=1, le=100_000)
    """Hidden units."""
    sparsity: float = Field(0.1, gt=0, lt=1)
    """The mean activation wanted of every hidden unit."""
    sparsity_weight: float = Field(3.0, ge=0)
    """What the sum of the units' divergences from it is multiplied with."""
    decay: float = Field(1.5e-3, ge=0)
    """What the sum of the squared connection weights is multiplied with."""
    epochs: int = Field(100, ge=1, le=100_000)
    """Passes over the images; training ends with the last, the learning rate having fallen to zero."""
    batch: int = Field(500, ge=1)
    """Images in a mini-batch, over which the mean activations are taken."""
    rate: float = Field(3e-3, gt=0, le=1)
    """Adam's first learning rate."""
    replica: int = Field(0, ge=0)
    """Which draw of the initial weights and shuffles: entries that differ in this alone are the same network trained
    twice."""
    settled_within: float = Field(1e-2, ge=0)
    """Training counts as settled if its last tenth moved the loss by less than this fraction; with the rate at zero,
    mini-batches still move it by a thousandth."""

    @property
    def seconds(self) -> float:
        """A rough cost on two cores with 60,000 images of 784 pixels."""
        return 5.0 + self.epochs * 0.003 * self.units

    def train(self, *, train_on: Examples, streams: Streams, watch: Watch, journal: Journal, **inputs: Any) -> Trained:
        """Train on the split's images; encoder ``layer-1/…`` and decoder ``layer-2/…``, kernels and biases, float32."""
        from harness.engine import autoencoder
        from harness.engine.initial import initial_weights

        architecture = autoencoder.autoencoder(train_on.images.shape[1:], self.units)
        trained = autoencoder.train(
            initial_weights(architecture, streams.rng("weights", self.replica)),
            train_on,
            autoencoder.Sparsity(self.sparsity, self.sparsity_weight, self.decay),
            autoencoder.Schedule(self.epochs, self.batch, self.rate, self.settled_within, self.replica),
            streams,
            watch,
            journal,
        )
        facts = {**trained.facts, "image_shape": list(train_on.images.shape[1:])}
        return Trained(trained.weights, trained.settled, facts)

    def victim(self, trained: Trained, **inputs: Any) -> Victim:
        """Rebuild the encoder: its logits are the hidden units' activations, in (0, 1)."""
        from harness.layers.dense import Dense
        from harness.engine.victim import Architecture, Network

        encoder = Architecture(tuple(trained.facts["image_shape"]), (Dense(units=self.units, activation="sigmoid"),))
        return Network(encoder, {name: trained.weights[name] for name in encoder.shapes})

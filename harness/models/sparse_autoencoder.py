"""Sparse autoencoders, whose hidden units serve other models as features."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.kinds.full_batch import FullBatch
from harness.kinds.recipe import unused
from harness.kinds.registry import model
from harness.kinds.shorthand import Shorthand
from harness.models.network import NetworkModel


@model("sparse-autoencoder", edition=1)
class SparseAutoencoder(Shorthand):
    """One hidden layer of sigmoid units that reconstructs its images, with a sparsity penalty (Ng 2011).

    Short for a ``network`` of one ``dense`` layer with ``training: {kind: sparse-autoencoder}``, which documents
    the objective. Its outputs are the activations of its hidden units.
    """

    units: int = Field(400, ge=1, le=100_000)
    """Number of hidden units."""
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
    replica: int = Field(0, ge=0)
    """Number of the random initialisation and shuffling: entries that differ only in this are the same network
    trained twice."""
    settled_within: float = Field(1e-2, ge=0)
    """Training counts as converged if its last tenth changed the loss by less than this fraction; even with a
    learning rate of zero, mini-batches change it by about 0.1 %."""
    tied: Literal[True] | None = Field(None, exclude_if=unused)
    """true ties the weights: the decoder's kernel is the encoder's, transposed; null gives it a separate kernel."""
    lbfgs: FullBatch | None = Field(None, exclude_if=unused)
    """Full-batch L-BFGS with its iterations and stopping criteria, instead of Adam: ``epochs``, ``batch_size``
    and ``learning_rate`` are then not used. null trains with Adam on mini-batches."""

    def expanded(self) -> NetworkModel:
        """Return the network of one dense layer."""
        own = set(type(self).model_fields) - {"train_on", "units", "replica"}
        return NetworkModel.model_validate(
            {
                "train_on": self.train_on,
                "layers": ({"dense": {"units": self.units, "activation": "sigmoid"}},),
                "training": {"kind": "sparse-autoencoder", **self.model_dump(mode="json", include=own)},
                "replica": self.replica,
            }
        )

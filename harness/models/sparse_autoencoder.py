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
    """One hidden layer of sigmoid units that rebuilds its images while few units are active at a time (Ng 2011).

    A shorthand for a ``network`` of one ``dense`` layer with ``training: {kind: sparse-autoencoder}``, which documents
    the objective. Its outputs are the activations of its hidden units.
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
    batch_size: int = Field(500, ge=1)
    """Images in a mini-batch, over which the mean activations are taken."""
    learning_rate: float = Field(3e-3, gt=0, le=1)
    """Adam's first learning rate."""
    replica: int = Field(0, ge=0)
    """Which draw of the initial weights and shuffles: entries that differ in this alone are the same network trained
    twice."""
    settled_within: float = Field(1e-2, ge=0)
    """Training counts as settled if its last tenth moved the loss by less than this fraction; with the rate at zero,
    mini-batches still move it by a thousandth."""
    tied: Literal[True] | None = Field(None, exclude_if=unused)
    """true makes the decoder's kernel the encoder's, transposed; null gives it a kernel of its own."""
    lbfgs: FullBatch | None = Field(None, exclude_if=unused)
    """L-BFGS on all images at once, with its iterations and when it ends, in place of Adam: ``epochs``, ``batch_size`` and
    ``learning_rate`` then say nothing. null trains with Adam on mini-batches."""

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

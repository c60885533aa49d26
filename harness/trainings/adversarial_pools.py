"""Adversarial training on pools of examples that are continually renewed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from harness.kinds.layer import LayerRecipe
from harness.kinds.recipe import AttackRef
from harness.kinds.registry import training
from harness.trainings.minibatch import MinibatchTraining

LayerNumber = Annotated[int, Field(ge=0, le=1000)]


@training("adversarial-pools", edition=1)
class AdversarialPools(MinibatchTraining):
    """Mini-batches beside pools of adversarial examples, a random part of which is continually replaced.

    One pool for each layer named (Szegedy et al. 2014, section 4.2): of the images, or of a hidden layer's outputs, whose
    examples train all layers above it. At each step the mini-batch is joined by as many examples from each pool; minimised is
    the mean of all these losses, those of the pools times ``weight``, plus the decay. An example keeps the true class of
    the image it was made of.
    """

    attack: AttackRef
    """The attack that makes the examples, one of each image, for the network as it is then, which computes as in
    inference for it. The outputs of a hidden layer are scaled to [0, 1] for it, and so are its distances: from the range of
    the layer's activation function where that is bounded, elsewhere from the outputs of the images attacked together."""
    pools: tuple[LayerNumber, ...] = Field((0,), min_length=1, max_length=100)
    """Where a pool is kept: 0 for the images, k for the outputs of the network's k-th layer. Name the layer whose activation
    function bounds the outputs, rather than one after it."""
    weight: float = Field(1.0, ge=0, le=1000)
    """What the loss on each pool is multiplied with, against 1 for the clean loss; 0 trains as ``minibatch`` does."""
    pool_size: int = Field(6000, ge=1, le=10_000_000)
    """Examples in each pool; at most one for each image."""
    replaced: float = Field(0.1, gt=0, le=1)
    """The share of each pool that is replaced at a time, by examples of images drawn at random."""
    every: int = Field(100, ge=1, le=1_000_000)
    """Steps from one replacement to the next."""
    warm_up: int = Field(0, ge=0, le=100_000)
    """Epochs at the beginning that train as ``minibatch`` does; the pools are filled after them."""

    @model_validator(mode="after")
    def _one_pool_a_layer(self) -> Self:
        if len(set(self.pools)) < len(self.pools):
            raise ValueError("pools: expected each layer once; found one twice")
        return self

    @property
    def attacked_layers(self) -> tuple[int, ...]:
        """Those that have a pool."""
        return self.pools

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """As if making an example took as long as training on twenty."""
        steps = self.epochs * images / self.batch_size
        made = len(self.pools) * self.replaced * self.pool_size * steps / self.every
        trained = self.epochs * images * (1 + len(self.pools))
        return super().cost(layers, images) * (trained + 20 * made) / (self.epochs * images)

    def regime(self, given: Mapping[str, Any]) -> Any:
        """Return steps on mini-batches and draws from the pools."""
        from harness.engine.adversarial import PooledRegime, PoolSettings

        settings = PoolSettings(self.pools, self.weight, self.pool_size, self.replaced, self.every, self.warm_up)
        return PooledRegime(given["attack"], settings, self.augmentation)

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
    """Mini-batches and pools of adversarial examples, of which a random part is continually replaced.

    One pool for each layer named (Szegedy et al. 2014, section 4.2): of the images, or of a hidden layer's outputs, whose
    examples train all layers above it. Each step uses the mini-batch and as many examples from each pool. It
    minimises the mean of all these losses, those of the pools times ``weight``, plus the weight decay. An example
    keeps the true class of its original image.
    """

    attack: AttackRef
    """The attack that makes the examples, one of each image, for the current network in inference mode. The
    outputs of a hidden layer are scaled to [0, 1] for the attack, and so are its distances: by the range of the
    layer's activation function if it is bounded, else by the range of the outputs of the images that are attacked
    together."""
    pools: tuple[LayerNumber, ...] = Field((0,), min_length=1, max_length=100)
    """Layers with a pool: 0 for the images, k for the outputs of the network's k-th layer. Choose the layer whose
    activation function bounds the outputs, rather than one after it."""
    weight: float = Field(1.0, ge=0, le=1000)
    """Weight of the loss on each pool, relative to 1 for the clean loss; 0 is the same as ``minibatch``."""
    pool_size: int = Field(6000, ge=1, le=10_000_000)
    """Number of examples in each pool; at most one for each image."""
    replaced: float = Field(0.1, gt=0, le=1)
    """Fraction of each pool that is replaced at a time, by examples of random images."""
    every: int = Field(100, ge=1, le=1_000_000)
    """Number of steps between replacements."""
    warm_up: int = Field(0, ge=0, le=100_000)
    """Number of first epochs without pools, as in ``minibatch``; the pools are filled afterwards."""

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

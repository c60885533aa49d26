"""Base of noise: numbers drawn independently for every pixel, added to an image, independent of the model."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from harness.errors import ContractError, Invalid
from harness.examples import Examples, Victim, Watch
from harness.kinds.attack import AttackRecipe
from harness.kinds.recipe import AttackRef
from harness.streams import Streams


class NoiseAttack(AttackRecipe):
    """Noise of a given size. Authors write ``draw`` and the field that gives the size. Exactly one of it and ``like`` is given."""

    sized_by: ClassVar[str] = "epsilon"
    """The field that gives the size: what the numbers drawn are multiplied by, null where ``like`` gives it."""
    unit_rms: ClassVar[float] = 1.0
    """The root of the mean square of the numbers drawn."""

    like: AttackRef | None = None
    """The noise has the mean distortion of this attack on the same model and images."""
    clip: bool = False
    """Whether pixels are clipped to [0, 1]; the paper does not say."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self._given is None) == (self.like is None):
            raise ValueError(f"give exactly one of {self.sized_by} and like")
        return self

    @abstractmethod
    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.floating[Any]]:
        """Return independent numbers of this shape for one image, of mean 0 and root mean square ``unit_rms``."""

    @property
    def stays_in_box(self) -> bool:
        """Whether noisy images are clipped to [0, 1]."""
        return self.clip

    @property
    def sets_distortion(self) -> bool:
        """Whether the distortion is a field: not exactly if noise is clipped."""
        return self._given is not None and not self.clip

    @property
    def control(self) -> bool:
        """Noise does not look at the model."""
        return True

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images, on two cores."""
        return 0.03

    @property
    def _given(self) -> float | None:
        return getattr(self, self.sized_by)  # type: ignore[no-any-return]

    def run(
        self,
        victim: Victim,
        clean: Examples,
        streams: Streams,
        watch: Watch,
        *,
        like: Examples | None = None,
        **inputs: Any,
    ) -> Examples:
        """Return every image with noise of its own stream; found where the model then misclassifies it."""
        size = self._size(like)
        shape = clean.images.shape[1:]
        drawn = [self.draw(rng, shape).astype(np.float32) for rng in streams.per_image("noise", clean.index)]
        images = clean.images + np.float32(size) * np.stack(drawn)
        if self.clip:
            images = np.clip(images, 0.0, 1.0)
        found = victim.predict(images) != clean.labels
        return clean.crafted(images, found)

    def _size(self, like: Examples | None) -> float:
        """Return the size: the one given, or that of the mean distortion of the other attack's successes."""
        if self._given is not None:
            return self._given
        if like is None or like.found is None or like.distortion is None:
            raise ContractError(f"{self.kind}: expected the examples of the attack {self.like!r}")
        if not like.found.any():
            raise Invalid(
                f"{self.kind}: the attack {self.like!r} found no example, so there is no mean distortion for {self.sized_by}"
            )
        return float(like.distortion[like.found].mean()) / self.unit_rms

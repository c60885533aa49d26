"""Base of shorthands: models that expand into a longer model, whose content key they have."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.examples import Trained, Victim
from harness.kinds.model import ModelRecipe

if TYPE_CHECKING:
    from harness.kinds.layer import LayerRecipe


class Shorthand(ModelRecipe):
    """A shorthand for a model. Authors write ``expanded``; loading a pack replaces the shorthand by it."""

    @abstractmethod
    def expanded(self) -> ModelRecipe:
        """Return the model in full."""

    @property
    def random(self) -> bool:
        """Whether the model in full draws random numbers."""
        return self.expanded().random

    @property
    def runs_until_fitted(self) -> bool:
        """Whether the model in full trains until it fits its images."""
        return self.expanded().runs_until_fitted

    @property
    def loads_weights(self) -> bool:
        """Whether the weights of the model in full are loaded."""
        return self.expanded().loads_weights

    @property
    def linear(self) -> bool:
        """Whether the model in full is linear."""
        return self.expanded().linear

    @property
    def seconds(self) -> float:
        """A rough cost of the model in full, in seconds."""
        return self.expanded().seconds

    def passed(self, others: Mapping[str, tuple[LayerRecipe, ...]]) -> tuple[LayerRecipe, ...]:
        """Return the layers of the model in full."""
        return self.expanded().passed(others)

    def fingerprint(self) -> str:
        """Return the fingerprint of the model in full: both ways of writing it have one key."""
        return self.expanded().fingerprint()

    def misfits(
        self, shape: tuple[int, int, int] | None, classes: int | None
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield the misfits of the model in full, each at the entry as a whole: the entry has other fields."""
        yield from (((), message) for _, message in self.expanded().misfits(shape, classes))

    def train(self, **inputs: Any) -> Trained:
        """Train the model in full."""
        return self.expanded().train(**inputs)

    def victim(self, trained: Trained, **inputs: Any) -> Victim:
        """Rebuild the model in full."""
        return self.expanded().victim(trained, **inputs)

"""Base of models that stand for a longer one; the content key is that of the longer one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from harness.examples import Trained, Victim
from harness.kinds.model import ModelRecipe


class Shorthand(ModelRecipe):
    """A model written shorter. Authors write ``expanded``; loading a pack puts that in its place."""

    @abstractmethod
    def expanded(self) -> ModelRecipe:
        """Return the model in full."""

    @property
    def random(self) -> bool:
        """As of the model in full."""
        return self.expanded().random

    @property
    def runs_until_fitted(self) -> bool:
        """As of the model in full."""
        return self.expanded().runs_until_fitted

    @property
    def linear(self) -> bool:
        """As of the model in full."""
        return self.expanded().linear

    @property
    def seconds(self) -> float:
        """As of the model in full."""
        return self.expanded().seconds

    def fingerprint(self) -> str:
        """Return that of the model in full: both ways of writing have one key."""
        return self.expanded().fingerprint()

    def misfits(
        self, shape: tuple[int, int, int] | None, classes: int | None
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield what does not fit, at the entry as a whole: its fields are not those of the model in full."""
        yield from (((), message) for _, message in self.expanded().misfits(shape, classes))

    def train(self, **inputs: Any) -> Trained:
        """Train the model in full."""
        return self.expanded().train(**inputs)

    def victim(self, trained: Trained, **inputs: Any) -> Victim:
        """Rebuild the model in full."""
        return self.expanded().victim(trained, **inputs)

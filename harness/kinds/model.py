"""Base of models: trained on a split, and rebuilt from the weights as a victim."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ContractError
from harness.examples import Examples, Journal, Trained, Unkept, Victim, Watch, read_only_copies, unwatched
from harness.kinds.contract import check_shape, check_trained, check_victim
from harness.kinds.recipe import Recipe, SplitRef
from harness.streams import Streams

if TYPE_CHECKING:
    from harness.kinds.attack import AttackRecipe
    from harness.kinds.layer import LayerRecipe


class ModelRecipe(Recipe):
    """A model and how it is trained. Authors write ``train`` and ``victim``."""

    group = "models"

    train_on: SplitRef
    """The split the model is trained on, as data-set/split."""

    @property
    def linear(self) -> bool:
        """Whether the logits are a linear function of the pixels and a constant, whatever the weights."""
        return False

    def passed(self, others: Mapping[str, tuple[LayerRecipe, ...]]) -> tuple[LayerRecipe, ...]:
        """Return the layers that an image passes, for the plan; none where the kind has no layers.

        Args:
            others: the same of each model that the recipe names, by role.
        """
        return ()

    def misfits(
        self, shape: tuple[int, int, int] | None, classes: int | None
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield each field that does not fit data of this image shape and number of classes: its path, and why.

        Shape and number are None where they are not known before the data are loaded.
        """
        return iter(())

    def unsuited(
        self, attacks: Mapping[tuple[str | int, ...], AttackRecipe]
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield each field that names an attack it cannot run while it trains: its path, and why.

        Args:
            attacks: path of the field, as ``("training", "attack")`` -> the attack it names.
        """
        return iter(())

    @property
    def runs_until_fitted(self) -> bool:
        """Whether it trains until it fits its images: no error on these images is then true by construction."""
        return False

    @property
    def loads_weights(self) -> bool:
        """Whether all its weights were made elsewhere and are loaded, so that nothing is trained here."""
        return False

    @abstractmethod
    def train(self, *, train_on: Examples, streams: Streams, watch: Watch, journal: Journal, **inputs: Any) -> Trained:
        """Train on a split and return the weights; draw every random number from ``streams``.

        A long training may write checkpoints to ``journal`` to go on after it was killed; without them it begins anew.
        Among the inputs are ``folders``, folders to look for files in.
        """

    @abstractmethod
    def victim(self, trained: Trained, **inputs: Any) -> Victim:
        """Rebuild the trained model from this recipe and its weights."""

    def __call__(
        self,
        *,
        train_on: Examples,
        streams: Streams,
        watch: Watch = unwatched,
        journal: Journal | None = None,
        folders: tuple[Path, ...] = (),
        **inputs: Any,
    ) -> Trained:
        """Train and check that there is something to train on, and that every weight is finite.

        ``folders`` are folders to look for files in, in order.
        """
        if not len(train_on):
            raise ContractError(f"{self.kind}: no image to train on")
        for given in inputs.values():
            if hasattr(given, "image_shape"):
                check_shape(given, train_on, f"{self.kind}: {self.train_on}")
        trained = self.train(
            train_on=train_on.read_only(),
            streams=streams,
            watch=watch,
            journal=journal or Unkept(),
            folders=folders,
            **inputs,
        )
        check_trained(trained, self.kind)
        return trained

    def rebuilt(self, trained: Trained, **inputs: Any) -> Victim:
        """Rebuild the trained model, and check that it is a Victim; no attack can write its weights."""
        victim = self.victim(replace(trained, weights=read_only_copies(trained.weights)), **inputs)
        check_victim(victim, self.kind)
        return victim

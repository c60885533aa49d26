"""Base of trainings: how a network's weights are found from images."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from numpy.typing import NDArray

from harness.examples import Examples, Journal, Trained, Watch
from harness.kinds.layer import LayerRecipe
from harness.kinds.probability import Probability
from harness.kinds.recipe import Recipe
from harness.streams import Streams


@runtime_checkable
class Untrained(Protocol):
    """A network before its training."""

    @property
    def architecture(self) -> Any:
        """What it computes (``engine.victim.Architecture``)."""

    @property
    def start(self) -> Mapping[str, NDArray[Any]]:
        """The weights it starts from, float32, by name."""

    @property
    def frozen(self) -> frozenset[str]:
        """Names of the weights that stay as they are."""

    @property
    def replica(self) -> int:
        """Number of the replica: entries that differ in it alone draw other random numbers."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders to look for files in, in order."""


class TrainingRecipe(Recipe):
    """How a network is trained. Authors write ``train``."""

    group = "trainings"
    written_as: ClassVar[str] = "a training, as {kind: …, and the kind's fields}"

    until_fitted: ClassVar[bool] = False
    """Whether it trains until the network fits its images: no error on these images is then true by construction."""
    loads_weights: ClassVar[bool] = False
    """Whether it trains nothing and takes weights made elsewhere: what is measured then is no result of a training here."""
    continues: ClassVar[bool] = False
    """Whether it trains a network further, from the weights another model was trained to."""
    classifies: ClassVar[bool] = True
    """Whether the last layer has one output for each class; false where the training ignores labels."""
    uses_start: ClassVar[bool] = True
    """Whether the result depends on the initial weights; if not, the network is random only if the training is."""

    @property
    def read_as(self) -> Probability:
        """What probabilities the network's logits are read as, which decides its loss."""
        return "softmax"

    @property
    def attacked_layers(self) -> tuple[int, ...]:
        """The layers on whose outputs it runs an attack, counted from 1; 0 stands for the images."""
        return ()

    def refuses(self, layers: Sequence[LayerRecipe]) -> str:
        """Say why networks of these layers cannot be trained like this; empty where they can."""
        return ""

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """Return rough seconds on two cores, for the plan."""
        return 60.0

    def beforehand(self, folders: tuple[Path, ...]) -> None:
        """Raise a NotRun where it cannot be done with what the folders hold, before images are loaded for it."""

    @abstractmethod
    def train(
        self, network: Untrained, examples: Examples, streams: Streams, watch: Watch, journal: Journal
    ) -> Trained:
        """Return the trained weights, with the names and shapes of the initial ones; there may be more.

        What more there is, such as a decoder's weights, a network keeps ``beside`` for metrics.

        What a field refers to arrives as a keyword argument named after the field, an attack as a ``ReadyAttack``.
        Draw every random number from ``streams``. A long training may write checkpoints to ``journal``, from which it
        goes on to the same bits after it was killed; without them it begins anew.
        """

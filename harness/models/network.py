"""Networks: layers and a training, each as Keras has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.errors import ContractError, Infeasible
from harness.examples import Examples, Journal, Trained, Victim, Watch
from harness.kinds.along import count
from harness.kinds.attack import AttackRecipe
from harness.kinds.contract import shape_text
from harness.kinds.layer import LayerRecipe, Shape
from harness.kinds.model import ModelRecipe
from harness.kinds.nested import Layers, Training
from harness.kinds.ready import SEVERAL, ReadyAttack
from harness.kinds.recipe import ModelRef
from harness.kinds.registry import model
from harness.kinds.training import TrainingRecipe
from harness.streams import Streams

if TYPE_CHECKING:
    from harness.engine.victim import Architecture, NetworkVictim


SOME_CLASSES = 3
"""Classes enough to tell whether an attack tries every wrong one."""


@dataclass(frozen=True, eq=False)
class NetworkToTrain:
    """A network before its training (``kinds.training.Untrained``)."""

    architecture: Architecture
    start: Mapping[str, NDArray[Any]]
    replica: int
    frozen: frozenset[str] = frozenset()
    folders: tuple[Path, ...] = ()


@model("network", edition=1)
class NetworkModel(ModelRecipe):
    """Any network of Keras' layers, trained by any of the trainings.

    Layers are written as ``kind: {arguments}`` with Keras' names; the last one's outputs are the logits, one for each
    class.
    """

    starts_from: ModelRef | None = None
    """A model whose trained layers come first. Null for none."""
    frozen: bool = True
    """Whether those weights are frozen; otherwise they are trained further."""
    layers: Layers = ()
    """The layers, first to last; with ``starts_from`` those after that model's layers."""
    training: Training
    """How the network is trained."""
    replica: int = Field(0, ge=0)
    """Number of the random draw: entries that differ only in this are the same network trained twice."""

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        if not self.layers and (self.starts_from is None or self.frozen):
            raise ValueError("layers: expected at least one layer; found none")
        if self.training.continues and (self.starts_from is None or self.frozen):
            raise ValueError(
                f"training: {self.training.kind} continues the training of another model: name it in starts_from, with frozen: false"
            )
        if self.starts_from is None and (why := self.training.refuses(self._all_layers)):
            raise ValueError(f"training: {self.training.kind} {why}")
        if (self.starts_from is None or self.frozen) and (why := _beyond(self.training, len(self.layers))):
            raise ValueError(f"training: {why}")
        return self

    @property
    def random(self) -> bool:
        """Whether anything is random: kernels that are drawn, or the training."""
        if not self.training.uses_start:
            return self.training.random
        kernels = (getattr(layer, "kernel_initializer", "zeros") for layer in self._all_layers)
        return self.training.random or any(initializer != "zeros" for initializer in kernels)

    @property
    def seconds(self) -> float:
        """A rough cost on two cores with 60,000 images."""
        return self.training.cost(self._all_layers, 60_000)

    @property
    def runs_until_fitted(self) -> bool:
        """Whether its training does so."""
        return self.training.until_fitted

    @property
    def loads_weights(self) -> bool:
        """Whether its training loads them, and no layers of a model trained here come first."""
        return self.training.loads_weights and (self.starts_from is None or not self.frozen)

    @property
    def linear(self) -> bool:
        """Whether every layer is linear and no model comes before them."""
        return self.starts_from is None and all(layer.affine for layer in self.layers)

    @property
    def _all_layers(self) -> tuple[LayerRecipe, ...]:
        """Its own layers and those within them."""
        return tuple(each for each in self.nested() if isinstance(each, LayerRecipe))

    def passed(self, others: Mapping[str, tuple[LayerRecipe, ...]]) -> tuple[LayerRecipe, ...]:
        """Return its layers after those of the model it starts from."""
        return (*others.get("starts_from", ()), *self.layers)

    def misfits(self, shape: Shape | None, classes: int | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield where layers do not fit one another or the data, and why: the path of the field, and the sentence.

        Args:
            shape: of one image; None where it is not known before the data are loaded.
            classes: of the data set; None where not known.
        """
        if self.starts_from is not None:
            shape = None  # the outputs of that model are known once it is trained
        for number, layer in enumerate(self.layers):
            try:
                shape = _output(layer, shape)
            except ValueError as error:
                yield ("layers", number), str(error)
                return
        if self.training.classifies and None not in (shape, classes) and shape != (classes,):
            yield (
                ("layers", len(self.layers) - 1),
                f"gives {shape_text(shape or ())} outputs as the last layer, but the data have {classes} classes",
            )

    def unsuited(
        self, attacks: Mapping[tuple[str | int, ...], AttackRecipe]
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield the attacks that cannot be made for the layers above one that its training attacks."""
        for path, attack in attacks.items():
            if not attack.references() and attack.tries(SOME_CLASSES) != 1:
                yield path, SEVERAL
            for layer in self.training.attacked_layers:
                if not attack.applies_to(self._above(layer)):
                    where = f"the layers above layer {layer}" if layer else "the whole network"
                    yield path, f"{attack.kind} cannot be made for {where}; name another attack, or other layers"

    def _above(self, layer: int) -> NetworkModel:
        """Return the network of its own layers above one; with a frozen model below, those are all that is trained."""
        below = None if self.frozen else self.starts_from
        return self.model_copy(update={"layers": self.layers[layer:], "starts_from": below})

    def parameters(self, shape: Shape | None) -> int | None:
        """Return those of all its layers; None where the shape is not known, or another model's layers come first."""
        return None if shape is None or self.starts_from is not None else count(self.layers, shape)

    def beforehand(self, folders: tuple[Path, ...]) -> None:
        """As its training says."""
        self.training.beforehand(folders)

    def train(
        self,
        *,
        train_on: Examples,
        streams: Streams,
        watch: Watch,
        journal: Journal,
        folders: tuple[Path, ...] = (),
        **inputs: Any,
    ) -> Trained:
        """Train on the whole split; weights are float32, called ``layer-<k>/<part>``.

        Of a model that starts from a frozen one these are its own layers alone.
        """
        from harness.engine.initial import initial_weights
        from harness.engine.victim import Architecture

        below: NetworkVictim | None = inputs.get("starts_from")
        given: dict[str, NDArray[Any]] = {}
        images, layers = train_on, self.layers
        if below is not None and self.frozen:
            images = below.activations(train_on)
        elif below is not None:
            given, layers = dict(below.weights), (*below.architecture.layers, *self.layers)
        architecture = Architecture(images.images.shape[1:], layers, self.training.read_as)
        try:
            architecture.outputs  # noqa: B018  lint knows the shape of some data only
        except ValueError as error:
            taken = shape_text(images.images.shape[1:])
            raise Infeasible(f"the network does not fit {self.train_on}, whose images are {taken}: {error}") from error
        if self.training.classifies and len(images) and train_on.labels.max() >= architecture.classes:
            raise ContractError(
                f"network: the last layer has {architecture.classes} outputs, but {self.train_on} has a label "
                f"{train_on.labels.max()}"
            )
        if why := _beyond(self.training, len(architecture.layers)):
            raise Infeasible(f"training: {why}")
        within = {role.removeprefix("training."): each for role, each in inputs.items() if role.startswith("training.")}
        attacks: dict[tuple[str | int, ...], AttackRecipe]
        attacks = {("training", role): each.recipe for role, each in within.items() if isinstance(each, ReadyAttack)}
        for _, why in self.unsuited(attacks):
            raise Infeasible(f"training: {self.training.kind}: {why}")
        start = initial_weights(architecture, streams.rng("weights", self.replica)) | given
        trained = self.training.train(
            NetworkToTrain(architecture, start, self.replica, folders=folders),
            images,
            streams,
            watch,
            journal,
            **within,
        )
        return Trained(
            trained.weights, trained.settled, {**trained.facts, "image_shape": list(images.images.shape[1:])}
        )

    def victim(self, trained: Trained, **inputs: Any) -> Victim:
        """Rebuild the network; facts of its training hold its images' shape."""
        from harness.engine.victim import Architecture, NetworkVictim

        below: NetworkVictim | None = inputs.get("starts_from")
        layers = self.layers if below is None or self.frozen else (*below.architecture.layers, *self.layers)
        architecture = Architecture(tuple(trained.facts["image_shape"]), layers, self.training.read_as)
        shapes = architecture.shapes
        beside = {name: array for name, array in trained.weights.items() if name not in shapes}
        own = NetworkVictim(architecture, {name: trained.weights[name] for name in shapes}, beside)
        return own.on_top_of(below) if below is not None and self.frozen else own


def _beyond(training: TrainingRecipe, layers: int) -> str:
    """Say which layer a training attacks though no layer takes its outputs; empty where there is none."""
    for layer in training.attacked_layers:
        if layer >= layers:
            return (
                f"{training.kind} cannot attack the outputs of layer {layer} of {layers}: expected 0 (the images) to "
                f"{layers - 1}, the last layer whose outputs another takes"
            )
    return ""


def _output(layer: LayerRecipe, shape: Shape | None) -> Shape | None:
    """Return the shape of a layer's output; of an input not known, only that of a dense layer is known."""
    if shape is not None:
        return layer.output(shape)
    units = getattr(layer, "units", None)
    return None if units is None else (units,)

"""Fully connected classifiers, trained on the whole set at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from harness.errors import ContractError
from harness.examples import Examples, Journal, Trained, Victim, Watch
from harness.spec.recipe import ModelRecipe, ModelRef
from harness.spec.registry import model
from harness.streams import Streams

if TYPE_CHECKING:
    from harness.engine.victim import Architecture, Network

Units = Annotated[int, Field(ge=1, le=100_000)]
Decay = Annotated[float, Field(ge=0)]


@model("fully-connected", edition=1)
class FullyConnected(ModelRecipe):
    """Softmax regression or a multilayer network, trained full-batch with L-BFGS (Szegedy et al. 2014, section 4.1).

    Minimises mean cross-entropy plus p times the sum of the squared connection weights of each layer; biases are not
    penalised. How the paper's lambda gives p is a reading.
    """

    features: ModelRef | None = None
    """A model whose layers come first and stay as they are: what is trained here takes that model's outputs, not
    pixels. Null for none."""
    hidden: tuple[Units, ...] = ()
    """Units of each hidden layer, first to last; none makes a softmax regression."""
    activation: Literal["sigmoid", "relu", "tanh"] = "sigmoid"
    """Of every hidden layer."""
    classes: int = Field(10, ge=2, le=100_000)
    """Number of classes."""
    decay: Decay | tuple[Decay, ...] = 0.0
    """The paper's lambda: one for all layers, or one for each."""
    decay_convention: Literal["lambda/k", "lambda/2", "lambda"] = "lambda/2"
    """What p is: lambda divided by the layer's units k, by two, or lambda itself."""
    initial: Literal["glorot-uniform", "glorot-normal"] = "glorot-uniform"
    """How connection weights are drawn where there are hidden layers (Glorot and Bengio 2010, eq. 16); biases, and a
    softmax regression, whose loss is convex, start from zero."""
    replica: int = Field(0, ge=0)
    """Which draw of the initial weights: entries that differ in this alone are the same network trained twice."""
    iterations: int = Field(1000, ge=1)
    """L-BFGS iterations at most."""
    memory: int = Field(10, ge=1, le=1000)
    """Curvature pairs L-BFGS keeps; more of them need fewer iterations."""
    gradient_tolerance: float = Field(1e-5, ge=0)
    """Training ends where no component of the gradient is larger."""
    loss_tolerance: float = Field(1e-9, ge=0)
    """Training ends where an iteration lowers the loss by no more than this (times the loss, where that exceeds 1)."""
    settled_within: float = Field(1e-3, ge=0)
    """A training cut off by ``iterations`` counts as settled if its last tenth moved the loss by less than this
    fraction."""

    @model_validator(mode="after")
    def _decay_for_each_layer(self) -> Self:
        layers = len(self.hidden) + 1
        if isinstance(self.decay, tuple) and len(self.decay) != layers:
            raise ValueError(f"decay: expected one number or {layers} (one for each layer), found {len(self.decay)}")
        return self

    @property
    def random(self) -> bool:
        """Whether training draws anything: a softmax regression starts from zero and has one optimum."""
        return bool(self.hidden)

    @property
    def seconds(self) -> float:
        """A rough cost on two cores with 60,000 images of 784 pixels."""
        iterations = min(self.iterations, 700 if self.hidden else 300)
        return 5.0 + iterations * (0.04 + 0.0013 * sum(self.hidden))

    @property
    def penalties(self) -> tuple[float, ...]:
        """What the squared connection weights of each layer are multiplied with, first to last: the p of the loss."""
        units = (*self.hidden, self.classes)
        decay = self.decay if isinstance(self.decay, tuple) else (self.decay,) * len(units)
        divisor = {"lambda/k": units, "lambda/2": (2,) * len(units), "lambda": (1,) * len(units)}[self.decay_convention]
        return tuple(each / by for each, by in zip(decay, divisor, strict=True))

    def train(self, *, train_on: Examples, streams: Streams, watch: Watch, journal: Journal, **inputs: Any) -> Trained:
        """Train on the whole split; float32 weights ``layer-<k>/kernel`` (inputs, units) and ``layer-<k>/bias``.

        Of a model with features these are its own layers alone.
        """
        from harness.engine.fit import StoppingRule, fit
        from harness.engine.initial import initial_weights

        if train_on.labels.max() >= self.classes:
            raise ContractError(
                f"fully-connected: classes is {self.classes}, but {self.train_on} has a label {train_on.labels.max()}"
            )
        below: Network | None = inputs.get("features")
        seen = train_on if below is None else below.activations(train_on)
        architecture = self._architecture(seen.images.shape[1:])
        return fit(
            architecture,
            initial_weights(architecture, streams.rng("weights", self.replica)),
            seen,
            {f"layer-{k}/kernel": penalty for k, penalty in enumerate(self.penalties, 1)},
            StoppingRule(
                self.iterations, self.gradient_tolerance, self.loss_tolerance, self.settled_within, self.memory
            ),
            watch,
            journal,
        )

    def victim(self, trained: Trained, **inputs: Any) -> Victim:
        """Rebuild the network, on top of its features if it has any; facts of its training hold its images' shape."""
        from harness.engine.victim import Network

        own = Network(self._architecture(tuple(trained.facts["image_shape"])), dict(trained.weights))
        below: Network | None = inputs.get("features")
        return own if below is None else own.on_top_of(below)

    def _architecture(self, image_shape: tuple[int, ...]) -> Architecture:
        from harness.engine.victim import Architecture
        from harness.layers.dense import Dense

        scheme = "zeros" if not self.hidden else "glorot_uniform" if self.initial == "glorot-uniform" else "normal_glorot"
        hidden = tuple(
            Dense(units=units, activation=self.activation, kernel_initializer=scheme) for units in self.hidden
        )
        return Architecture(image_shape, (*hidden, Dense(units=self.classes, kernel_initializer=scheme)))

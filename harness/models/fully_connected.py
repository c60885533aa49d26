"""Fully connected classifiers, trained on the whole set at once."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from harness.kinds.decay import Decay, DecayConvention
from harness.kinds.recipe import ModelRef
from harness.kinds.registry import model
from harness.kinds.shorthand import Shorthand
from harness.models.network import NetworkModel

Units = Annotated[int, Field(ge=1, le=100_000)]


@model("fully-connected", edition=1)
class FullyConnected(Shorthand):
    """Softmax regression or a multilayer network, trained full-batch with L-BFGS (Szegedy et al. 2014, section 4.1).

    Short for a ``network`` of ``dense`` layers with ``training: {kind: lbfgs}``, with the same content key.
    """

    features: ModelRef | None = None
    """A model whose layers come first and are frozen: this network's input is that model's output instead of
    pixels. Null for none."""
    hidden: tuple[Units, ...] = ()
    """Number of units of each hidden layer, first to last; an empty list means softmax regression."""
    activation: Literal["sigmoid", "relu", "tanh"] = "sigmoid"
    """Activation function of every hidden layer."""
    classes: int = Field(10, ge=2, le=100_000)
    """Number of classes."""
    decay: Decay = 0.0
    """The paper's lambda: one for all layers, or one for each."""
    decay_convention: DecayConvention = "lambda/2"
    """What p is: lambda divided by the layer's units k, by two, or lambda itself."""
    initial: Literal["glorot-uniform", "glorot-normal"] = "glorot-uniform"
    """How weights are initialised if there are hidden layers (Glorot and Bengio 2010, eq. 16; normal ones are not
    truncated). Biases start from zero, and so does a softmax regression, whose loss is convex."""
    replica: int = Field(0, ge=0)
    """Number of the random initialisation: entries that differ only in this are the same network trained twice."""
    iterations: int = Field(1000, ge=1)
    """Maximum number of L-BFGS iterations."""
    memory: int = Field(10, ge=1, le=1000)
    """Number of curvature pairs that L-BFGS keeps; with more, fewer iterations are needed."""
    gtol: float = Field(1e-5, ge=0)
    """Training ends when no component of the gradient is larger than this; SciPy's ``gtol``."""
    ftol: float = Field(1e-9, ge=0)
    """Training ends when an iteration reduces the loss by at most this (times the loss if that exceeds 1);
    SciPy's ``ftol``."""
    settled_within: float = Field(1e-3, ge=0)
    """A training stopped by ``iterations`` counts as converged if its last tenth changed the loss by less than
    this fraction."""

    @model_validator(mode="after")
    def _decay_for_each_layer(self) -> Self:
        layers = len(self.hidden) + 1
        if isinstance(self.decay, tuple) and len(self.decay) != layers:
            raise ValueError(f"decay: expected one number or {layers} (one for each layer), found {len(self.decay)}")
        return self

    def expanded(self) -> NetworkModel:
        """Return the network of dense layers."""
        drawn = {"glorot-uniform": "glorot_uniform", "glorot-normal": "normal_glorot"}[self.initial]
        start = drawn if self.hidden else "zeros"
        widths = [(units, self.activation) for units in self.hidden] + [(self.classes, "linear")]
        dense = [{"units": units, "activation": each, "kernel_initializer": start} for units, each in widths]
        training: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                *("decay", "decay_convention", "iterations", "memory"),
                *("gtol", "ftol", "settled_within"),
            )
        }
        return NetworkModel.model_validate(
            {
                "train_on": self.train_on,
                "starts_from": self.features,
                "layers": tuple({"dense": fields} for fields in dense),
                "training": {"kind": "lbfgs", **training},
                "replica": self.replica,
            }
        )

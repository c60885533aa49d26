"""Keras' optimizers and learning-rate schedules as frozen values, validated without Keras."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.kinds.nested import within
from harness.kinds.recipe import Frozen
from harness.naming import unknown

Rate = Annotated[float, Field(gt=0, le=1000)]
Share = Annotated[float, Field(ge=0, lt=1)]


class KerasObject(Frozen):
    """A frozen description of an object of Keras: the name of its class, and its arguments."""

    keras: ClassVar[str] = ""
    """Name of the class, within ``module``."""
    module: ClassVar[str] = "keras.optimizers"

    @classmethod
    def kind(cls) -> str:
        """Return the name in YAML, Keras' own identifier."""
        return cls.keras.lower()

    def build(self) -> Any:
        """Return Keras' object."""
        import keras  # noqa: PLC0415  that is how it can be linted without its backend

        home = keras.optimizers.schedules if self.module.endswith("schedules") else keras.optimizers
        given = {name: getattr(self, name) for name in type(self).model_fields}
        made = {name: value.build() if isinstance(value, KerasObject) else value for name, value in given.items()}
        return getattr(home, self.keras)(**made)


def known(base: type[KerasObject]) -> dict[str, type[KerasObject]]:
    """Return the optimizers, or the schedules, by their names in YAML."""
    return {cls.kind(): cls for cls in base.__subclasses__()}


def _read(base: type[KerasObject], value: Any) -> Any:
    """Read ``{kind: {fields}}`` or ``kind``."""
    if isinstance(value, KerasObject):
        return value
    tagged = {value: {}} if isinstance(value, str) else value
    if not isinstance(tagged, Mapping) or len(tagged) != 1:
        raise PydanticCustomError(
            "value_error", "{what}", {"what": f"expected one of {', '.join(known(base))} with its fields"}
        )
    ((kind, fields),) = tagged.items()
    if kind not in known(base):
        raise PydanticCustomError("value_error", "{what}", {"what": unknown(base.__name__.lower(), kind, known(base))})
    model = known(base)[kind]
    try:
        return model.model_validate(_lists_as_tuples({} if fields is None else fields))
    except ValidationError as error:
        raise within(kind, model, error, (kind,)) from error


def _lists_as_tuples(fields: Any) -> Any:
    """Return fields as strict models take them; what is no mapping stays as it is, to be refused."""
    if not isinstance(fields, Mapping):
        return fields
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def _write(value: Any) -> Any:
    return {value.kind(): value.model_dump(mode="json")} if isinstance(value, KerasObject) else value


class Schedule(KerasObject):
    """A learning-rate schedule; steps are mini-batches, not epochs."""

    module = "keras.optimizers.schedules"
    written_as: ClassVar[str] = (
        "one of Keras' learning-rate schedules (exponential_decay, piecewise_constant_decay, polynomial_decay, "
        "inverse_time_decay, cosine_decay), as schedule: {fields}"
    )

    @classmethod
    def kind(cls) -> str:
        """Return the name in YAML: the class's in snake case."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.keras).lower()


def _read_rate(value: Any) -> Any:
    return value if isinstance(value, int | float) else _read(Schedule, value)


LearningRate = Annotated[
    Rate | Schedule,
    BeforeValidator(_read_rate),
    PlainSerializer(_write),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 1000}, {"nested": "schedules"}]}),
]
"""A learning rate, or how it changes from step to step."""


class ExponentialDecay(Schedule):
    """The rate times decay_rate for every decay_steps steps."""

    keras = "ExponentialDecay"
    initial_learning_rate: Rate
    decay_steps: int = Field(ge=1)
    decay_rate: float = Field(gt=0, le=1)
    staircase: bool = False


class PiecewiseConstantDecay(Schedule):
    """One of several rates, changed at the steps of boundaries."""

    keras = "PiecewiseConstantDecay"
    boundaries: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)
    values: tuple[Rate, ...] = Field(min_length=2)


class PolynomialDecay(Schedule):
    """From the first rate to the last along a power of the share of steps left."""

    keras = "PolynomialDecay"
    initial_learning_rate: Rate
    decay_steps: int = Field(ge=1)
    end_learning_rate: float = Field(1e-4, ge=0)
    power: float = Field(1.0, gt=0, le=10)
    cycle: bool = False


class InverseTimeDecay(Schedule):
    """The rate over one plus decay_rate times steps over decay_steps."""

    keras = "InverseTimeDecay"
    initial_learning_rate: Rate
    decay_steps: int = Field(ge=1)
    decay_rate: float = Field(gt=0, le=1000)
    staircase: bool = False


class CosineDecay(Schedule):
    """From the first rate to alpha times it along half a cosine, after an optional warm-up."""

    keras = "CosineDecay"
    initial_learning_rate: float = Field(ge=0, le=1000)
    decay_steps: int = Field(ge=1)
    alpha: float = Field(0.0, ge=0, le=1)
    warmup_target: Rate | None = None
    warmup_steps: int = Field(0, ge=0)


class Optimizer(KerasObject):
    """What turns gradients into steps."""

    written_as: ClassVar[str] = (
        "one of Keras' optimizers (sgd, rmsprop, adam, adamw, adamax, nadam, adagrad, adadelta, ftrl, lion), as "
        "optimizer: {fields}"
    )

    learning_rate: LearningRate = 0.001


class Sgd(Optimizer):
    """Gradient descent with momentum."""

    keras = "SGD"
    learning_rate: LearningRate = 0.01
    momentum: Share = 0.0
    nesterov: bool = False


class RMSprop(Optimizer):
    """Steps over the root of the gradient's mean square (Hinton 2012)."""

    keras = "RMSprop"
    rho: Share = 0.9
    momentum: Share = 0.0
    epsilon: Rate = 1e-7
    centered: bool = False


class Adam(Optimizer):
    """Kingma and Ba 2015."""

    keras = "Adam"
    beta_1: Share = 0.9
    beta_2: Share = 0.999
    epsilon: Rate = 1e-7
    amsgrad: bool = False


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    keras = "AdamW"
    weight_decay: float = Field(0.004, ge=0, le=10)
    beta_1: Share = 0.9
    beta_2: Share = 0.999
    epsilon: Rate = 1e-7


class Adamax(Optimizer):
    """Adam with the maximum norm."""

    keras = "Adamax"
    beta_1: Share = 0.9
    beta_2: Share = 0.999
    epsilon: Rate = 1e-7


class Nadam(Optimizer):
    """Adam with Nesterov's momentum (Dozat 2016)."""

    keras = "Nadam"
    beta_1: Share = 0.9
    beta_2: Share = 0.999
    epsilon: Rate = 1e-7


class Adagrad(Optimizer):
    """Duchi et al. 2011."""

    keras = "Adagrad"
    initial_accumulator_value: float = Field(0.1, ge=0, le=1000)
    epsilon: Rate = 1e-7


class Adadelta(Optimizer):
    """Zeiler 2012."""

    keras = "Adadelta"
    rho: Share = 0.95
    epsilon: Rate = 1e-7


class Ftrl(Optimizer):
    """McMahan et al. 2013."""

    keras = "Ftrl"
    learning_rate_power: float = Field(-0.5, le=0, ge=-10)
    initial_accumulator_value: float = Field(0.1, ge=0, le=1000)
    l1_regularization_strength: float = Field(0.0, ge=0, le=1000)
    l2_regularization_strength: float = Field(0.0, ge=0, le=1000)


class Lion(Optimizer):
    """Chen et al. 2023."""

    keras = "Lion"
    beta_1: Share = 0.9
    beta_2: Share = 0.99


AnyOptimizer = Annotated[
    Optimizer,
    BeforeValidator(lambda value: _read(Optimizer, value)),
    PlainSerializer(_write),
    WithJsonSchema({"nested": "optimizers"}),
]
"""An optimizer, as ``kind: {fields}``."""

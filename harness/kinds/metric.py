"""Base of metrics: a number over images, checked by the base."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from harness.errors import ContractError
from harness.examples import Examples, Value, Victim
from harness.kinds.contract import check_fit
from harness.kinds.metric_checks import checked_value
from harness.kinds.recipe import Recipe


class MetricRecipe(Recipe):
    """A metric. Authors write ``measure``; calling the recipe measures and checks. Metrics never drop images."""

    group = "metrics"

    unit: ClassVar[Literal["fraction", "distortion", "number"]] = "number"
    """The natural unit of the value: a fraction of images, RMS pixel distortion in [0, 1], or a plain number."""
    at_full_success: ClassVar[float | None] = None
    """The value on the model an attack was made for, where it met its criterion on every image. On clean images a model
    without errors then has one minus this. None where the value shows neither."""
    needs_victim: ClassVar[bool] = True
    """Whether ``measure`` is given a model; without one it is given None."""
    needs_attack: ClassVar[bool] = False
    """Whether the examples must be an attack's, with ``found`` and ``distortion``."""

    over_all: ClassVar[bool] = False
    """Whether a distortion is the mean over all images, found or not; otherwise it is over the examples found."""

    @property
    def random(self) -> bool:
        """Measuring draws nothing."""
        return False

    @abstractmethod
    def measure(self, victim: Victim | None, examples: Examples) -> Value:
        """Return the number, in the metric's natural unit."""

    def __call__(self, victim: Victim | None, examples: Examples) -> Value:
        """Check that there is what the metric needs, measure, and check the value."""
        if not len(examples):
            raise ContractError(f"{self.kind}: no image to measure on")
        if self.needs_attack and (examples.found is None or examples.distortion is None):
            raise ContractError(f"{self.kind}: needs images an attack made")
        if self.needs_victim and victim is None:
            raise ContractError(f"{self.kind}: needs a model")
        if victim is not None:
            check_fit(victim, examples, self.kind)
        return checked_value(self.measure(victim, examples.read_only()), self.kind, self.unit, len(examples))

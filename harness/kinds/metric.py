"""Base of metrics: a number over images, checked by the base, and what it declares about that number."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from harness.errors import ContractError
from harness.examples import Examples, Value, Victim
from harness.kinds.contract import check_fit
from harness.kinds.metric_checks import checked_value
from harness.kinds.recipe import Recipe
from harness.kinds.unit import Natural
from harness.streams import Streams

Better = Literal["lower", "higher", "neither"]
"""Which values are better."""
Statistic = Literal["proportion", "mean in [0, 1]", "mean", "number", "time"]
"""What a value is: a count of images divided by their number; a mean over images; or neither."""
Need = Literal["victim", "victims", "clean", "made", "streams", "seconds"]
"""What a metric may ask for."""
MEANS: frozenset[Statistic] = frozenset({"mean in [0, 1]", "mean"})
"""Statistics that are means over images, with a variance of their own."""
PROPORTION: Statistic = "proportion"
"""The statistic that counts images, whose variance follows from its value."""
USUAL: dict[Natural, Statistic] = {"fraction": PROPORTION, "distortion": "mean", "seconds": "time", "number": "number"}
"""What a number is most often, by its natural unit: all that is known of a metric that is not installed."""


class MetricRecipe(Recipe):
    """A metric. Authors write ``measure``; calling the recipe measures and checks. Metrics never drop images."""

    group = "metrics"

    unit: ClassVar[Natural] = "number"
    """The natural unit of the value: a fraction of images, RMS pixel distortion in [0, 1], a plain number, or seconds."""
    statistic: ClassVar[Statistic] = "number"
    """What the value is. The variance over images of a proportion p is p (1 - p); that of a mean is measured (``spread`` of
    its ``Value``); of a number and a time it is not known, so that they have no sampling margin."""
    better: ClassVar[Better] = "neither"
    """Which values are better for whom it measures: the model, if it needs one; else the attack."""
    over: ClassVar[Literal["all", "found"]] = "all"
    """Which of an attack's images the value is over: all, or those it found an example for. A mean over the images found
    says little where few were found, and is not compared with the paper then."""
    needs: ClassVar[tuple[Need, ...]] = ("victim",)
    """What ``measure`` is given: ``victim``, one model; ``victims``, every model the claim lists, at once; ``clean``, the
    images before an attack; ``made``, what an attack made of them, without which the metric has no meaning. A metric that
    names neither ``clean`` nor ``made`` is given the images of the claim: those made where it has an attack, else the
    clean ones. ``streams``, for one that draws, are the random streams of its run, as a keyword argument; ``seconds``, how long the
    attack took to make ``made``, compiling left out, as another."""
    at_full_success: ClassVar[float | None] = None
    """The value on the model an attack was made for, where it met its criterion on every image. On clean images a model
    without errors then has one minus this. None where the value shows neither."""
    called: ClassVar[str] = ""
    """The number's name in a sentence; by default the kind's."""

    @property
    def random(self) -> bool:
        """Whether measuring draws: only a metric that is given streams may."""
        return "streams" in self.needs

    @abstractmethod
    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the number, in the metric's natural unit.

        Args:
            victims: the model, or the models, if it declares that it needs any; else none.
            clean: the images before any attack; None if it does not need them and the claim has an attack.
            made: what an attack made of them, in the same order; None if the claim has none.

        A metric that needs ``streams`` takes them as a keyword argument, ``streams: Streams | None = None``, and draws every
        random number from them; one that needs ``seconds``, as ``seconds: float | None = None``.
        """

    def __call__(
        self,
        victims: tuple[Victim, ...],
        clean: Examples | None,
        made: Examples | None,
        streams: Streams | None = None,
        seconds: float | None = None,
    ) -> Value:
        """Check that there is what the metric needs, measure, and check the value; arguments as in ``measure``."""
        given = [images for images in (clean, made) if images is not None]
        if not given or not all(len(images) for images in given):
            raise ContractError(f"{self.kind}: no image to measure on")
        if "made" in self.needs and (made is None or made.found is None or made.distortion is None):
            raise ContractError(f"{self.kind}: needs adversarial images")
        if "clean" in self.needs and clean is None:
            raise ContractError(f"{self.kind}: needs the clean images")
        if self.needs_victim() and not victims:
            raise ContractError(f"{self.kind}: needs a model")
        if "streams" in self.needs and streams is None:
            raise ContractError(f"{self.kind}: needs the random streams of its run")
        if "seconds" in self.needs and seconds is None:
            raise ContractError(f"{self.kind}: needs the attack's duration in seconds")
        for victim in victims:
            for images in given:
                check_fit(victim, images, self.kind)
        locked = [None if images is None else images.read_only() for images in (clean, made)]
        measure: Callable[..., Value] = self.measure
        beside = {"streams": streams, "seconds": seconds}
        asked = {name: value for name, value in beside.items() if name in self.needs}
        # An attack may make several examples of one image.
        return checked_value(measure(victims, *locked, **asked), self.kind, self.unit, len(self.shown(clean, made)))

    def cannot(self, models: int, classes: int | None) -> str:
        """Return what is wrong with measuring it on so many models and classes; empty where nothing is. `harness lint` asks.

        Args:
            models: how many models the claim lists.
            classes: how many classes its data have; None where that is not known before they are loaded.
        """
        return ""

    @classmethod
    def needs_victim(cls) -> bool:
        """Whether it is given a model, or several."""
        return not {"victim", "victims"}.isdisjoint(cls.needs)

    @classmethod
    def sizes_change(cls) -> bool:
        """Whether its number is the size of what an attack did to the images: what was made enters it, and no model."""
        return "made" in cls.needs and not cls.needs_victim() and cls.statistic != PROPORTION

    @classmethod
    def in_words(cls) -> str:
        """Return the number's name in a sentence."""
        return cls.called or cls.kind.replace("-", " ")

    @staticmethod
    def shown(clean: Examples | None, made: Examples | None) -> Examples:
        """Return the images of a claim: those an attack made where it has one, else the clean ones."""
        images = made if made is not None else clean
        assert images is not None
        return images

    @staticmethod
    def mean_of(values: NDArray[np.floating[Any]], bins: int = 0) -> Value:
        """Return the mean over images, at least one, with its spread.

        Args:
            values: a number of each image, ``(n,)``.
            bins: bars of the histogram, from 0 to the largest number; none by default.
        """
        histogram = None
        if bins:
            counts, edges = np.histogram(values, bins, (0.0, max(float(values.max()), np.finfo(float).tiny)))
            histogram = tuple(edges.tolist()), tuple(counts.tolist())
        spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        return Value(float(values.mean()), of=len(values), spread=spread, histogram=histogram)


def best_of(metric: type[MetricRecipe], *, attacked: bool) -> Better:
    """Return which values of a metric are best for whoever runs it.

    Of a model under attack the best run of the model is the worst of the attack, so that neither is the best.
    """
    return "neither" if attacked and metric.needs_victim() else metric.better

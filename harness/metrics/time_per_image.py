"""How long an attack takes for an image."""

from __future__ import annotations

from harness.errors import Invalid
from harness.examples import Examples, Value, Victim
from harness.kinds.metric import MetricRecipe
from harness.kinds.registry import metric


@metric("time-per-image", edition=1)
class TimePerImage(MetricRecipe):
    """Time that the attack took for all images, divided by their number, without compilation.

    Only indicative: images are attacked together, with the number of threads in the record, so that a single
    image would take longer. A printed time is not judged (``another-machine``); two times of one run may be
    compared.
    """

    unit = "seconds"
    statistic = "time"
    better = "lower"
    needs = ("made", "seconds")
    called = "time per image"

    def measure(
        self,
        victims: tuple[Victim, ...],
        clean: Examples | None,
        made: Examples | None,
        seconds: float | None = None,
    ) -> Value:
        """Return the seconds an image."""
        assert made is not None
        assert seconds is not None
        if not seconds:
            raise Invalid(
                f"time-per-image: expected an attack that takes more than a millisecond; found 0 s for {len(made)} images"
            )
        return Value(seconds / len(made))

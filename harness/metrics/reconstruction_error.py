"""How far from the images an autoencoder's reconstructions are."""

from __future__ import annotations

import numpy as np

from harness.errors import Infeasible
from harness.examples import Examples, Value, Victim, rms
from harness.kinds.metric import MetricRecipe
from harness.kinds.registry import metric

AT_ONCE = 4096
"""Images rebuilt together."""


@metric("reconstruction-error", edition=1)
class ReconstructionError(MetricRecipe):
    """Mean over images of sqrt(sum (y - x)^2 / n), y an autoencoder's reconstruction of the image x, with n pixels.

    It has the unit of distortions; for one image, n / 2 times its square is the error that ``sparse-autoencoder``
    minimises. Only for networks that keep a decoder: those with ``training: {kind: sparse-autoencoder}``.
    """

    unit = "distortion"
    statistic = "mean"
    better = "lower"

    @property
    def seconds(self) -> float:
        """A rough cost on two cores, of 10,000 images and 400 units."""
        return 2.0

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the mean and its spread over images."""
        from harness.engine.autoencoder import has_decoder, rebuild
        from harness.engine.victim import NetworkVictim

        (victim,), images = victims, self.shown(clean, made).images
        if not isinstance(victim, NetworkVictim) or not has_decoder(victim):
            raise Infeasible(
                "reconstruction-error: expected an autoencoder, found a model without a decoder; name one whose training is "
                "sparse-autoencoder, not a model that starts from it"
            )
        parts = (images[k : k + AT_ONCE] for k in range(0, len(images), AT_ONCE))
        errors = np.concatenate([rms(rebuild(victim, part).astype(np.float64) - part) for part in parts])
        spread = float(errors.std(ddof=1)) if len(errors) > 1 else 0.0
        return Value(float(errors.mean()), of=len(errors), spread=spread)

"""Gaussian blur: a control that makes an image poorer instead of adding to it."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from harness.examples import Examples, Victim, Watch
from harness.kinds.attack import AttackRecipe
from harness.kinds.confirmation import exact_margin
from harness.kinds.registry import attack
from harness.kinds.smallest import SizedAttack, Smallest, sized
from harness.streams import Streams


@attack("gaussian-blur", edition=1)
class GaussianBlur(SizedAttack, AttackRecipe):
    """Blurs an image with a Gaussian, channel by channel, mirrored at its edges."""

    stddev: float = Field(1.0, gt=0, le=1000)
    """Standard deviation of the Gaussian, in pixels; the kernel is truncated at four standard deviations."""
    smallest: Smallest | None = None
    """Takes the smallest stddev that succeeds, of ``among`` (100) equally spaced values up to ``stddev``:
    separately for each image or, with ``error_above: 0.9``, one for all images, with which more than this
    fraction of them meets the criterion. null uses ``stddev`` itself."""

    @property
    def random(self) -> bool:
        """Nothing is drawn."""
        return False

    @property
    def control(self) -> bool:
        """A blur of given size does not look at the model."""
        return self.smallest is None

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images, on two cores."""
        return 0.1 * self.sizes_tried

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return every image blurred; found where the model then misclassifies it."""

        def blurred(stddev: float, some: Examples, watch: Watch) -> Examples:
            from scipy.ndimage import gaussian_filter

            images = gaussian_filter(some.images.astype(np.float64), (0, stddev, stddev, 0))
            images = np.clip(images, 0.0, 1.0).astype(np.float32)
            return some.crafted(images, exact_margin(victim, images, some.labels, reach=False) > 0)

        return sized(self.smallest, blurred, self.stddev, victim, clean, watch)

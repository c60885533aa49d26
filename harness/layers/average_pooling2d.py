"""The mean activation of each window."""

from __future__ import annotations

from harness.kinds.layer import Pooling
from harness.kinds.registry import layer


@layer("average_pooling2d", edition=1)
class AveragePooling2D(Pooling):
    """The mean activation of each window, channel by channel."""

    keras = "AveragePooling2D"

    @property
    def affine(self) -> bool:
        """Always."""
        return True

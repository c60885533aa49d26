"""The largest activation of each window."""

from __future__ import annotations

from typing import Any

from harness.kinds.layer import Pooling
from harness.kinds.registry import layer


@layer("max_pooling2d", edition=1)
class MaxPooling2D(Pooling):
    """The largest activation of each window, channel by channel."""

    def build(self, name: str, dtype: str) -> Any:
        """Return Keras' layer, with a gradient where TensorFlow has none (``engine.pooling``)."""
        from harness.engine.pooling import FusableMaxPooling2D

        return FusableMaxPooling2D(**self.arguments(), name=name, dtype=dtype)

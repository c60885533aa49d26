"""Local response normalization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.kinds.layer import Shape, ShapeKeeping
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("local_response_normalization", edition=1)
class LocalResponseNormalization(ShapeKeeping):
    """x / (k + alpha · Σ x²)^beta, the sum over neighbouring channels at the same position (Krizhevsky et al. 2012, section 3.3).

    Krizhevsky et al. print k = 2 and alpha = 1e-4. Caffe's version of that network uses k = 1, and multiplies
    alpha by the mean of the squares: ``average``.
    """

    size: int = Field(5, ge=1, le=9999)
    """Number of channels in the sum, odd, with the channel itself in the middle; channels outside the range count
    as 0."""
    alpha: float = Field(1e-4, ge=0, le=1e6)
    """Factor of the sum."""
    beta: float = Field(0.75, ge=0, le=100)
    """The exponent."""
    k: float = Field(2.0, ge=1e-6, le=1e6)
    """The constant that is added."""
    average: bool = False
    """Whether alpha is divided by ``size``, so that it multiplies the mean of the squares."""

    @model_validator(mode="after")
    def _has_a_middle(self) -> Self:
        if self.size % 2 == 0:
            raise ValueError(f"size: expected an odd number, with the channel in the middle; found {self.size}")
        return self

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return k^-beta from below, which is the paper's norm too, and a bound from above (``engine.response_normalization``)."""
        from harness.engine.response_normalization import response_norm

        return response_norm(shape[-1], self.size, self.beta, self.k)

    def build(self, name: str, dtype: str) -> Any:
        """Return a layer of Keras that computes it."""
        import keras

        from harness.engine.response_normalization import normalized_responses

        weight = self.alpha / self.size if self.average else self.alpha
        given = {"size": self.size, "weight": weight, "beta": self.beta, "k": self.k}
        return keras.layers.Lambda(normalized_responses, arguments=given, name=name, dtype=dtype)

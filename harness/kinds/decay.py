"""Weight decay as papers write it: lambda, for all layers or for each, and the multiple of it that is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.layer import LayerRecipe

Lambda = Annotated[float, Field(ge=0)]
Decay = Lambda | tuple[Lambda, ...]
"""One lambda for all layers that have a kernel, or one for each, first to last."""
DecayConvention = Literal["lambda/k", "lambda/2", "lambda"]
"""What the squared weights are multiplied with: lambda over the layer's units k, half of lambda, or lambda itself."""
KERNEL = "/kernel"
"""Ends the names of the weights that decay; biases and scales do not."""


def decay_factors(decay: Decay, convention: DecayConvention, weights: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """Return name of a kernel -> factor of the sum of its squares in the loss."""
    kernels = [name for name in weights if name.endswith(KERNEL)]
    each = decay if isinstance(decay, tuple) else (decay,) * len(kernels)
    units = [weights[name].shape[-1] for name in kernels]
    divisors = {"lambda/k": units, "lambda/2": [2] * len(units), "lambda": [1] * len(units)}[convention]
    return {name: value / by for name, value, by in zip(kernels, each, divisors, strict=True)}


def miscounted(decay: Decay, layers: Sequence[LayerRecipe], field: str = "decay") -> str:
    """Say where a decay for each layer has another number of them than there are kernels; empty where it fits."""
    kernels = sum("kernel_initializer" in type(layer).model_fields for layer in layers)
    if not isinstance(decay, tuple) or len(decay) == kernels:
        return ""
    return f"{field}: expected one number or {kernels} (one for each layer with a kernel), found {len(decay)}"

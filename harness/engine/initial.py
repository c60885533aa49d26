"""Draws the weights a training starts from: Keras' initializers, drawn from our random streams, alike on every backend."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from harness.engine.victim import Architecture

TRUNCATED_SD = 0.87962566103423978
"""Standard deviation of a standard normal number truncated at two."""


def initial_weights(architecture: Architecture, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Draw the weights of a network, float32, named and shaped as ``architecture.shapes``.

    Kernels are drawn in the order of the layers; weights that Keras sets to a constant are that constant.
    """
    weights: dict[str, NDArray[np.float32]] = {}
    for layer in _layers(architecture.model()):
        for variable in layer.weights:
            initializer = getattr(layer, f"{variable.name}_initializer", None)
            if isinstance(initializer, keras.initializers.VarianceScaling):
                drawn = _drawn(initializer, tuple(variable.shape), rng)
            else:
                drawn = variable.numpy()
            weights[variable.path] = np.asarray(drawn, np.float32)
    return weights


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    yield from (layer for layer in model.layers if layer.weights)


def _drawn(
    initializer: keras.initializers.VarianceScaling, shape: tuple[int, ...], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw as Keras' ``VarianceScaling`` does: variance scale / fan (Glorot and Bengio 2010, eq. 16; He et al. 2015)."""
    receptive = int(np.prod(shape[:-2]))
    fans = {"fan_in": receptive * shape[-2], "fan_out": receptive * shape[-1]}
    fan = fans.get(initializer.mode, (receptive * (shape[-2] + shape[-1])) / 2)
    deviation = np.sqrt(initializer.scale / fan)
    if initializer.distribution == "uniform":
        return np.asarray(deviation * rng.uniform(-(3**0.5), 3**0.5, shape))
    if initializer.distribution == "untruncated_normal":
        return np.asarray(deviation * rng.standard_normal(shape))
    within = rng.uniform(ndtr(-2.0), ndtr(2.0), shape)
    return np.asarray(deviation / TRUNCATED_SD * ndtri(within))

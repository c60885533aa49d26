"""Joins the outputs of several paths into one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from harness.engine.shapes import Logits

LAYERS = {"add": "Add", "average": "Average", "concatenate": "Concatenate"}
"""Word -> Keras' layer."""


def join(word: str, ends: Sequence[Any], name: str, dtype: str) -> Any:
    """Return the symbolic output that joins symbolic outputs, as ``harness.layers.branches`` says."""
    if word in LAYERS:
        return getattr(keras.layers, LAYERS[word])(name=name, dtype=dtype)(list(ends))
    return keras.layers.Lambda(log_mean_probability, name=name, dtype=dtype)(list(ends))


def log_mean_probability(logits: list[Logits]) -> Logits:
    """Return the logarithm of the mean of the softmaxes: logits whose softmax is that mean; traceable, differentiable."""
    scores = ops.stack([ops.log_softmax(each, axis=-1) for each in logits])
    return ops.logsumexp(scores, axis=0) - math.log(len(logits))

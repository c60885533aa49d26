"""Foolbox attacks the same network: the peer our attacks from papers are held against."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

NO_BOUNDS = (-100, 100)
"""So wide that Foolbox clips nothing."""


def foolbox(
    attack: str,
    victim: Any,
    images: NDArray[np.float32],
    classes: NDArray[np.int64],
    *,
    reach: bool = False,
    epsilon: float | None = None,
    bounds: tuple[float, float] = (0, 1),
    **settings: Any,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Run one of Foolbox's attacks by name; return its images and which ones it found.

    The test is skipped where Foolbox, or the backend it is fed by, is not at hand.
    """
    library = pytest.importorskip("foolbox")
    if victim.logits(images[:1]).__class__.__module__.split(".")[0] != "tensorflow":
        pytest.skip("Foolbox is fed by the TensorFlow backend")
    import tensorflow as tf

    tf.random.set_seed(0)  # Foolbox draws from the backend's stream
    model = library.TensorFlowModel(victim.logits, bounds=bounds, device="/CPU:0")
    wanted = library.criteria.TargetedMisclassification if reach else library.criteria.Misclassification
    made = getattr(library.attacks, attack)(**settings)
    _, crafted, found = made(model, tf.constant(images), wanted(tf.constant(classes)), epsilons=epsilon)
    return crafted.numpy(), found.numpy()

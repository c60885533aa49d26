"""Counts, inside a network, how often an attack evaluates it and how often it takes a gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.engine import backend


class CountedVictim:
    """A victim that counts the images whose logits, and whose gradients, are computed.

    It hides the network's architecture, so that programs call its ``logits``; they are not fused, and each call counts.

    Attributes:
        forward: images whose logits were computed, each as often as they were.
        backward: the same for gradients.
    """

    fuses = False

    def __init__(self, victim: Any) -> None:
        self._victim, self.forward, self.backward = victim, 0, 0
        self._passed = self._jax() if backend.BACKEND == "jax" else self._tensorflow()

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(h, w, c) of one image."""
        return self._victim.image_shape

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self._victim.classes

    @property
    def linear(self) -> None:
        """Whatever the network is, it is attacked as any other."""
        return None

    @property
    def weights(self) -> Mapping[str, Any]:
        """The trained arrays."""
        return self._victim.weights

    @property
    def widest(self) -> int:
        """Floats per image of the largest array between two layers."""
        return self._victim.architecture.widest

    def logits(self, images: Any) -> Any:
        """Return logits, and count them and their gradients."""
        return self._victim.logits(self._passed(images))

    def loss_and_gradient(self, images: Any, labels: Any) -> tuple[Any, Any]:
        """Return cross-entropies and their gradients."""
        return self._victim.loss_and_gradient(self._passed(images), labels)

    def predict(self, images: Any) -> Any:
        """Return predicted classes, uncounted."""
        return self._victim.predict(images)

    def exact_logits(self, images: Any) -> Any:
        """Return logits in float64, uncounted: they confirm what was found."""
        return self._victim.exact_logits(images)

    def _count(self, forward: int, backward: int) -> None:
        self.forward += forward
        self.backward += backward

    def _tensorflow(self) -> Any:
        import tensorflow as tf

        def told(images: Any, forward: bool) -> Any:
            def count(shape: Any) -> np.int32:
                self._count(int(shape[0]) * forward, int(shape[0]) * (not forward))
                return np.int32(0)

            done = tf.py_function(count, [tf.shape(images)], tf.int32)
            with tf.control_dependencies([done]):
                return tf.identity(images)

        @tf.custom_gradient
        def passed(images: Any) -> Any:
            return told(images, True), lambda slope: told(slope, False)

        return passed

    def _jax(self) -> Any:
        import jax

        @jax.custom_vjp
        def passed(images: Any) -> Any:
            jax.debug.callback(lambda: self._count(images.shape[0], 0))
            return images

        def forward(images: Any) -> Any:
            return passed(images), None

        def backward(_: None, slope: Any) -> Any:
            jax.debug.callback(lambda: self._count(0, slope.shape[0]))
            return (slope,)

        passed.defvjp(forward, backward)
        return passed

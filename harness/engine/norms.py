"""Norms: steps of length 1, dual norms and projections onto |r| <= epsilon, in the Euclidean and the maximum norm."""

from __future__ import annotations

from typing import Literal

from keras import ops

from harness.engine.shapes import Numbers, Points, Scalar

Norm = Literal["linf", "l2"]

TINY = 1e-30
"""Added to squared lengths where they divide: the square root stays differentiable, and zero stays zero."""

NEAREST = 1e-6
"""A distance that is foreseen is at least this share of that of the farthest corner of the box."""


def length(r: Points) -> Numbers:
    """Return Euclidean norms ``(n,)`` of ``(n, d)``."""
    return ops.sqrt(ops.sum(r * r, axis=-1))


def unit(r: Points) -> Points:
    """Return ``(n, d)`` scaled to Euclidean norm 1; zero stays zero."""
    # Scaled by the largest entry first: the square of a tiny gradient would vanish in float32.
    largest = ops.max(ops.abs(r), axis=-1, keepdims=True)
    r = r / ops.where(largest > 0, largest, 1.0)
    return r / ops.sqrt(ops.sum(r * r, axis=-1, keepdims=True) + TINY)


def norm_of(norm: Norm, r: Points) -> Numbers:
    """Return norms ``(n,)`` of ``(n, d)``: the Euclidean one, or the largest change of a pixel."""
    return ops.max(ops.abs(r), axis=-1) if norm == "linf" else length(r)


def dual_length(norm: Norm, gradient: Points) -> Numbers:
    """Return how fast a linear function of this gradient rises along ``steepest``, ``(n,)``: the dual norm, L1 of linf."""
    return ops.sum(ops.abs(gradient), axis=-1) if norm == "linf" else length(gradient)


def steepest(norm: Norm, gradient: Points) -> Points:
    """Return the direction of length 1 in the norm along which a linear function of this gradient rises most."""
    return ops.sign(gradient) if norm == "linf" else unit(gradient)


def project_to_norm(norm: Norm, r: Points, epsilon: Scalar) -> Points:
    """Return the nearest point to r ``(n, d)`` with norm at most epsilon."""
    if norm == "linf":
        return ops.clip(r, -epsilon, epsilon)
    return r * ops.minimum(1.0, epsilon / ops.maximum(length(r), TINY))[:, None]

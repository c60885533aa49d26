"""Local response normalization, of which Keras has no layer, and its operator norm."""

from __future__ import annotations

import math

from keras import ops

from harness.engine.shapes import Unchecked
from harness.kinds.norm_bounds import NormBounds


def normalized_responses(activations: Unchecked, size: int, weight: float, beta: float, k: float) -> Unchecked:
    """Return x / (k + weight · Σ x²)^beta for activations ``(n, …, channels)``, summed over ``size`` neighbouring channels."""
    channels, half = activations.shape[-1], size // 2
    edges = [(0, 0)] * (len(activations.shape) - 1)
    squares = ops.pad(ops.square(activations), [*edges, (half, half)])
    total = sum(squares[..., shift : shift + channels] for shift in range(size))
    return activations * ops.power(k + weight * total, -beta)


def response_norm(channels: int, size: int, beta: float, k: float) -> NormBounds:
    """Return the norm of local response normalization: k^-beta, the derivative at 0, from below.

    With u = sqrt(weight) x and D_i = k + Σ_j u_j² the derivative is diag(D^-beta) - M, where
    M_ij = 2 beta u_i u_j D_i^-(beta+1) for the n channels j of i's sum. Where all sums hold all channels it is
    D^-beta (I - 2 beta u uᵀ / D), of the norm k^-beta at most for beta <= 1 (Szegedy et al. 2014, section 4.3).
    Elsewhere ‖M‖² is at most the largest row sum times the largest column sum of |M|. With
    c = max_S 2 beta S (k + S)^-(beta+1), a row sums up to c (1 + sqrt n) / 2, as |u_i| Σ_j |u_j| <= (1 + sqrt n) / 2 · Σ_j u_j²,
    and a column to c (n + 1) / 2, as |u_i u_j| <= (u_i² + u_j²) / 2.
    """
    smallest = k**-beta
    if channels <= size // 2 + 1 and beta <= 1:
        return NormBounds.exactly(smallest)
    c = 2 * smallest * (beta / (beta + 1)) ** (beta + 1)
    return NormBounds(smallest, smallest + c / 2 * math.sqrt((size + 1) * (1 + math.sqrt(size))), smallest)

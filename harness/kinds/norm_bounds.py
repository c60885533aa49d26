"""What a layer says of its operator norm: two ends, what the paper's formula gives, the slope of its activation function."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

SAME = 1e-9
"""Two ends that differ by no more than this share of the upper one are one number."""


@dataclass(frozen=True)
class NormBounds:
    """An enclosure of the least L with ‖f(x) - f(x')‖₂ <= L ‖x - x'‖₂ for all inputs x, x' of a layer f, in inference.

    Attributes:
        lower: not above L; 0 where nothing is known from below.
        upper: not below L.
        printed: what Szegedy et al. 2014, section 4.3, say it is; the upper end where they say nothing. It may lie on either side:
            their circular convolution has more windows than the layer, and their formula divides by the stride once too often.
        slope: the largest slope of the activation function that follows f; enters none of the three.
    """

    lower: float
    upper: float
    printed: float
    slope: float = 1.0

    @classmethod
    def exactly(cls, norm: float, slope: float = 1.0) -> Self:
        """Return both ends at a norm that is known."""
        return cls(norm, norm, norm, slope)

    @property
    def exact(self) -> bool:
        """Whether both ends are one number."""
        return self.upper - self.lower <= SAME * self.upper


def in_sequence(bounds: Iterable[NormBounds]) -> NormBounds:
    """Return the product over layers that follow one another, their activation functions included.

    The network's own Lipschitz constant is at most ``upper``. ``lower`` is the lower end of the product alone: the constant
    may be far below it, as the directions that layers stretch most need not meet.
    """
    each = tuple(bounds)
    slope = math.prod(one.slope for one in each)
    return NormBounds(
        slope * math.prod(one.lower for one in each),
        slope * math.prod(one.upper for one in each),
        slope * math.prod(one.printed for one in each),
    )


def side_by_side(bounds: Sequence[NormBounds], *, added: bool, share: float = 1.0) -> NormBounds:
    """Return the bounds of paths that all take one input, whose outputs are added, or else concatenated, times a share.

    Norms of paths that are added add up at most; of paths that are concatenated their squares do. Nothing is known from
    below: paths may cancel one another.
    """
    join = math.fsum if added else lambda norms: math.hypot(*norms)
    return NormBounds(0.0, share * join([one.upper for one in bounds]), share * join([one.printed for one in bounds]))

"""Units: what a metric's value is measured in, and how numbers of it are printed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

Natural = Literal["fraction", "distortion", "number", "seconds"]
"""What a metric's value may be measured in."""
PLAIN: Natural = "number"
"""No unit at all: that of a ratio."""
UnitWord = Literal["%", "fraction", "distortion", "number", "s", "ms"]
"""Unit of a printed number, as a claim writes it."""


@dataclass(frozen=True)
class Unit:
    """A unit of printed numbers.

    Attributes:
        word: as a claim writes it.
        natural: what the metrics whose numbers it may print are measured in.
        means: what one is.
        least, greatest: the range of such numbers, in this unit.
        scale: one of it in the natural unit.
        after: what follows a number.
        after_difference: what follows a difference of two numbers.
    """

    word: UnitWord
    natural: Natural
    means: str
    least: float
    greatest: float
    scale: float = 1.0
    after: str = ""
    after_difference: str = ""


UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        unit.word: unit
        for unit in (
            Unit(
                "%", "fraction", "percent of images, as printed; 1 is one image in a hundred",
                0.0, 100.0, scale=0.01, after=" %", after_difference=" points",
            ),
            Unit("fraction", "fraction", "share of images, from 0 to 1", 0.0, 1.0),
            Unit("distortion", "distortion", "root mean square over pixels in [0, 1]", 0.0, 1.0),
            Unit("number", "number", "a plain number", -math.inf, math.inf),
            Unit("s", "seconds", "seconds", 0.0, math.inf, after=" s", after_difference=" s"),
            Unit("ms", "seconds", "milliseconds", 0.0, math.inf, scale=0.001, after=" ms", after_difference=" ms"),
        )
    }
)  # fmt: skip
"""Word -> unit."""


def units_of(natural: Natural) -> tuple[UnitWord, ...]:
    """Return the units that numbers of a natural unit may be printed in; the last is the default."""
    return tuple(unit.word for unit in UNITS.values() if unit.natural == natural)


assert set(UNITS) == set(get_args(UnitWord))

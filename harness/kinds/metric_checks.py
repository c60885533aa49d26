"""Checks of a metric's result: a finite number in its unit's range, and counts that add up to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any, NoReturn

from harness.errors import ContractError
from harness.examples import Value
from harness.kinds.contract import described, is_whole
from harness.strictjson import LARGEST


def checked_value(value: Any, kind: str, unit: str, images: int) -> Value:
    """Return a metric's value with plain numbers.

    Args:
        value: what its author returned.
        kind: the metric, for the error.
        unit: its natural unit: fraction, distortion, number or seconds.
        images: how many it was given.

    Raises:
        ContractError: where it is no Value, or one that cannot be.
    """
    if not isinstance(value, Value):
        raise ContractError(f"{kind}: expected a Value, found {described(value)}")
    part = _Part(kind)
    size = part.number("value", value.value)
    if unit != "number" and size < 0:
        part.refuse("value", f"a {unit}, which is not negative", size)
    if unit == "fraction" and size > 1:
        part.refuse("value", "a fraction, which is at most 1", size)
    of = None if value.of is None else part.whole("of", value.of, 1)
    if of is not None and of > images:
        part.refuse("of", f"at most {images}, the images it was given", of)
    count = None if value.count is None else part.whole("count", value.count, 0)
    if count is not None and of is not None:
        if count > of:
            part.refuse("count", f"at most {of}, the images there are", count)
        if unit == "fraction" and not math.isclose(size, count / of, abs_tol=1e-9):
            part.refuse("value", f"count / of, which is {count} / {of}", size)
    spread = None if value.spread is None else part.number("spread", value.spread)
    if spread is not None and spread < 0:
        part.refuse("spread", "a standard deviation, which is not negative", spread)
    return Value(size, count, of, spread, None if value.histogram is None else part.histogram(value.histogram))


@dataclass(frozen=True)
class _Part:
    """Reads the parts of a metric's value; errors name the kind and the part."""

    kind: str

    def refuse(self, part: str, expected: str, found: Any) -> NoReturn:
        shown = f"{found!r:.80}" if isinstance(found, Real | str) else described(found)
        raise ContractError(f"{self.kind}: {part}: expected {expected}, found {shown}")

    def number(self, part: str, given: Any) -> float:
        number = math.nan if isinstance(given, bool) or not isinstance(given, Real) else float(given)
        if not abs(number) <= LARGEST:
            self.refuse(part, f"a finite number of at most {LARGEST:g}", given)
        return number

    def whole(self, part: str, given: Any, least: int) -> int:
        if not is_whole(given) or given < least:
            self.refuse(part, f"a whole number of at least {least}", given)
        return int(given)

    def histogram(self, given: Any) -> tuple[tuple[float, ...], tuple[int, ...]]:
        if not (isinstance(given, tuple | list) and len(given) == 2 and all(hasattr(one, "__iter__") for one in given)):
            self.refuse("histogram", "a pair of edges and counts", given)
        edges = tuple(self.number("histogram edge", edge) for edge in given[0])
        counts = tuple(self.whole("histogram count", count, 0) for count in given[1])
        if len(edges) != len(counts) + 1 or any(low >= high for low, high in pairwise(edges)):
            self.refuse("histogram", "edges that rise, one more than counts", given)
        return edges, counts

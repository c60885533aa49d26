"""The variants of a paper that are run (a multiverse analysis): other readings of its assumptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from harness.errors import UsageError
from harness.naming import unknown
from harness.spec.paper import Assumption, Spec

ALL = "all"
MOST = 12
"""Largest full product of the readings, including the chosen ones; otherwise one assumption varies at a time."""

Assumptions = Mapping[str, Assumption]
ReadPack = Callable[[str, Mapping[str, str]], Spec]
"""Reads a pack again: (budget, readings that differ from the chosen ones) -> pack. Raises UsageError and SpecError."""


@dataclass(frozen=True)
class Variant:
    """One variant: the chosen readings except for these.

    Attributes:
        readings: (assumption, reading) for each reading that differs from the chosen one; at least one.
    """

    readings: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """``weight-decay=lambda, stopping=early``."""
        return ", ".join(f"{name}={reading}" for name, reading in self.readings)


@dataclass(frozen=True)
class VariantSet:
    """The variants of one pack that are run.

    Attributes:
        variants: without the chosen readings.
        full: whether they contain every combination.
    """

    variants: tuple[Variant, ...] = ()
    full: bool = True


def requested_readings(words: str, packs: Iterable[Assumptions]) -> Mapping[str, frozenset[str]]:
    """Read ``all`` or ``NAME=VALUE,…`` (VALUE may be ``all``) as assumption -> readings requested.

    Raises:
        UsageError: for a text of another form, and for an assumption or a reading that no pack has.
    """
    known: dict[str, set[str]] = {}
    for assumptions in packs:
        for name, assumption in assumptions.items():
            known.setdefault(name, set()).update(assumption.readings)
    if words.strip() == ALL:
        return {name: frozenset(readings) for name, readings in known.items()}
    found: dict[str, frozenset[str]] = {}
    for part in words.split(","):
        name, equals, reading = (text.strip() for text in part.partition("="))
        if not equals or not name or not reading:
            raise UsageError(f"--readings {words}: expected all, or NAME=VALUE,…; found {part.strip()!r}")
        if name not in known:
            raise UsageError(f"--readings {part.strip()}: {unknown('assumption', name, known)}")
        if reading != ALL and reading not in known[name]:
            raise UsageError(f"--readings {part.strip()}: {unknown('reading', reading, known[name], of=repr(name))}")
        more = known[name] if reading == ALL else {reading}
        found[name] = found.get(name, frozenset()) | more
    return found


def choose_variants(assumptions: Assumptions, requested: Mapping[str, frozenset[str]]) -> VariantSet:
    """Return the variants of one pack: the full product of the requested readings if it is small.

    Readings that the pack does not have are left out; the chosen reading is always included.
    """
    others = {
        name: [
            reading for reading in assumption.readings if reading in requested[name] and reading != assumption.chosen
        ]
        for name, assumption in assumptions.items()
        if name in requested
    }
    others = {name: readings for name, readings in others.items() if readings}
    if prod(1 + len(readings) for readings in others.values()) > MOST:
        single = tuple(Variant(((name, reading),)) for name, readings in others.items() for reading in readings)
        return VariantSet(single, full=False)
    options = [[None, *((name, reading) for reading in readings)] for name, readings in others.items()]
    combined = (tuple(one for one in picked if one is not None) for picked in product(*options))
    return VariantSet(tuple(Variant(readings) for readings in sorted(combined, key=len) if readings))

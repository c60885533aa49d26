"""Checks that a claim with ``same_as`` prints the same number as the claim it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.kinds.unit import UNITS
from harness.spec.claim import Claim
from harness.spec.paper import NotExpressible
from harness.spec.reading.claims import Known
from harness.spec.reading.node import Node, Problems
from harness.spec.rules.claims import NOT_A_REPEAT


@dataclass(frozen=True)
class Number:
    """A printed number.

    Attributes:
        id: of its claim, or its own where no claim is made of it.
        printed: as printed; None where nothing is.
        unit: its unit.
        same_as: the id of what states it elsewhere.
        written: where that is written.
        claimed: whether a claim is made of it.
    """

    id: str
    printed: str | None
    unit: str
    same_as: str | None
    written: Node | None
    claimed: bool

    @classmethod
    def of(cls, stated: Claim | NotExpressible, keys: Mapping[str, Node]) -> Number:
        """Return the number of a claim, or of what no claim is made of, and where its keys are written."""
        claimed = isinstance(stated, Claim)
        number = stated.expected if isinstance(stated, Claim) else stated
        return cls(stated.id, number.printed, number.unit, stated.same_as, keys.get("same_as"), claimed)

    @property
    def size(self) -> float | None:
        """The number without its unit."""
        return None if self.printed is None else float(self.printed) * UNITS[self.unit].scale


def check_repeats(numbers: Iterable[Number], known: Known, problems: Problems) -> None:
    """Report every number that is said to repeat another and does not.

    Args:
        numbers: those that could be built.
        known: the ids of all claims, built or not.
        problems: receives every mistake.
    """
    by_id = {one.id: one for one in numbers}
    for one in by_id.values():
        if one.same_as is not None and one.written is not None:
            _check(one, one.written, by_id, known, problems)


def _check(one: Number, node: Node, by_id: Mapping[str, Number], known: Known, problems: Problems) -> None:
    target = one.same_as or ""
    original = by_id.get(target)
    if original is None:
        if target not in known.ids and known.matching(node, problems):
            problems.at(node, NOT_A_REPEAT, f"expected the id of one claim; found the pattern {target!r}")
        return
    if original is one:
        problems.at(node, NOT_A_REPEAT, "names the claim itself; name the claim that states the number elsewhere")
        return
    if one.claimed and not original.claimed:
        problems.at(
            node,
            NOT_A_REPEAT,
            f"{target!r} is not expressible, so that its number is judged nowhere else; delete 'same_as', "
            "or say here too why it is not expressible",
        )
        return
    if original.same_as is not None:
        problems.at(node, NOT_A_REPEAT, f"{target!r} is itself the same as {original.same_as!r}; name that one")
    if one.size is None or original.size is None:
        bare = one if one.size is None else original
        problems.at(node, NOT_A_REPEAT, f"only a printed number can be the same as another; {bare.id!r} has none")
    elif abs(one.size - original.size) > 1e-12:
        problems.at(
            node,
            NOT_A_REPEAT,
            f"{target!r} prints {original.printed} ({original.unit}), this claim {one.printed} ({one.unit}); "
            "correct the number, or delete 'same_as'",
        )

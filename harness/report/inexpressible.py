"""What is printed but not expressible as a claim, as an exhibit shows it: in its place, with the reason as a note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.kinds.relation import relation_named
from harness.report.case import Case
from harness.spec.paper import Exhibit, NotExpressible


@dataclass(frozen=True)
class Inexpressible:
    """A printed number or statement that is not expressible as a claim.

    Attributes:
        stated: what is printed, and why no claim is made of it.
        row: label of its row, or its name in a list.
        column: label of its column; empty in a list.
        note: number of its note below the exhibit.
    """

    stated: NotExpressible
    row: str
    column: str
    note: int

    @property
    def printed(self) -> str:
        """The number as printed; a dash if none is."""
        number = self.stated.printed
        sign = "".join(f"{sign}\u202f" for sign in relation_named(self.stated.relation).signs[:1])
        return "–" if number is None else f"{sign}{number}"

    @property
    def unit(self) -> str:
        """Unit of the printed number; empty if nothing is printed."""
        return self.stated.unit if self.stated.printed is not None else ""


def reasons(exhibit: Exhibit) -> tuple[str, ...]:
    """Return every reason of an exhibit once, in the order of its notes."""
    return tuple(dict.fromkeys(each.why for each in exhibit.not_expressible))


def inexpressible_of(exhibit: Exhibit) -> Mapping[str, Inexpressible]:
    """Return what is not expressible in an exhibit, by id, in order."""
    labels = [{axis.name: axis.label for axis in axes} for axes in (exhibit.rows, exhibit.columns)]
    numbered, found = reasons(exhibit), {}
    for each in exhibit.not_expressible:
        row, _, column = each.id.partition("/")[2].partition("/")
        found[each.id] = Inexpressible(
            each, labels[0].get(row, row), labels[1].get(column, column), numbered.index(each.why) + 1
        )
    return found


def in_order(exhibit: Exhibit, cases: Mapping[str, Case]) -> Iterator[Case | Inexpressible]:
    """Yield an exhibit's claims and what is not expressible, in the order of the paper."""
    others = list(inexpressible_of(exhibit).values())
    for place, claim in enumerate(exhibit.claims):
        yield from (each for each in others if each.stated.place == place)
        yield cases[claim]
    yield from (each for each in others if each.stated.place >= len(exhibit.claims))

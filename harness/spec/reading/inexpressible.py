"""Printed parts that are not expressible as claims; they keep their places in the exhibit, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.kinds.metric import MetricRecipe
from harness.spec.claim import Source
from harness.spec.paper import NotExpressible
from harness.spec.reading.expectations import number
from harness.spec.reading.keys import Own
from harness.spec.reading.node import Keys, Node, Problems
from harness.spec.reading.validate import Missing, validate
from harness.spec.rules.claims import SAYS_NOTHING
from harness.spec.rules.entries import MISSING_FIELD

KEY = "not_expressible"
"""The key with the reason."""


def reason(own: Keys, *lines: Keys) -> Node | None:
    """Return why a cell is not expressible: its own reason, else those of its row and column; null cancels them."""
    if KEY in own:
        return None if own[KEY].unset else own[KEY]
    given = [keys[KEY] for keys in lines if KEY in keys and not keys[KEY].unset]
    if len({node.text for node in given}) > 1 and all(
        isinstance(node.value, str) and node.value.strip() for node in given
    ):
        both = "; ".join(node.text.strip().rstrip(".") for node in given)
        return replace(given[0], value=both, text=both)
    return given[0] if given else None


@dataclass(frozen=True)
class Gap:
    """A printed number or statement that is not expressible, as written.

    Attributes:
        id: as a claim's.
        home: the node it is written at.
        keys: every key set for it, by its row, its column or itself.
        missing: where to report that a key is missing.
        why: the reason.
        place: how many claims of its file are printed before it.
        says: its sentence if no key gives it.
        needs_words: whether the key ``says`` must be there.
    """

    id: str
    home: Node
    keys: Keys
    missing: Missing
    why: Node
    place: int
    says: str = ""
    needs_words: bool = False

    def built(self, source: Source, metric: type[MetricRecipe] | None, problems: Problems) -> NotExpressible | None:
        """Build what the report shows; its number is checked like any printed number.

        Args:
            source: the source at the head of its file.
            metric: the metric it would be measured by, if that is known.
            problems: receives every mistake.
        """
        own = {key: self.keys[key] for key in ("says", "source", "same_as") if key in self.keys}
        written = {key: node for key, node in own.items() if not node.unset} | {KEY: self.why}
        if self.needs_words and "says" not in written:
            problems.at_place(
                self.missing("says").within("says"), MISSING_FIELD, "missing; write in a sentence what is printed"
            )
        for key in written.keys() & {"says", KEY}:
            if written[key].text.isspace():
                problems.at(written[key], SAYS_NOTHING, "expected a sentence; found nothing")
        printed = number(self.keys, self.home, self.missing, metric, problems)
        said = validate(Own, self.home.with_entries(written), problems, self.missing)
        why = " ".join((said.not_expressible or "").split()) if said else ""
        if printed is None or said is None or not why:
            return None
        return NotExpressible(
            id=self.id,
            source=said.source or source,
            says=said.says or self.says,
            printed=printed.printed,
            unit=printed.unit,
            relation=printed.relation,
            why=why,
            same_as=said.same_as,
            place=self.place,
        )

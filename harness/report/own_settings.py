"""The settings that the paper does not print and no assumption varies, with the values the pack gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from harness.errors import plural
from harness.record.model import Record
from harness.report.provenance import value_in_words
from harness.report.words import listed

NAMED = 4
"""The most values of one setting that are named."""


@dataclass(frozen=True)
class OwnSetting:
    """A setting of the pack's own.

    Attributes:
        path: as paper.yaml has it: ``models.*.training.batch_size``.
        values: in words, those of most recipes first; empty if the record has no recipe with it.
    """

    path: str
    values: str


def own_settings(record: Record) -> tuple[OwnSetting, ...]:
    """Return the settings that a record's pack lists as not printed, in its order; none of older records, which lack them."""
    return tuple(OwnSetting(path, _in_words(record, path)) for path in record.paper.not_printed)


def _in_words(record: Record, path: str) -> str:
    """Return the values that a path has in the record's recipes."""
    head, _, rest = path.partition(".")
    name, _, field = rest.partition(".")
    recipes = record.recipes.get(head, {})
    found = Counter(
        value_in_words(value)
        for entry, recipe in recipes.items()
        if fnmatchcase(entry, name)
        for value in _values(recipe, field.split("."))
    )
    named = [value for value, _ in found.most_common()]
    more = [plural(len(named) - NAMED, "other value")] if len(named) > NAMED + 1 else []
    return listed([*named[: NAMED if more else None], *more])


def _values(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    """Yield what the steps of a path lead to; a step may be a field, a kind, or the number of a list's member."""
    if not steps:
        yield value
    elif isinstance(value, Mapping):
        if steps[0] in value:
            yield from _values(value[steps[0]], steps[1:])
        elif steps[0] == value.get("kind"):
            yield from _values(value, steps[1:])
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for place, member in enumerate(value):
            yield from _values(member, steps[1:] if steps[0] == str(place) else steps)

"""Turns a file of claims, a table or a list, into an exhibit and the keys of each of its claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.kinds.recipe import Recipe
from harness.spec.claim import Source
from harness.spec.paper import Exhibit
from harness.spec.reading.draft import Draft, Entry, claim_keys, claims_in
from harness.spec.reading.inexpressible import Gap, reason
from harness.spec.reading.keys import ExhibitFile
from harness.spec.reading.names import check_names
from harness.spec.reading.node import Node, Place, Problems
from harness.spec.reading.pack_entries import metric_named
from harness.spec.reading.table import Table
from harness.spec.reading.taken import settled
from harness.spec.reading.validate import Missing, validate
from harness.spec.rules.claims import NOTHING_TO_JUDGE, SOURCE_NAMES_NO_PLACE, TABLE_OR_LIST


@dataclass(frozen=True)
class Read:
    """One file of claims, read.

    Attributes:
        shown: the exhibit; None if the head of the file is wrong.
        drafts: each claim as written, in the order of the file.
        gaps: the parts that are not expressible, as written.
    """

    shown: Exhibit | None = None
    drafts: tuple[Draft, ...] = ()
    gaps: tuple[Gap, ...] = ()


def exhibit(name: str, node: Node, metrics: Mapping[str, type[Recipe]], problems: Problems) -> Read:
    """Read one file of claims.

    Args:
        name: the file's name without its ending.
        node: its content.
        metrics: the kinds of metric by name.
        problems: receives every mistake.
    """
    head = validate(ExhibitFile, node, problems)
    written = {key for key in ("columns", "rows", "claims") if key in node.entries}
    if written not in ({"columns", "rows"}, {"claims"}):
        has = f"found {' and '.join(sorted(written))}" if written else "found neither"
        problems.at(node, TABLE_OR_LIST, f"expected either columns and rows (a table) or claims (a list); {has}")
        return Read()
    if source := node.entries.get("source"):
        check_source(source, problems)
    if "claims" in written:
        entries = _listed(name, node.entries["claims"], problems)
        parts: dict[str, Any] = {"shape": "list"}
    else:
        entries, parts = Table(name, node, metrics, problems).read()
    drafts = tuple(entry for entry in entries if isinstance(entry, Draft))
    gaps = tuple(entry for entry in entries if isinstance(entry, Gap))
    for gap in gaps:
        if "source" in gap.keys:
            check_source(gap.keys["source"], problems)
    where = head.source if head else Source()
    built = [gap.built(where, metric_named(gap.keys.get("metric"), metrics), problems) for gap in gaps]
    if head is None:
        return Read(None, drafts, gaps)
    parts["claims"] = tuple(draft.id for draft in drafts)
    parts["not_expressible"] = tuple(one for one in built if one is not None)
    return Read(Exhibit(id=name, title=head.title, source=where, **parts), drafts, gaps)


def check_source(source: Node, problems: Problems) -> None:
    """Report a source that names no table, figure or section."""
    named = [node for key, node in source.entries.items() if key in {"table", "figure", "section"}]
    strange = set(source.entries) - set(Source.model_fields)  # one of them may be a misspelt key of a place
    if isinstance(source.value, dict) and not strange and all(node.unset or node.value == "" for node in named):
        problems.at_key(
            source, SOURCE_NAMES_NO_PLACE, "expected one of table, figure or section; add the one that prints it"
        )


def _listed(name: str, claims: Node, problems: Problems) -> list[Entry]:
    """Return a list's claims, and its parts that are not expressible."""
    check_names(claims, "a claim", problems)
    entries: list[Entry] = []
    for key, claim in claims.entries.items():
        keys = claim_keys(claim, frozenset(), problems)
        if keys is None:
            continue
        claim_id, missing, why = f"{name}/{key}", _at(claim.key), reason(keys)
        if why is None:
            entries.append(Draft(claim_id, claim, settled(keys, problems), missing, needs_words=True))
        else:
            entries.append(Gap(claim_id, claim, keys, missing, why, claims_in(entries), needs_words=True))
    if not claims.entries and not claims.bad:
        problems.at_key(claims, NOTHING_TO_JUDGE, "there is no claim here; write one, or delete the file")
    return entries


def _at(place: Place) -> Missing:
    """Report every missing key at one place."""
    return lambda _: place

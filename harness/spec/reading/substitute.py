"""Substitutes the values that readings and budgets set into the entries of a pack, before validation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from harness.kinds.field_types import noun
from harness.kinds.recipe import Recipe
from harness.naming import known_names, unknown
from harness.spec.reading.entries import kind_of
from harness.spec.reading.node import Node, Problems
from harness.spec.reading.pack_entries import FILES, GROUP_OF
from harness.spec.rules.entries import PATH_SETS_NOTHING
from harness.spec.sample import Sample

HEADS = (*GROUP_OF, "sample")
"""First steps of a path."""
GRAMMAR = "a path is models.<name>.<field>, attacks.<name>.<field>, data.<name>.<field> or sample.<field>; fields within fields follow with dots"


@dataclass(frozen=True)
class Tree:
    """Everything that can be set, as written or substituted.

    Attributes:
        entries: the mappings of entries by their place (data, models, attacks); None if absent.
        sample: the paper's default sample; None if absent.
        unreadable: those whose file could not be read.
    """

    entries: Mapping[str, Node | None]
    sample: Node | None
    unreadable: frozenset[str] = frozenset()


def substitute(tree: Tree, sets: Node | None, problems: Problems) -> Tree:
    """Return the tree with the values of one ``sets`` mapping, substituted in the order written.

    A value keeps the place where it was written, so that mistakes in it are reported there. A path that matches no
    entry or no field is reported and ignored.
    """
    for path, value in (sets.entries if sets else {}).items():
        tree = _put(tree, path, value, problems)
    return tree


def targets(tree: Tree, sets: Node | None) -> Iterator[tuple[tuple[str, str, str], Node]]:
    """Yield every (place, entry, field) that a ``sets`` mapping changes, and the new value."""
    for path, value in (sets.entries if sets else {}).items():
        head, _, rest = path.partition(".")
        name, _, field = rest.partition(".")
        if head == "sample":
            yield (head, "", rest), value
        elif head in GROUP_OF:
            for match in _having(GROUP_OF[head], _matching(tree.entries[head], name), field):
                yield (head, match, field), value


def _put(tree: Tree, path: str, value: Node, problems: Problems) -> Tree:
    head, _, rest = path.partition(".")
    if head not in HEADS:
        problems.at_key(value, PATH_SETS_NOTHING, f"{unknown('part of a pack', head, HEADS)} {GRAMMAR}")
        return tree
    if head == "sample":
        if rest not in Sample.model_fields:
            problems.at_key(value, PATH_SETS_NOTHING, unknown("field", rest, Sample.model_fields, of="sample"))
            return tree
        sample = tree.sample or Node({}, value.key, value.key)
        return replace(tree, sample=sample.with_entries({**sample.entries, rest: value}))
    if head in tree.unreadable:
        return tree
    name, dot, field = rest.partition(".")
    if not dot or not all(field.split(".")):
        problems.at_key(
            value,
            PATH_SETS_NOTHING,
            f"expected at least three steps, found {rest.count('.') + 2 if rest else 1}; {GRAMMAR}",
        )
        return tree
    matches = _matching(tree.entries[head], name)
    chosen = _having(GROUP_OF[head], matches, field)
    if not chosen:
        _complain(head, name, field, matches, tree.entries[head], value, problems)
        return tree
    node = tree.entries[head]
    assert node is not None  # something in it matched
    changed = {
        key: _with(entry, field.split("."), value) if key in chosen else entry for key, entry in node.entries.items()
    }
    return replace(tree, entries={**tree.entries, head: node.with_entries(changed)})


def _with(node: Node, steps: Sequence[str], value: Node) -> Node:
    """Return a mapping with another value for the field at these steps.

    A step into a list is the number of a member, from 0, or the kind of the selected members (``layers.dropout.rate``).
    """
    step, *rest = steps
    if isinstance(node.value, list):
        changed = [
            _with(member, rest, value)
            if step == str(k)
            else _with(member, steps, value)
            if step in member.entries
            else member
            for k, member in enumerate(node.members)
        ]
        return replace(node, value=changed)
    below = node.entries.get(step, Node({}, node.place, node.key))
    return node.with_entries({**node.entries, step: _with(below, rest, value) if rest else value})


def _takes(node: Node | None, steps: Sequence[str]) -> bool:
    """Whether a value in an entry has the field at these steps, as far as that is known here."""
    if node is None:
        return False
    if isinstance(node.value, list):
        return any(steps[0] == str(k) or steps[0] in member.entries for k, member in enumerate(node.members))
    training = kind_of("trainings", node)
    return training is None or steps[0] in training.model_fields


def _matching(node: Node | None, pattern: str) -> dict[str, Node]:
    """Return the entries whose names match."""
    entries = node.entries if node else {}
    return {name: entry for name, entry in entries.items() if fnmatchcase(name, pattern)}


def _having(group: str, matches: Mapping[str, Node], field: str) -> set[str]:
    """Return the names of the entries whose kind has this field."""
    classes = {name: kind_of(group, entry) for name, entry in matches.items()}
    first, _, rest = field.partition(".")
    having = {name for name, cls in classes.items() if cls is not None and first in cls.model_fields}
    return (
        having if not rest else {name for name in having if _takes(matches[name].entries.get(first), rest.split("."))}
    )


def _complain(
    head: str,
    name: str,
    field: str,
    matches: Mapping[str, Node],
    node: Node | None,
    value: Node,
    problems: Problems,
) -> None:
    """Say why a path has no effect."""
    group = GROUP_OF[head]
    if not matches:
        names: Iterable[str] = node.entries if node else ()
        what = f"no {noun(group)} matches {name!r}" if set(name) & set("*?[") else unknown(noun(group), name, names)
        known = f"; {known_names(names, noun(group))}" if not what.startswith("unknown") else ""
        problems.at_key(
            value, PATH_SETS_NOTHING, f"{what}{known}" if names else f"{what}; there is none in {FILES[group]}"
        )
        return
    classes: list[type[Recipe] | None] = [kind_of(group, entry) for entry in matches.values()]
    if None in classes:
        return  # an unknown kind, whose fields are unknown, is reported at its own place
    fields = {field for cls in classes if cls for field in cls.model_fields}
    kinds = ", ".join(sorted({cls.kind for cls in classes if cls}))
    problems.at_key(value, PATH_SETS_NOTHING, unknown("field", field, fields, of=kinds))

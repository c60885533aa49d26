"""Counts the settings of a pack: those that an assumption varies, and those that the paper does not print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.spec.reading.entries import kind_of
from harness.spec.reading.node import Node, Problems
from harness.spec.reading.pack_entries import GROUP_OF
from harness.spec.reading.substitute import Tree, substitute
from harness.spec.settings import Settings

COUNTED = ("models", "attacks")
"""Where settings are counted as written; elsewhere only those that a path names are counted."""


def count_settings(
    tree: Tree, varying: Iterable[Node | None], not_printed: Node | None, problems: Problems
) -> Settings:
    """Return the number of settings of each sort.

    Args:
        tree: the pack as written.
        varying: the ``sets`` of every reading of every assumption.
        not_printed: the paths under ``not_printed`` in paper.yaml; None if there are none.
        problems: receives each path that matches nothing.
    """
    listed = not_printed.names if not_printed is not None and isinstance(not_printed.value, list) else []
    varied = {where for sets in varying if sets for where in _set(tree, sets.entries.items(), Problems())}
    own = set(_set(tree, ((str(path.value), path) for path in listed), problems))
    written = {where for where, _ in _written(tree)}
    unwritten = {where for where in varied | own if not any(_covers(where, each) for each in written)}
    every = written | unwritten
    in_varied = {where for where in every if any(_covers(above, where) for above in varied)}
    in_own = {where for where in every - in_varied if any(_covers(above, where) for above in own)}
    return Settings(
        count=len(every),
        varied=len(in_varied),
        own=len(in_own),
        not_printed=tuple(str(path.value) for path in listed),
    )


def _covers(above: str, where: str) -> bool:
    """Whether one path equals another or is a prefix of it."""
    return where == above or where.startswith(f"{above}.")


def _set(tree: Tree, sets: Iterable[tuple[str, Node]], problems: Problems) -> Iterator[str]:
    """Yield the full path of each value of a ``sets`` mapping, with every name and member."""
    for path, value in sets:
        changed = substitute(tree, value.with_entries({path: value}), problems)
        yield from (where for where, node in _changed(tree, changed) if node is value)


def _changed(before: Tree, after: Tree) -> Iterator[tuple[str, Node]]:
    """Yield every value of a pack that a substitution replaced, and its path; other values are the same object."""
    earlier = {**before.entries, "sample": before.sample}
    for head, entries in (*after.entries.items(), ("sample", after.sample)):
        if entries is not None:
            yield from _changed_below(head, earlier[head], entries)


def _changed_below(path: str, before: Node | None, after: Node) -> Iterator[tuple[str, Node]]:
    if after is before:
        return
    yield path, after
    earlier = {} if before is None else _parts(before)
    for step, each in _parts(after).items():
        yield from _changed_below(f"{path}.{step}", earlier.get(step), each)


def _parts(node: Node) -> dict[str, Node]:
    """Return the values within a mapping or a list, by key or number."""
    return {**node.entries, **{str(k): member for k, member in enumerate(node.members)}}


def _written(tree: Tree) -> Iterator[tuple[str, Node]]:
    """Yield every setting of models and attacks: neither kinds, nor names of other entries."""
    for head in COUNTED:
        entries = tree.entries[head]
        for name, entry in (entries.entries if entries else {}).items():
            yield from _fields(f"{head}.{name}", entry, GROUP_OF[head])


def _fields(path: str, node: Node, group: str) -> Iterator[tuple[str, Node]]:
    """Yield the settings of a recipe."""
    kind = kind_of(group, node)
    names = {"kind"} | (kind.references().keys() if kind else set())
    for field, value in node.entries.items():
        if field not in names:
            yield from _values(f"{path}.{field}", value)


def _values(path: str, node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the settings in a field: its own value, unless it is a training, layers or a mapping."""
    if "kind" in node.entries:
        yield from _fields(path, node, "trainings")
    elif node.entries:
        for step, each in node.entries.items():
            yield from _values(f"{path}.{step}", each)
    elif any(member.entries for member in node.members):
        for k, member in enumerate(node.members):
            yield from _values(f"{path}.{k}", member)
    else:
        yield path, node

"""Turns the named entries of a pack (data sets, models, attacks) into recipes, and checks their references."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.kinds.attack import AttackRecipe
from harness.kinds.field_types import noun
from harness.kinds.model import ModelRecipe
from harness.kinds.plugin_checks import complaint
from harness.kinds.recipe import Recipe
from harness.kinds.registry import kinds, lost
from harness.naming import known_names, shortened, unknown
from harness.spec.reading.names import check_names
from harness.spec.reading.node import Node, Place, Problems
from harness.spec.reading.pack_entries import GROUP_OF, EntryGroup, PackEntries
from harness.spec.reading.taken import RESERVED
from harness.spec.reading.validate import validate
from harness.spec.reading.wording import found
from harness.spec.rules.entries import (
    KIND_REFUSES,
    LAYERS_DO_NOT_FIT,
    MISSING_FIELD,
    REFERS_TO_ITSELF,
    UNKNOWN_KIND,
    WHOLE_OR_SPLIT,
    WRONG_VALUE,
)
from harness.spec.rules.texts import BAD_NAME

Raw = Mapping[str, Node | None]
"""The mappings of entries as written, by their place: data, models, attacks."""
Address = tuple[str, str]
"""Group of kinds and name of an entry."""


@dataclass(frozen=True)
class Link:
    """A reference from one entry to another, and where it is written."""

    target: Address
    node: Node


class Built:
    """The recipes of a pack's entries; an entry that readings and budgets do not change is built and checked once."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._made: dict[tuple[str, Place], list[tuple[Node, Recipe | None]]] = defaultdict(list)

    def recipe(self, group: str, entry: Node) -> Recipe | None:
        """Return the recipe of an entry after substitution; None if it has a mistake, which is reported."""
        made = self._made[group, entry.key]
        known = next((each for each in made if each[0] == entry), None)
        if known is None:
            known = entry, recipe(group, entry, self._problems)
            made.append(known)
        return known[1]


def build_entries(raw: Raw, unreadable: frozenset[str], built: Built, problems: Problems) -> PackEntries:
    """Build every recipe, and check its references.

    Args:
        raw: the entries as written, readings and budget substituted.
        unreadable: those whose file could not be read.
        built: the recipes that are built already.
        problems: receives every mistake.
    """
    groups = PackEntries(
        {
            group: EntryGroup(group, raw[place], place not in unreadable, _recipes(group, raw[place], built, problems))
            for place, group in GROUP_OF.items()
        }
    )
    links: dict[Address, list[Link]] = {}
    for group in groups:
        for name, recipe in group.recipes.items():
            links[group.group, name] = _references(recipe, group.names[name], groups, problems)
    _refuse_cycles(links, problems)
    for name, recipe in groups.recipes("models").items():
        if isinstance(recipe, ModelRecipe):
            _suit(recipe, groups.groups["models"].names[name], groups, problems)
            _fit(recipe, groups.groups["models"].names[name], groups, problems)
    return groups


def _fit(model: ModelRecipe, entry: Node, groups: PackEntries, problems: Problems) -> None:
    """Report layers that do not fit each other or the data, as far as the images' shape and the classes are known."""
    dataset = groups.recipes("datasets").get(model.train_on.partition("/")[0])
    for path, message in model.misfits(groups.image_shape(dataset), groups.classes(dataset)):
        problems.at(_down(entry, path), LAYERS_DO_NOT_FIT, message)


def _suit(model: ModelRecipe, entry: Node, groups: PackEntries, problems: Problems) -> None:
    """Report attacks that a model names but cannot run in training."""
    named = {path: groups.recipes(mark.group).get(name) for path, (mark, name) in model.referents_within().items()}
    attacks = {path: recipe for path, recipe in named.items() if isinstance(recipe, AttackRecipe)}
    for path, message in model.unsuited(attacks):
        problems.at(_down(entry, path), KIND_REFUSES, message)


def _down(node: Node, path: Iterable[str | int]) -> Node:
    """Return the node at a path, or the last node that is written on the way."""
    for step in path:
        node = _below(node, step)
    return node


def _below(node: Node, step: str | int) -> Node:
    """Return the node one step down; the node itself if that step is not written (as in a short form)."""
    if isinstance(step, int):
        return node.members[step] if step < len(node.members) else node
    return node.entries.get(step, node)


def kind_of(group: str, entry: Node) -> type[Recipe] | None:
    """Return the class of an entry's kind, or None if the kind is missing or unknown."""
    named = entry.entries.get("kind")
    return kinds(group).get(str(named.value)) if named else None


def _recipes(group: str, node: Node | None, built: Built, problems: Problems) -> dict[str, Recipe]:
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        problems.at(node, WRONG_VALUE, f"expected a mapping from name to {noun(group)}; found {found(node)}")
        return {}
    check_names(node, f"a {noun(group)}", problems)
    for name in sorted(RESERVED & node.value.keys() if group == "attacks" else ()):
        problems.at_key(
            node.value[name],
            BAD_NAME,
            f"{name!r} cannot be the name of an attack: claims use this word instead of a name",
        )
    recipes = {name: built.recipe(group, entry) for name, entry in node.value.items()}
    return {name: value for name, value in recipes.items() if value is not None}


def recipe(group: str, entry: Node, problems: Problems) -> Recipe | None:
    """Build one recipe from ``{kind: …, fields}``; report every mistake in it."""
    known = kinds(group)
    if not isinstance(entry.value, dict):
        problems.at(entry, WRONG_VALUE, f"expected {{kind: …, and the kind's fields}}; found {found(entry)}")
        return None
    named = entry.entries.get("kind")
    if named is None:
        problems.at_place(entry.key.within("kind"), MISSING_FIELD, f"missing; {known_names(known, 'kind')}")
        return None
    if not isinstance(named.value, str):
        problems.at(
            named, WRONG_VALUE, f"expected the name of a kind; found {found(named)}; {known_names(known, 'kind')}"
        )
        return None
    if named.value not in known:
        elsewhere = lost(group, named.value)
        why = (
            f"unknown kind {shortened(named.value)}: {elsewhere}" if elsewhere else unknown("kind", named.value, known)
        )
        problems.at(named, UNKNOWN_KIND, why)
        return None
    fields = {name: node for name, node in entry.entries.items() if name != "kind"}
    built = validate(known[named.value], entry.with_entries(fields), problems)
    if built is not None and (why := complaint(built)):
        problems.at(named, KIND_REFUSES, why)
        return None
    return built.expanded() if built is not None else None


def _references(recipe: Recipe, entry: Node, groups: PackEntries, problems: Problems) -> list[Link]:
    """Check the names in a recipe's fields, and return them."""
    own = [(mark, node) for field, mark in type(recipe).references().items() for node in _written(recipe, field, entry)]
    within = [(mark, _named(name, _down(entry, path))) for path, (mark, name) in recipe.referents_within().items()]
    links = []
    for mark, node in own + within:
        name = str(node.value)
        if mark.group == "datasets" and not mark.whole:
            groups.split(node, problems)
            name = name.partition("/")[0]
        else:
            _whole(mark.group, node, groups, problems)
        links.append(Link((mark.group, name), node))
    return links


def _named(name: str, node: Node) -> Node:
    """Return the node of a reference within an entry; for a default, a node at what holds it."""
    return node if node.value == name else Node(name, node.key, node.key)


def _whole(group: str, node: Node, groups: PackEntries, problems: Problems) -> None:
    """Check the name of a whole entry; for a data set, no split may follow."""
    name, slash, _ = str(node.value).partition("/")
    if group == "datasets" and slash and name in groups.groups[group].names:
        problems.at(node, WHOLE_OR_SPLIT, f"expected the name of a whole data set; found a split; write {name!r}")
    else:
        groups.look_up(group, node, problems)


def _written(recipe: Recipe, field: str, entry: Node) -> list[Node]:
    """Return the nodes that hold a reference's names; for a default, the node of the entry."""
    if field in entry.entries:
        return entry.entries[field].names
    default = getattr(recipe, field)
    names = default if isinstance(default, tuple) else (default,)
    return [Node(name, entry.key.within(field), entry.key) for name in names if name is not None]


def _refuse_cycles(links: Mapping[Address, list[Link]], problems: Problems) -> None:
    """Report every entry that refers to itself, directly or through others, with the path of the cycle."""
    done: set[Address] = set()
    for start in links:
        path: dict[Address, Iterator[Link]] = {start: iter(links[start])} if start not in done else {}
        while path:
            current = next(reversed(path))
            link = next(path[current], None)
            if link is None:
                done.add(current)
                del path[current]
            elif link.target in path:
                steps = list(path)
                cycle = " → ".join(name for _, name in [*steps[steps.index(link.target) :], link.target])
                problems.at(
                    link.node, REFERS_TO_ITSELF, f"refers to itself: {cycle}; let one of them refer to something else"
                )
            elif link.target in links and link.target not in done:
                path[link.target] = iter(links[link.target])

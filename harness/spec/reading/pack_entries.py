"""The entries of a pack by group, and the look-up of a name among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from harness.kinds.attack import AttackRecipe
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.field_types import noun
from harness.kinds.metric import MetricRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.recipe import Recipe
from harness.kinds.registry import kinds, lost
from harness.naming import NAME, known_names, shortened, unknown
from harness.spec.reading.node import Node, Problems
from harness.spec.rules.entries import UNKNOWN_KIND, UNKNOWN_NAME, WHOLE_OR_SPLIT

GROUP_OF = {"data": "datasets", "models": "models", "attacks": "attacks"}
"""Where a pack holds its entries -> the group their kinds come from."""
FILES = {"datasets": "'data' in paper.yaml", "models": "models.yaml", "attacks": "attacks.yaml"}
"""Where the entries of a group of kinds are written, for repairs."""


@dataclass(frozen=True)
class EntryGroup:
    """The entries of one group.

    Attributes:
        group: the group of kinds.
        node: the mapping as written, substitutions made; None where there is none.
        readable: False where the file could not be read, so that nothing can be said of its names.
        recipes: name -> recipe, of those that are right.
    """

    group: str
    node: Node | None
    readable: bool
    recipes: Mapping[str, Recipe]

    @property
    def names(self) -> Mapping[str, Node]:
        """Every name written, right or wrong."""
        return self.node.entries if self.node else {}


@dataclass(frozen=True)
class PackEntries:
    """Everything that the names in a pack's claims may refer to.

    Attributes:
        groups: the entries by group of kinds.
        metrics: the kinds of metric by name.
    """

    groups: Mapping[str, EntryGroup]
    metrics: Mapping[str, type[Recipe]] = field(default_factory=lambda: kinds("metrics"))

    def __iter__(self) -> Iterator[EntryGroup]:
        return iter(self.groups.values())

    def recipes(self, group: str) -> Mapping[str, Recipe]:
        """Return the recipes of a group of kinds by name."""
        return self.groups[group].recipes

    def image_shape(self, dataset: Recipe | None) -> tuple[int, int, int] | None:
        """Return the shape of a data set's images: its own, or that of the data set it is made of; None if not known."""
        return cast(tuple[int, int, int] | None, self._known(dataset, "image_shape"))

    def classes(self, dataset: Recipe | None) -> int | None:
        """Return the number of a data set's classes, likewise."""
        return cast(int | None, self._known(dataset, "classes"))

    def _known(self, dataset: Recipe | None, name: Literal["image_shape", "classes"]) -> Any:
        for _ in self.recipes("datasets"):  # no chain without a cycle is longer; cycles are reported elsewhere
            if not isinstance(dataset, DatasetRecipe) or dataset.known(name) is not None:
                break
            sources = [name for group, name in dataset.referents().values() if group == "datasets"]
            source = sources[0] if len(sources) == 1 else ""
            dataset = self.recipes("datasets").get(source.partition("/")[0])
        return dataset.known(name) if isinstance(dataset, DatasetRecipe) else None

    def model(self, name: Node, problems: Problems) -> ModelRecipe | None:
        """Look a model up; report an unknown name."""
        recipe = self.look_up("models", name, problems)
        return recipe if isinstance(recipe, ModelRecipe) else None

    def attack(self, name: Node, problems: Problems) -> AttackRecipe | None:
        """Look an attack up; report an unknown name."""
        recipe = self.look_up("attacks", name, problems)
        return recipe if isinstance(recipe, AttackRecipe) else None

    def split(self, name: Node, problems: Problems) -> DatasetRecipe | None:
        """Look up the data set of a ``data-set/split``; report an unknown data set or split."""
        whole, slash, split = str(name.value).partition("/")
        recipe = self.look_up("datasets", name, problems, whole)
        if not isinstance(recipe, DatasetRecipe):
            return None
        if not slash:
            choices = " or ".join(f"{whole}/{known}" for known in recipe.splits)
            problems.at(
                name,
                WHOLE_OR_SPLIT,
                f"expected a split, as data-set/split; found the data set {whole!r}; write {choices}",
            )
        elif split not in recipe.splits:
            problems.at(name, UNKNOWN_NAME, unknown("split", split, recipe.splits, of=repr(whole)))
        else:
            return recipe
        return None

    def metric(self, name: Node, problems: Problems) -> type[MetricRecipe] | None:
        """Look a metric up; report an unknown kind."""
        cls = self.metrics.get(str(name.value))
        if cls is None:
            elsewhere = lost("metrics", str(name.value))
            why = f"unknown metric {shortened(str(name.value))}: {elsewhere}" if elsewhere else ""
            problems.at(name, UNKNOWN_KIND, why or unknown("metric", str(name.value), self.metrics))
        return cls if cls is not None and issubclass(cls, MetricRecipe) else None

    def look_up(self, group: str, name: Node, problems: Problems, text: str | None = None) -> Recipe | None:
        """Look a name up in a group; report one that is not there."""
        entries = self.groups[group]
        wanted = str(name.value) if text is None else text
        if wanted not in entries.names and entries.readable:
            # Names that are refused where they are defined are not suggested.
            names = [known for known in entries.names if NAME.fullmatch(known)]
            if names:
                problems.at(name, UNKNOWN_NAME, unknown(noun(group), wanted, names))
            else:
                problems.at(
                    name,
                    UNKNOWN_NAME,
                    f"unknown {noun(group)} {wanted!r}: {known_names((), noun(group))}; add it to {FILES[group]}",
                )
        return entries.recipes.get(wanted)


def metric_named(node: Node | None, metrics: Mapping[str, type[Recipe]]) -> type[MetricRecipe] | None:
    """Return the metric a claim names, as text or as ``{kind: …, options}``; None where it names none that is known."""
    cls = metrics.get(str(node.entries.get("kind", node).value)) if node is not None else None
    return cls if cls is not None and issubclass(cls, MetricRecipe) else None

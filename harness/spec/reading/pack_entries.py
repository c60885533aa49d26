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
"""Key under which a pack has its entries -> the group of their kinds."""
FILES = {"datasets": "'data' in paper.yaml", "models": "models.yaml", "attacks": "attacks.yaml"}
"""Where a pack has the entries of a group of kinds, for suggested repairs."""


@dataclass(frozen=True)
class EntryGroup:
    """The entries of one group.

    Attributes:
        group: the group of kinds.
        node: the mapping as written, after substitution; None if there is none.
        readable: False if the file could not be read, so that its names are unknown.
        recipes: name -> recipe, for the valid ones.
    """

    group: str
    node: Node | None
    readable: bool
    recipes: Mapping[str, Recipe]

    @property
    def names(self) -> Mapping[str, Node]:
        """Every name, valid or not."""
        return self.node.entries if self.node else {}


@dataclass(frozen=True)
class PackEntries:
    """Everything to which the names in a pack's claims may refer.

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
        """Return the image shape of a data set, or of the data set from which it is derived; None if unknown."""
        return cast(tuple[int, int, int] | None, self._known(dataset, "image_shape"))

    def classes(self, dataset: Recipe | None) -> int | None:
        """Return the number of a data set's classes, in the same way."""
        return cast(int | None, self._known(dataset, "classes"))

    def size(self, split: str) -> int | None:
        """Return the number of images of a published ``data-set/split``, the same in every paper; None for any other."""
        name, _, part = split.partition("/")
        return self._size(self.recipes("datasets").get(name), part, len(self.recipes("datasets")))

    def _size(self, dataset: Recipe | None, split: str, steps: int) -> int | None:
        if not isinstance(dataset, DatasetRecipe) or steps <= 0:  # no chain without a cycle is longer
            return None
        source = self._source(dataset)
        return dataset.split_size(split, lambda theirs: self._size(source, theirs, steps - 1))

    def _source(self, dataset: DatasetRecipe) -> Recipe | None:
        """Return the data set from which another is derived."""
        sources = [name for group, name in dataset.referents().values() if group == "datasets"]
        return self.recipes("datasets").get(sources[0].partition("/")[0]) if len(sources) == 1 else None

    def _known(self, dataset: Recipe | None, name: Literal["image_shape", "classes"]) -> Any:
        for _ in self.recipes("datasets"):  # no chain without a cycle is longer; cycles are reported elsewhere
            if not isinstance(dataset, DatasetRecipe) or dataset.known(name) is not None:
                break
            dataset = self._source(dataset)
        return dataset.known(name) if isinstance(dataset, DatasetRecipe) else None

    def model(self, name: Node, problems: Problems) -> ModelRecipe | None:
        """Look up a model; report an unknown name."""
        recipe = self.look_up("models", name, problems)
        return recipe if isinstance(recipe, ModelRecipe) else None

    def attack(self, name: Node, problems: Problems) -> AttackRecipe | None:
        """Look up an attack; report an unknown name."""
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
        """Look up a metric; report an unknown kind."""
        cls = self.metrics.get(str(name.value))
        if cls is None:
            elsewhere = lost("metrics", str(name.value))
            why = f"unknown metric {shortened(str(name.value))}: {elsewhere}" if elsewhere else ""
            problems.at(name, UNKNOWN_KIND, why or unknown("metric", str(name.value), self.metrics))
        return cls if cls is not None and issubclass(cls, MetricRecipe) else None

    def look_up(self, group: str, name: Node, problems: Problems, text: str | None = None) -> Recipe | None:
        """Look up a name in a group; report an unknown name."""
        entries = self.groups[group]
        wanted = str(name.value) if text is None else text
        if wanted not in entries.names and entries.readable:
            # Names that are invalid where they are defined are not suggested.
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
    """Return the metric that a claim names, as text or as ``{kind: …, options}``; None if it is missing or unknown."""
    cls = metrics.get(str(node.entries.get("kind", node).value)) if node is not None else None
    return cls if cls is not None and issubclass(cls, MetricRecipe) else None

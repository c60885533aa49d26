"""Turns the measure keys of a claim into a measure, and checks every name in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from harness.kinds.attack import AttackRecipe
from harness.kinds.contract import shape_text
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.metric import MetricRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.plugin_checks import applies, complaint, unmeasurable
from harness.spec.claim import Measure, as_tuple
from harness.spec.reading.keys import MEASURE
from harness.spec.reading.node import Keys, Node, Problems
from harness.spec.reading.pack_entries import PackEntries
from harness.spec.reading.validate import Missing, validate
from harness.spec.reading.wording import found
from harness.spec.rules.claims import (
    ATTACK_DOES_NOT_APPLY,
    LIST_OF_ONE,
    METRIC_DOES_NOT_FIT,
    NEEDS_ATTACK,
    SHAPES_DIFFER,
)
from harness.spec.rules.entries import KIND_REFUSES, MISSING_FIELD, WRONG_VALUE
from harness.spec.rules.texts import WRITTEN_TWICE
from harness.spec.sample import Sample


@dataclass(frozen=True)
class Measured:
    """A measure and its metric; None for a part that is wrong."""

    measure: Measure | None
    metric: type[MetricRecipe] | None


def measure(
    keys: Keys, home: Node, missing: Missing, groups: PackEntries, sample: Sample, problems: Problems
) -> Measured:
    """Build a measure.

    Args:
        keys: every key of the claim; those of measures are taken.
        home: the node the claim is written at.
        missing: where to report that a key is missing.
        groups: the entries that names refer to.
        sample: the paper's sample, the default for measures with an attack.
        problems: receives every mistake.
    """
    mine = {key: node for key, node in keys.items() if key in MEASURE and not node.unset}
    metric, recipe, name = _metric(mine.get("metric"), groups, problems)
    if name is not None:
        mine["metric"] = name
    built = validate(Measure, home.with_entries(mine), problems, missing)
    _check_names(mine, groups, problems)
    _check_lists(mine, problems)
    if metric is not None and "made" in metric.needs and "attack" not in mine:
        needs = f"the metric {metric.kind} needs an attack"
        if "attack" in keys:
            problems.at(keys["attack"], NEEDS_ATTACK, f"found none; {needs}")
        else:
            problems.at_place(missing("attack").within("attack"), NEEDS_ATTACK, f"missing; {needs}")
    if "attack" not in mine:
        for key in ("crafted_on", "limit"):
            if key in mine:
                problems.at_key(
                    mine[key], NEEDS_ATTACK, f"needs an attack; add 'attack', or unset it with '{key}: null'"
                )
    if built is None:
        return Measured(None, metric)
    if recipe is not None:
        _check_metric(mine["metric"], recipe, built, groups, problems)
    changes: dict[str, Any] = {"options": recipe.model_dump(exclude_unset=True) if recipe else {}}
    if "sample" not in mine and built.attack is not None:
        changes["sample"] = sample
    return Measured(built.model_copy(update=changes), metric)


def _metric(
    node: Node | None, groups: PackEntries, problems: Problems
) -> tuple[type[MetricRecipe] | None, MetricRecipe | None, Node | None]:
    """Return the metric's class, the metric with its options, and the node of its name, from a name or ``{kind: …, options}``."""
    if node is None or isinstance(node.value, str):
        known = groups.metric(node, problems) if node else None
        if known is None or node is None:
            return known, None, None
        return known, _recipe(known, node, replace(node, value={}), problems), None
    if not isinstance(node.value, dict):
        problems.at(node, WRONG_VALUE, f"expected the name of a metric, or {{kind: …, options}}; found {found(node)}")
        return None, None, replace(node, value="", bad=True)
    name = node.entries.get("kind")
    if name is None or not isinstance(name.value, str):
        problems.at_place(node.key.within("kind"), MISSING_FIELD, "missing; write the name of the metric")
        return None, None, replace(node, value="", bad=True)
    metric = groups.metric(name, problems)
    if metric is None:
        return None, None, name
    fields = {key: value for key, value in node.entries.items() if key != "kind"}
    return metric, _recipe(metric, name, node.with_entries(fields), problems), name


def _recipe(metric: type[MetricRecipe], name: Node, fields: Node, problems: Problems) -> MetricRecipe | None:
    """Build a metric from its options; report mistakes in them or in the kind."""
    recipe = validate(metric, fields, problems)
    if recipe is not None and (why := complaint(recipe)):
        problems.at(name, KIND_REFUSES, why)
        return None
    return recipe


def _check_metric(name: Node, recipe: MetricRecipe, built: Measure, groups: PackEntries, problems: Problems) -> None:
    """Report a metric that is undefined for these models or data."""
    for split in as_tuple(built.data):
        classes = groups.classes(groups.recipes("datasets").get(split.partition("/")[0]))
        if why := unmeasurable(recipe, len(as_tuple(built.model)), classes):
            problems.at(name, METRIC_DOES_NOT_FIT, f"{recipe.kind}: {why}")
            return


def _check_names(keys: Keys, groups: PackEntries, problems: Problems) -> None:
    """Report names that match no entry, and entries that do not fit each other."""
    data = [(node, groups.split(node, problems)) for node in _named(keys, "data")]
    models = [(node, groups.model(node, problems)) for node in _named(keys, "model")]
    made_for = [(node, groups.model(node, problems)) for node in _named(keys, "crafted_on")]
    for model, model_recipe in [*models, *made_for]:
        if model_recipe is not None:
            for split, dataset in data:
                if dataset is not None:
                    _check_shape(model, model_recipe, split, dataset, groups, problems)
    for node in _named(keys, "attack"):
        attack = groups.attack(node, problems)
        for name, model_recipe in made_for or models:
            if attack is not None and model_recipe is not None:
                answer = applies(attack, model_recipe)
                if answer is not True:
                    problems.at(
                        node, ATTACK_DOES_NOT_APPLY, answer or _does_not_apply(node, attack, name, model_recipe)
                    )
    for node in _named(keys, "limit"):
        _check_limit(node, groups.attack(node, problems), [recipe for _, recipe in models], problems)


def _check_limit(node: Node, limit: AttackRecipe | None, models: list[ModelRecipe | None], problems: Problems) -> None:
    """Report an exact attack that does not support the model."""
    for model in models:
        if limit is not None and model is not None and isinstance(why := applies(limit, model), str):
            problems.at(node, ATTACK_DOES_NOT_APPLY, why)


def _named(keys: Keys, key: str) -> list[Node]:
    return keys[key].names if key in keys else []


def _does_not_apply(node: Node, attack: AttackRecipe, name: Node, model: ModelRecipe) -> str:
    return f"the attack {node.value!r} ({attack.kind}) does not support the model {name.value!r} ({model.kind})"


def _check_shape(
    model: Node, recipe: ModelRecipe, split: Node, dataset: DatasetRecipe, groups: PackEntries, problems: Problems
) -> None:
    """Report a model that gets images of another shape than its training images, if both shapes are known."""
    trained_on = groups.recipes("datasets").get(recipe.train_on.partition("/")[0])
    theirs, ours = groups.image_shape(trained_on), groups.image_shape(dataset)
    if theirs and ours and theirs != ours:
        problems.at(
            split,
            SHAPES_DIFFER,
            f"{split.value!r} has images of {shape_text(ours)}, "
            f"but the model {model.value!r} was trained on images of {shape_text(theirs)}",
        )


def _check_lists(keys: Keys, problems: Problems) -> None:
    """Report lists of one name, and names that occur twice in a list."""
    for key in ("data", "model", "crafted_on"):
        names = [node.value for node in _named(keys, key)]
        if key in keys and isinstance(keys[key].value, list):
            if len(keys[key].members) == 1:
                shown = names[0] if names else "…"
                problems.at(
                    keys[key],
                    LIST_OF_ONE,
                    f"a list means the mean over several; found a list of one; write '{key}: {shown}' without brackets",
                )
            for position, node in enumerate(_named(keys, key)):
                if node.value in names[:position]:
                    problems.at(node, WRITTEN_TWICE, f"{node.value!r} is in this list twice; delete one of the two")

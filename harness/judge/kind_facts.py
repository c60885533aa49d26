"""Facts that the kinds of a claim declare: judging and reporting name no kind themselves.

A record does not hold these facts. A kind that is not installed here has none; only the printed unit of its number is known.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable

from pydantic import ValidationError

from harness.kinds.dataset import DatasetRecipe
from harness.kinds.metric import MEANS, USUAL, Better, MetricRecipe, Statistic, best_of
from harness.kinds.model import ModelRecipe
from harness.kinds.recipe import Recipe
from harness.kinds.registry import discover, kinds
from harness.kinds.unit import UNITS
from harness.record.model import Record
from harness.spec.claim import Claim, Expected, Measure

WRITTEN = {"datasets": "data"}
"""Group of kinds -> where a pack, and a record, hold its entries, where that is called otherwise."""


def metric_of(measure: Measure) -> type[MetricRecipe] | None:
    """Return the kind of a measure's metric; None if it is not installed."""
    found = _kind(MetricRecipe.group, measure.metric)
    return found if found is not None and issubclass(found, MetricRecipe) else None


def recipe_of(group: str, name: str, record: Record) -> Recipe | None:
    """Return an entry of the record as its recipe; None if the record, or this installation, lacks it."""
    fields = dict(record.recipes.get(WRITTEN.get(group, group), {}).get(name, {}))
    kind = _kind(group, str(fields.pop("kind", "")))
    try:
        return None if kind is None else kind.model_validate_json(json.dumps(fields))
    except ValidationError:  # of another edition of the kind
        return None


def sizes(models: Iterable[str], record: Record) -> dict[str, int]:
    """Return the numbers of parameters of networks and of those that they start from, if they are known without images."""
    found: dict[str, int] = {}
    waiting, seen = list(models), set[str]()
    while waiting:
        name = waiting.pop(0)
        recipe = recipe_of(ModelRecipe.group, name, record)
        if name in seen or not isinstance(recipe, ModelRecipe):
            continue
        seen.add(name)
        waiting += [other for group, other in recipe.referents().values() if group == ModelRecipe.group]
        images = recipe_of(DatasetRecipe.group, recipe.train_on.partition("/")[0], record)
        count = recipe.parameters(images.known("image_shape")) if isinstance(images, DatasetRecipe) else None
        found |= {} if count is None else {name: count}
    return found


def statistic_of(claim: Claim) -> Statistic:
    """Return what a claim's number is: a proportion, a mean over images, or neither."""
    metric = metric_of(claim.measure)
    return usual_statistic(claim.expected) if metric is None else metric.statistic


def usual_statistic(expected: Expected) -> Statistic:
    """Return what numbers of a printed unit are most often."""
    return USUAL[UNITS[expected.unit].natural]


def averages_found_only(claim: Claim, measure: Measure) -> bool:
    """Whether one of a claim's measures is a mean over successful examples only.

    Assumed for a mean of a metric that is not installed.
    """
    metric = metric_of(measure)
    return statistic_of(claim) in MEANS if metric is None else metric.over == "found"


def best(claim: Claim) -> Better | None:
    """Return which values of a claim's number are best; None if its metric is not installed."""
    metric = metric_of(claim.measure)
    return None if metric is None else best_of(metric, attacked=claim.measure.attack is not None)


def _kind(group: str, kind: str) -> type[Recipe] | None:
    if kind not in kinds(group):
        _discover()
    return kinds(group).get(kind)


@functools.cache
def _discover() -> None:
    """Register the kinds, once: a record may be judged before anything else has registered them."""
    discover()

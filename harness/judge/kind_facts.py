"""Facts that the kinds of a claim declare, so that judging and reporting name no kind.

A record need not hold these facts. A kind that is not installed here has none.
"""

from __future__ import annotations

import functools
import json

from pydantic import ValidationError

from harness.kinds.metric import MetricRecipe
from harness.kinds.recipe import Recipe
from harness.kinds.registry import discover, kinds
from harness.record.model import Record
from harness.spec.claim import DISTORTION, Claim, Measure


def metric_of(measure: Measure) -> type[MetricRecipe] | None:
    """Return the kind of a measure's metric; None where it is not installed."""
    found = _kind(MetricRecipe.group, measure.metric)
    return found if found is not None and issubclass(found, MetricRecipe) else None


def recipe_of(group: str, name: str, record: Record) -> Recipe | None:
    """Return an entry of the record as its recipe; None where the record, or this installation, lacks it."""
    fields = dict(record.recipes.get(group, {}).get(name, {}))
    kind = _kind(group, str(fields.pop("kind", "")))
    try:
        return None if kind is None else kind.model_validate_json(json.dumps(fields))
    except ValidationError:  # of another edition of the kind
        return None


def error_sign(measure: Measure) -> int:
    """Return 1 if a larger value means more errors of the model, -1 if it means fewer, 0 if the metric counts none."""
    metric = metric_of(measure)
    return _sign(metric) if metric is not None and metric.needs_victim else 0


def success_sign(measure: Measure) -> int:
    """Return 1 if a larger value means more examples found by the attack itself, -1 if fewer, 0 if it counts none."""
    metric = metric_of(measure)
    return _sign(metric) if metric is not None and metric.needs_attack and not metric.needs_victim else 0


def averages_found_only(claim: Claim) -> bool:
    """Whether a claim's number is the mean distortion over the examples found alone.

    Assumed of a metric that is not installed.
    """
    metric = metric_of(claim.measure)
    return claim.expected.unit == DISTORTION and not (metric is not None and metric.over_all)


def _sign(metric: type[MetricRecipe]) -> int:
    """Return the sign of the value at full success, as against none."""
    full = metric.at_full_success
    return 0 if full is None else 1 if full > 0.5 else -1


def _kind(group: str, kind: str) -> type[Recipe] | None:
    if kind not in kinds(group):
        _discover()
    return kinds(group).get(kind)


@functools.cache
def _discover() -> None:
    """Register the kinds, once: a record may be judged before anything else has registered them."""
    discover()

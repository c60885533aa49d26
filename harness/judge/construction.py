"""Whether a claim that reproduced could hardly have failed: true by construction, from facts of the kinds it names.

The kinds declare it themselves (``runs_until_found``, ``runs_until_fitted``, ``sets_distortion``, ``at_full_success``), so
that a record need not hold it; of a kind that is not installed here it is not known.
"""

from __future__ import annotations

import functools
import json

from pydantic import ValidationError

from harness.kinds.attack import AttackRecipe
from harness.kinds.metric import MetricRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.recipe import Recipe
from harness.kinds.registry import discover, kinds
from harness.record.measurement import Measurement
from harness.record.model import Record
from harness.spec.claim import AGAINST_OTHER, Claim, Measure, listed

SEARCHED = "the attack searches until it has an example, so that nothing else was to be expected"
FITTED = "a network trained until it fits its images errs on none of them"
GIVEN = "this size is given to the attack"
"""Why a claim could hardly have failed."""


def by_construction(claim: Claim, measurement: Measurement, record: Record) -> str:
    """Return why a claim that reproduced is true by construction; empty where it might have failed.

    - A rate that says every attack on the model itself succeeded, by an attack that searches until it does.
    - A rate that says a model errs on none of the images it was trained on, trained until it fits them.
    - The size of a distortion that the attack is given.
    """
    measure, metric = claim.measure, _kind("metrics", claim.measure.metric)
    if claim.expected.relation in AGAINST_OTHER or metric is None or not issubclass(metric, MetricRecipe):
        return ""
    values = {run.measured.value for run in measurement.runs}
    if measure.attack is None:
        perfect = None if metric.at_full_success is None else 1 - metric.at_full_success
        return FITTED if values == {perfect} and _fitted(measure, record) else ""
    attack = _recipe("attacks", measure.attack, record)
    if not isinstance(attack, AttackRecipe):
        return ""
    if metric.unit == "distortion":
        return GIVEN if attack.sets_distortion else ""
    full = values == {metric.at_full_success}
    return SEARCHED if full and attack.runs_until_found and _on_its_own(measure) else ""


def over_found(claim: Claim) -> bool:
    """Whether a claim's number is the mean distortion of the examples found alone; taken to be where it is not known."""
    metric = _kind("metrics", claim.measure.metric)
    whole = metric is not None and issubclass(metric, MetricRecipe) and metric.over_all
    return claim.expected.unit == "distortion" and not whole


def _on_its_own(measure: Measure) -> bool:
    """Whether examples are fed to the model they were made for."""
    return measure.crafted_on is None or (measure.crafted_on == measure.model and isinstance(measure.model, str))


def _fitted(measure: Measure, record: Record) -> bool:
    """Whether every model was trained, until it fits, on the very images it is measured on."""
    models = [_recipe("models", name, record) for name in listed(measure.model)]
    return all(
        isinstance(model, ModelRecipe) and model.runs_until_fitted and set(listed(measure.data)) == {model.train_on}
        for model in models
    )


def _recipe(room: str, name: str, record: Record) -> Recipe | None:
    """Return an entry of the record as its recipe; None where the record, or this installation, lacks it."""
    fields = dict(record.recipes.get(room, {}).get(name, {}))
    kind = _kind(room, str(fields.pop("kind", "")))
    try:
        return None if kind is None else kind.model_validate_json(json.dumps(fields))
    except ValidationError:  # of another edition of the kind
        return None


def _kind(room: str, kind: str) -> type[Recipe] | None:
    if kind not in kinds(room):
        _discover()
    return kinds(room).get(kind)


@functools.cache
def _discover() -> None:
    """Register the kinds, once: a record may be judged before anything else has asked for them."""
    discover()

"""Whether a claim that reproduced is true by construction: the result follows from how the kinds work.

The kinds declare these facts: ``runs_until_found`` and ``sets_distortion`` (attacks), ``runs_until_fitted``
(models), ``at_full_success`` (metrics).
"""

from __future__ import annotations

from harness.judge.kind_facts import metric_of, recipe_of
from harness.kinds.attack import AttackRecipe
from harness.kinds.model import ModelRecipe
from harness.record.measurement import Measurement
from harness.record.model import Record
from harness.spec.claim import Claim, Measure, as_tuple

SEARCHED = "the attack searches until it finds an example, so another result was hardly possible"
FITTED = "the network was trained until it fits these images, so it misclassifies none of them"
GIVEN = "the attack is given this size"
"""Why a claim could hardly have failed."""


def by_construction(claim: Claim, measurement: Measurement, record: Record) -> str:
    """Return why a claim that reproduced is true by construction; empty if it could have failed.

    - A success rate of 100 % on the attacked model itself, by an attack that searches until it succeeds.
    - An error of 0 on the training images, by a model that is trained until it fits them.
    - The size of a distortion that the attack is given.
    """
    measure, metric = claim.measure, metric_of(claim.measure)
    if claim.expected.relates.paired or claim.expected.relates.neighbours or metric is None:
        return ""
    values = {run.measured.value for run in measurement.runs}
    if measure.attack is None:
        perfect = None if metric.at_full_success is None else 1 - metric.at_full_success
        return FITTED if values == {perfect} and _fitted(measure, record) else ""
    attack = recipe_of(AttackRecipe.group, measure.attack, record)
    if not isinstance(attack, AttackRecipe):
        return ""
    if metric.sizes_change():
        return GIVEN if attack.sets_distortion else ""
    full = values == {metric.at_full_success}
    return SEARCHED if full and attack.runs_until_found and _on_its_own(measure) else ""


def _on_its_own(measure: Measure) -> bool:
    """Whether examples are fed to the model they were made for."""
    return measure.crafted_on is None or (measure.crafted_on == measure.model and isinstance(measure.model, str))


def _fitted(measure: Measure, record: Record) -> bool:
    """Whether every model was trained, until it fits, on the same images that it is measured on."""
    models = [recipe_of(ModelRecipe.group, name, record) for name in as_tuple(measure.model)]
    return all(
        isinstance(model, ModelRecipe) and model.runs_until_fitted and set(as_tuple(measure.data)) == {model.train_on}
        for model in models
    )

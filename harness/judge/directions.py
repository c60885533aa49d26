"""Direction of a claim that is not reproduced: which way its number differs, and whether that is better or worse."""

from __future__ import annotations

from dataclasses import dataclass

from harness.judge.kind_facts import metric_of, recipe_of
from harness.judge.observed import Observed
from harness.kinds.metric import MEANS
from harness.kinds.model import ModelRecipe
from harness.record.model import Record
from harness.spec.claim import Claim, Measure, as_tuple


@dataclass(frozen=True)
class Direction:
    """Reason code of a claim that is not reproduced, and the words for it."""

    reason: str
    words: str


def direction(claim: Claim, observed: Observed, record: Record, compared: float | None = None) -> Direction:
    """Return the direction of a claim that is not reproduced; ``compared`` is the number compared, by default the mean.

    A metric declares which values are better, for the model on clean images or for the attack: fewer errors of a model;
    more success of an attack, or less distortion at full success. A distortion alone does not show whether the attack is
    stronger or the network less robust, so it is only ``smaller`` or ``larger``, unless the network is the paper's own,
    loaded from its weights, or the exact minimum of every image is known. Every other number is only ``higher`` or
    ``lower``: whether more errors on distorted images are better depends on the reader.
    """
    relation, measure = claim.expected.relates, claim.measure
    if relation.refuted_reason:
        return Direction(relation.refuted_reason, "")
    higher = (
        observed.difference > 0 if compared is None or not relation.printed else compared > (claim.expected.number or 0)
    )
    word = "higher" if higher else "lower"
    if observed.other is not None:
        return Direction(word, f"{word} than the number it is compared with")
    metric = metric_of(measure)
    if metric is None or metric.better == "neither" or not relation.quantity.own_unit:
        return Direction(word, f"{word} than printed")
    improved = word == metric.better
    if measure.attack is None:
        better = "better" if improved else "worse"
        return Direction(better, f"{better} than printed")
    # Below full success a mean over successes leaves out the hardest images, so it has no direction.
    if not metric.needs_victim() and (metric.over != "found" or observed.found == 1):
        size = ("larger" if higher else "smaller") if metric.statistic in MEANS else word
        where = " at full success" if metric.over == "found" else ""
        same = _pinned(measure, record)
        stronger = "a stronger attack" if improved else "a weaker attack"
        network = "a less robust network" if improved else "a more robust network"
        cause = stronger if same else f"{stronger} or {network}"
        words = f"a {size} {metric.in_words()}{where} than printed, consistent with {cause}"
        telling = same or observed.limit is not None
        return Direction(("better" if improved else "worse") if telling else size, words)
    return Direction(word, f"{word} than printed")


def _pinned(measure: Measure, record: Record) -> bool:
    """Whether every attacked network has weights loaded from a file, so that no training of ours affects the number."""
    models = [recipe_of(ModelRecipe.group, name, record) for name in as_tuple(measure.crafted_on or measure.model)]
    return all(isinstance(model, ModelRecipe) and model.loads_weights for model in models)

"""The value without an attack next to a transfer rate: the error of the same network on clean images.

A transfer rate also counts images that the network misclassifies without an attack. The value is the same measure of the
same images without an attack if the record has it; else that of the whole split, measured or, if it was not measured,
printed. The sentence says which.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.judge.independence import collapse_deterministic
from harness.judge.kind_facts import metric_of, recipe_of
from harness.judge.numbers import runs, style
from harness.kinds.attack import AttackRecipe
from harness.kinds.metric import PROPORTION
from harness.kinds.unit import UNITS
from harness.record.measurement import FIRST_PILOT, Measurement
from harness.record.model import Record
from harness.record.upstream import upstream
from harness.spec.claim import Claim, Measure
from harness.spec.rivals import without_attack


@dataclass(frozen=True)
class CleanValue:
    """A measure without an attack; numbers in the printed unit.

    Attributes:
        value: mean over runs, or as printed.
        runs: how many of our runs it is the mean of; 0 if it is the printed number.
        exact: for how many of the networks the value is deterministic, so more runs add nothing.
        same_images: whether it was measured on the same images that were attacked; else on the whole split.
        models: how many networks it is the mean over.
    """

    value: float
    runs: int
    same_images: bool
    models: int
    exact: int = 0

    @property
    def how(self) -> str:
        """What the value is: ``over 3 runs``, ``in one deterministic run``, both joined by ``or``, ``as printed``."""
        over = f"{'over' if self.runs > 1 else 'in'} {runs(self.runs)}" if self.runs else "as printed"
        if self.exact:
            once = "in one deterministic run"
            return once if self.exact == self.models else f"{once} or {over}"
        return over


def transfers(claim: Claim, record: Record) -> bool:
    """Whether a claim's number is a transfer rate: of examples fed to a network that they were not made for."""
    measure, metric = claim.measure, metric_of(claim.measure)
    if metric is None or metric.statistic != PROPORTION or not metric.needs_victim() or measure.attack is None:
        return False
    if measure.crafted_on is None or (measure.crafted_on == measure.model and isinstance(measure.model, str)):
        return False
    attack = recipe_of(AttackRecipe.group, measure.attack, record)
    return isinstance(attack, AttackRecipe) and not attack.control


def clean_value(claim: Claim, record: Record) -> CleanValue | None:
    """Return the value without an attack next to a transfer rate; None for other claims, and if none is known."""
    if not transfers(claim, record):
        return None
    scale = claim.expected.scale
    if (same := _same_images(claim, record)) is not None:
        return same
    plain = without_attack(claim.measure, record.paper)
    if not plain:
        return None
    measurements = [record.measurements.get(each.id) for each in plain]
    ours = [_values(each) for each in measurements]
    if all(ours):
        means = [math.fsum(values) / len(values) for values in ours]
        drawn = [len(values) for values, each in zip(ours, measurements, strict=True) if not is_exact(each, record)]
        least, exact = min(drawn or map(len, ours)), len(ours) - len(drawn)
        return CleanValue(math.fsum(means) / len(means) / scale, least, False, len(plain), exact)
    printed = [(each.expected.number or 0.0) * each.expected.scale for each in plain]
    return CleanValue(math.fsum(printed) / len(printed) / scale, 0, False, len(plain))


def is_exact(measurement: Measurement | None, record: Record) -> bool:
    """Whether a measured value is deterministic: nothing random enters it."""
    return measurement is not None and collapse_deterministic(measurement, record.jobs).deterministic


def _values(measurement: Measurement | None) -> list[float]:
    """Return the judged values of a measurement that may be compared with the paper."""
    if measurement is None or not measurement.comparable:
        return []
    return [run.measured.value for run in measurement.runs if run.run < FIRST_PILOT]


def _same_images(claim: Claim, record: Record) -> CleanValue | None:
    """Return the same measure of the same selections without an attack, if a claim of the record has one."""
    drawn = _selections(record.measurements.get(claim.id), record)
    for each in record.paper.claims:
        if drawn and _alike(each.measure, claim.measure):
            measurement = record.measurements.get(each.id)
            if _selections(measurement, record) == drawn and (values := _values(measurement)):
                mean, exact = math.fsum(values) / len(values), is_exact(measurement, record)
                return CleanValue(mean / claim.expected.scale, len(values), True, 1, int(exact))
    return None


def _alike(plain: Measure, measure: Measure) -> bool:
    one, other = ((each.metric, each.options, each.data, each.model) for each in (plain, measure))
    return plain.attack is None and one == other


def _selections(measurement: Measurement | None, record: Record) -> frozenset[str]:
    """Return the keys of the jobs that selected a measurement's images; none if it took whole splits."""
    keys = [] if measurement is None else measurement.keys
    return frozenset(key for key in upstream(keys, record.jobs) if record.jobs[key].get("verb") == "select")


def clean_in_words(claim: Claim, clean: CleanValue) -> str:
    """Return the value and how it was measured: ``1.74 % over 3 runs, on the whole split, not only on these images``."""
    written = style(claim.expected, clean.value)
    value = written.plain(clean.value) if clean.runs else f"{clean.value:.10g}"
    where = "on the same images" if clean.same_images else "on the whole split, not only on these images"
    return f"{value}{UNITS[written.unit].after} {clean.how}, {where}"


def clean_sentence(claim: Claim, record: Record) -> str:
    """Return a sentence on the value without an attack next to a transfer rate; empty for other claims."""
    clean, metric = clean_value(claim, record), metric_of(claim.measure)
    if clean is None or metric is None:
        return ""
    of = "the same network" if clean.models == 1 else f"the same {clean.models} networks"
    return f" Without an attack the {metric.in_words()} of {of} is {clean_in_words(claim, clean)}."

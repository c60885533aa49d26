"""The function of each verb, applied to a job's recipe and inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.examples import Chosen, Examples, Journal, Watch
from harness.kinds.attack import AttackRecipe
from harness.kinds.contract import check_fit, classified
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.gallery import GalleryDrawing
from harness.kinds.metric import MetricRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.picture import Picture
from harness.plan import EXAMPLES, VICTIM, Job, Verb
from harness.record.payloads import Payload
from harness.spec.sample import Sample
from harness.streams import Streams

SECONDS = "seconds"
"""Role of the attack's duration in seconds, for a metric that needs it."""
Given = Mapping[str, Any]
"""A job's inputs by role: splits as Examples, models as Victims, all others as returned by their jobs."""


def _train(job: Job, given: Given, folders: tuple[Path, ...], watch: Watch, journal: Journal) -> Payload:
    assert isinstance(job.recipe, ModelRecipe)
    inputs = {**given, **job.attacks}
    return job.recipe(streams=_streams(job), watch=watch, journal=journal, folders=folders, **inputs)


def _select(job: Job, given: Given, folders: tuple[Path, ...], watch: Watch, journal: Journal) -> Payload:
    assert isinstance(job.recipe, Sample)
    data, victim = given["data"], given.get("victim")
    qualifies = np.ones(len(data), bool)
    if victim is not None:
        check_fit(victim, data, job.name)
        qualifies &= classified(victim, data, job.name) == data.labels
    if job.recipe.other_than is not None:
        qualifies &= data.labels != job.recipe.other_than
    return Chosen(job.recipe.choose(len(data), qualifies, _streams(job)), int(np.count_nonzero(qualifies)))


def _craft(job: Job, given: Given, folders: tuple[Path, ...], watch: Watch, journal: Journal) -> Payload:
    assert isinstance(job.recipe, AttackRecipe)
    others = {role: value for role, value in given.items() if role not in ("victim", "data", "rows")}
    return job.recipe(given["victim"], _clean(given), _streams(job), watch, **others)


def _measure(job: Job, given: Given, folders: tuple[Path, ...], watch: Watch, journal: Journal) -> Payload:
    assert isinstance(job.recipe, MetricRecipe)
    victims = tuple(given[role] for role in sorted(given) if role.startswith(VICTIM))
    clean = _clean(given) if "data" in given else None
    return job.recipe(victims, clean, given.get(EXAMPLES), _streams(job), given.get(SECONDS))


def _show(job: Job, given: Given, folders: tuple[Path, ...], watch: Watch, journal: Journal) -> Payload:
    if isinstance(job.recipe, GalleryDrawing):
        sides = [_side(given, place) for place in range(1, len(job.recipe.sides) + 1)]
        return job.recipe.draw([(side[VICTIM], _clean(side)) for side in sides], _streams(job))
    assert isinstance(job.recipe, Picture)
    return job.recipe.draw(**given)


def _side(given: Given, place: int) -> Given:
    """Return the inputs of one side of a gallery, whose roles end in its place."""
    return {role.removesuffix(f"-{place}"): value for role, value in given.items() if role.endswith(f"-{place}")}


def _fetch(job: Job, given: Given, folders: tuple[Path, ...], watch: Watch, journal: Journal) -> Any:
    assert isinstance(job.recipe, DatasetRecipe)
    return job.recipe(folders, **given)


def _clean(given: Given) -> Examples:
    """Return a job's images: the whole split, or the selected rows of it."""
    data: Examples = given["data"]
    return data.take(given["rows"].rows) if "rows" in given else data


def _streams(job: Job) -> Streams:
    return Streams(job.seed, job.run or 0)


PERFORM: dict[Verb, Callable[[Job, Given, tuple[Path, ...], Watch, Journal], Any]] = {
    Verb.FETCH: _fetch,
    Verb.TRAIN: _train,
    Verb.SELECT: _select,
    Verb.CRAFT: _craft,
    Verb.MEASURE: _measure,
    Verb.SHOW: _show,
}
"""By verb."""

"""The work of an attack: images, searches per image, and multiplications of the attacked network per image."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.kinds.along import multiplications
from harness.kinds.attack import AttackRecipe
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.layer import LayerRecipe
from harness.kinds.model import ModelRecipe
from harness.plan import VICTIM, Input, Job, Plan, Verb
from harness.spec.sample import Sample

SOME, WHOLE = 256, 10_000
"""Number of images below which an attack on a small network is hardly faster; also the assumed size of an unknown
split."""
SMALL = 90_000
"""Multiplications of the network to which attacks' ``seconds`` refer (784-100-100-10); fewer are hardly faster."""


@dataclass(frozen=True)
class Workload:
    """The work of the attacks of a plan."""

    plan: Plan
    _weights: dict[str, float] = field(default_factory=dict)

    def seconds(self, job: Job) -> float:
        """Return the expected seconds of a craft job, from its recipe's seconds for a thousand images."""
        searches = job.recipe.searches if isinstance(job.recipe, AttackRecipe) else 1
        passed = self._images(job) * searches * self._weight_of_victim(job)
        return job.recipe.seconds * max(passed, SOME) / 1000

    def _images(self, job: Job) -> int:
        """Return the largest number of attacked images."""
        upstream = (self.plan.jobs[given.key].recipe for given in job.inputs.values())
        counts = [recipe.count for recipe in upstream if isinstance(recipe, Sample)]
        return next((count for count in counts if count is not None), WHOLE)

    def _weight_of_victim(self, job: Job) -> float:
        """Return the attacked network's size in multiples of a small one; 1 if its images or layers are unknown."""
        if VICTIM not in job.inputs or (isinstance(job.recipe, AttackRecipe) and job.recipe.control):
            return 1.0
        key = job.inputs[VICTIM].key
        if key not in self._weights:
            self._weights[key] = self._weight(self.plan.jobs[key])
        return self._weights[key]

    def _weight(self, model: Job) -> float:
        shape = self._image_shape(model)
        try:
            return 1.0 if shape is None else max(1.0, multiplications(self._passed(model), shape) / SMALL)
        except ValueError:  # layers that do not fit the images; the training reports them
            return 1.0

    def _passed(self, model: Job) -> tuple[LayerRecipe, ...]:
        """Return the layers of a model through which an image passes."""
        if not isinstance(model.recipe, ModelRecipe):
            return ()
        given = {role: self.plan.jobs[each.key] for role, each in model.inputs.items()}
        return model.recipe.passed({role: self._passed(job) for role, job in given.items() if job.verb is Verb.TRAIN})

    def _image_shape(self, job: Job) -> tuple[int, int, int] | None:
        """Return the shape of a model's training images: that of its data set, or of the one this is derived from."""
        sources: tuple[Input, ...] = (job.inputs["train_on"],)
        while len(sources) == 1:
            data = self.plan.jobs[sources[0].key]
            if isinstance(data.recipe, DatasetRecipe) and (shape := data.recipe.known("image_shape")) is not None:
                return shape  # type: ignore[no-any-return]
            sources = tuple(data.inputs.values())
        return None

"""Base of attacks with a target class: draws it for each image, and keeps the result that is wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.errors import Infeasible, plural
from harness.examples import Examples, Victim, Watch, attack_failures, rms
from harness.kinds.attack import AttackRecipe
from harness.streams import Streams

OneClass = Annotated[int, Field(ge=0, lt=100_000)]
Target = Literal["none", "random", "nearest", "hardest", "least-likely", "all"] | OneClass
"""Which class an example is to get."""
Length = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Changes of images ``(n, h, w, c)`` -> a length of each ``(n,)``."""
NEARLY = 1.3
"""Classes whose examples are not this many times as far as the nearest one's (or nearly as far as the hardest) stay in question."""
IMAGES_AT_ONCE = 2048
"""Images whose attempts at every wrong class are held in memory together."""


class TargetedAttack(AttackRecipe):
    """An attack whose target classes are chosen here. Authors write ``run``, which meets ``clean.criterion``.

    An image the model already misclassifies is attacked like any other.
    """

    needs_target: ClassVar[bool] = False
    """Whether the attack needs a target class."""
    leaves_by_reaching: ClassVar[bool] = False
    """Whether it leaves a class by reaching the nearest other one: for attacks that would settle on one that comes first."""

    target: Target = "random"
    """The target class: a uniformly random wrong one, the wrong one that needs the smallest distortion (every
    wrong class is attacked), the wrong one that needs the largest (found only if every wrong class is), the wrong
    one that is least likely for the clean image (Kurakin et al. 2017, section 2.3), every wrong one in turn, none
    in particular (any wrong class counts; not every attack supports it), or a number: this class for all images,
    which must not belong to it (``sample: {other_than: …}``)."""

    @model_validator(mode="after")
    def _has_a_target(self) -> Self:
        if self.needs_target and self.target == "none":
            raise ValueError(
                f"{self.kind} needs a target class: write target: random, nearest, hardest, least-likely or all"
            )
        return self

    @property
    def random(self) -> bool:
        """Whether targets are drawn at random."""
        return self.target == "random"

    @property
    def searches(self) -> int:
        """Once, or once for each of nine wrong classes: how many classes there are the plan does not know."""
        once = ("random", "least-likely") if self.leaves_by_reaching else ("none", "random", "least-likely")
        return 1 if self.target in once or isinstance(self.target, int) else 9

    @property
    def one_for_all(self) -> bool:
        """Whether the images share a number that is chosen on all of them: none may then be attacked without the others."""
        return False

    def length(self, change: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the length that the nearest and the hardest class are chosen by, of changes of images ``(n, h, w, c)``: the distortion."""
        return rms(change)

    def in_question(self, attempts: Examples, far: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which attempts may still be the ones that are kept, ``(n,)``: where one of many is, those nearly so.

        Args:
            attempts: each image once for each class it is attacked towards.
            far: how far each example is so far, ``(n,)``; infinite where none was found, which keeps the attempt.
        """
        if self.target not in ("none", "nearest", "hardest"):
            return np.ones(len(attempts), bool)
        images, image = np.unique(attempts.index, return_inverse=True)
        if self.target != "hardest":
            least = np.full(len(images), np.inf)
            np.minimum.at(least, image, far)
            return np.asarray((far <= NEARLY * least[image]) | np.isinf(far))
        most = np.zeros(len(images))
        np.maximum.at(most, image, far)
        return np.asarray(NEARLY * far >= most[image])

    def tries(self, classes: int, **inputs: Any) -> int:
        """One, or with ``target: all`` one for each wrong class."""
        return classes - 1 if self.target == "all" else 1

    def attempts(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return one example for each image, or with ``target: all`` one for each image and wrong class."""
        if self.target == "none" and not self.leaves_by_reaching:
            return self.run(victim, clean, streams, watch, **inputs)
        if (targets := self._told_beforehand(victim, clean, streams)) is not None:
            return self.run(victim, replace(clean, targets=targets), streams, watch, **inputs)
        if self.target == "all":
            return self.run(victim, _every_wrong_class(clean, victim.classes), streams, watch, **inputs)
        # Chunks of fixed size: only one attempt at each image is kept, so memory does not grow.
        size = len(clean) if self.one_for_all else IMAGES_AT_ONCE
        parts = []
        for start in range(0, len(clean), size):
            some = clean.take(np.arange(start, min(start + size, len(clean))))

            def watch_part(done: float, note: str, start: int = start, count: int = len(some)) -> None:
                watch((start + done * count) / len(clean), note)

            made = self.run(victim, _every_wrong_class(some, victim.classes), streams, watch_part, **inputs)
            parts.append(_kept(some, made, self.length, hardest=self.target == "hardest"))
        made = _joined(parts)
        return replace(made, targets=None) if self.target == "none" else made

    def _told_beforehand(self, victim: Victim, clean: Examples, streams: Streams) -> NDArray[np.int64] | None:
        """Return the one target of each image, where no attempt has to be made first to know it."""
        if self.target == "random":
            return _drawn(clean, streams, victim.classes)
        if self.target == "least-likely":
            return _least_likely(victim, clean)
        return _this_class(self.target, clean, victim.classes) if isinstance(self.target, int) else None


def _drawn(clean: Examples, streams: Streams, classes: int) -> NDArray[np.int64]:
    """Return a wrong class for each image; it depends on nothing but seed, run and the image's index."""
    drawn = streams.integers("targets", clean.index, classes - 1)
    return drawn + (drawn >= clean.labels)


def _least_likely(victim: Victim, clean: Examples) -> NDArray[np.int64]:
    """Return the wrong class of the smallest logit of each clean image, in float64; of equal ones the first."""
    logits = np.array(victim.exact_logits(clean.images))
    logits[np.arange(len(clean)), clean.labels] = np.inf
    return np.asarray(logits.argmin(axis=1), np.int64)


def _this_class(target: int, clean: Examples, classes: int) -> NDArray[np.int64]:
    """Return one class for each image; raise Infeasible where there is no such class, or an image is of it."""
    if target >= classes:
        raise Infeasible(f"target: expected one of the {classes} classes, 0 to {classes - 1}; found {target}")
    if own := int((clean.labels == target).sum()):
        raise Infeasible(
            f"target: {plural(own, 'image')} of {len(clean)} {'is' if own == 1 else 'are'} of the class {target} already; "
            f"leave them out, by other_than: {target} in the claim's sample"
        )
    return np.full(len(clean), target, np.int64)


def _every_wrong_class(clean: Examples, classes: int) -> Examples:
    """Return each image once for each wrong class, image by image, those classes as targets in ascending order."""
    wrong = np.tile(np.arange(classes - 1), (len(clean), 1))
    targets = (wrong + (wrong >= clean.labels[:, None])).reshape(-1)
    return replace(clean.take(np.repeat(np.arange(len(clean)), classes - 1)), targets=targets)


def _kept(clean: Examples, attempts: Examples, length: Length, *, hardest: bool) -> Examples:
    """Keep one of each image's attempts: the one found with the least length of its change, or the hardest.

    An attempt that was not found is farther than any that was; of several the first is kept. So the nearest is found where
    any is, and the hardest where all are: the best and the worst case of Carlini & Wagner 2017, Table IV.
    """
    tries = len(attempts) // len(clean)
    originals = np.repeat(clean.images, tries, axis=0)
    found = np.asarray(attempts.found, bool)
    far = np.where(found, length(attempts.images.astype(np.float64) - originals), np.inf).reshape(-1, tries)
    kept = far.argmax(axis=1) if hardest else far.argmin(axis=1)
    return attempts.take(np.arange(len(clean)) * tries + kept)


def _joined(parts: list[Examples]) -> Examples:
    """Return the examples of all parts in order."""
    fields = ("images", "labels", "index", "targets", "found")
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in fields}
    return Examples(**arrays, failure=np.concatenate([attack_failures(part) for part in parts]))

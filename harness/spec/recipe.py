"""What every recipe is: a frozen value of hyper-parameters with one method, checked by its room's base."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args, get_type_hints

import numpy as np
from pydantic import BaseModel, ConfigDict

from harness.errors import ContractError
from harness.examples import Examples, Journal, Trained, Unkept, Value, Victim, Watch, read_only_copies, rms, unwatched
from harness.spec.contract import (
    check_fit,
    check_images,
    check_shape,
    check_splits,
    check_trained,
    check_victim,
)
from harness.spec.crafted import check_goals, covered
from harness.spec.source import full_digest, is_outside
from harness.spec.success import confirmed
from harness.spec.value import checked_value
from harness.streams import Streams

MEASURED_AT_ONCE = 2048
"""Crafted images whose distortions are computed together."""


class Frozen(BaseModel):
    """A value read from a spec: immutable, strict about types, closed against unknown fields and NaN."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


@dataclass(frozen=True)
class RefTo:
    """Marks a recipe's string field as the name of another entry of the pack."""

    room: Literal["datasets", "models", "attacks"]
    whole: bool = False
    """Of data sets: whether the name is that of a whole data set rather than of one split."""


SplitRef = Annotated[str, RefTo("datasets")]
"""``name/split``; arrives in the recipe's method as Examples, under the field's name."""
DatasetRef = Annotated[str, RefTo("datasets", whole=True)]
"""Name of a data set; arrives as ``{split: Examples}``."""
ModelRef = Annotated[str, RefTo("models")]
"""Name of a model; arrives as its Victim."""
AttackRef = Annotated[str, RefTo("attacks")]
"""Name of an attack; arrives in an attack as the Examples it made for the same victim and images."""


class Recipe(Frozen):
    """A frozen value: the hyper-parameters of one data set, model, attack or metric.

    A field annotated with one of the ``…Ref`` types names another entry of the pack. The planner turns it into a job,
    whose key enters this recipe's key and whose result arrives as a keyword argument named after the field.
    """

    kind: ClassVar[str] = ""
    """The name a spec gives the kind by; set by the registering decorator."""
    edition: ClassVar[int] = 0
    """Bumped whenever the meaning of the kind changes; part of every content key."""
    offered_by: ClassVar[tuple[str, str]] = ("", "")
    """Name and version of the distribution that offers the kind, where it is another than harness's; set by discovery."""
    room: ClassVar[str] = ""
    """The plugin room the recipe belongs to; part of every content key."""

    @classmethod
    def references(cls) -> dict[str, RefTo]:
        """Return the fields that name other entries, and the room each points into."""
        found = {}
        for name, hint in get_type_hints(cls, include_extras=True).items():
            marks = [mark for mark in _metadata(hint) if isinstance(mark, RefTo)]
            if marks and name in cls.model_fields:
                found[name] = marks[0]
        return found

    @property
    def random(self) -> bool:
        """Whether the recipe's own method draws random numbers; a recipe that does not is done once for all runs."""
        return True

    @property
    def seconds(self) -> float:
        """A rough cost on two cores, for the plan, used until a recorded duration is known."""
        return 1.0

    def expanded(self) -> Recipe:
        """Return the recipe in full, where this is a shorthand for another."""
        return self

    def fields(self) -> dict[str, Any]:
        """Return every hyper-parameter, defaults included, references excluded (names never enter a key)."""
        plain = self.model_dump(mode="json", exclude=set(self.references()))
        within = {type(each) for each in self.nested()}
        editions = sorted([cls.room, cls.kind, cls.edition, *_source(cls)] for cls in within)
        return plain | ({"editions": editions} if editions else {})

    def nested(self) -> Iterator[Recipe]:
        """Yield the recipes within this one: a model's layers and training, the layers of a branch."""
        for name in type(self).model_fields:
            yield from _recipes_in(getattr(self, name))

    def fingerprint(self) -> str:
        """Return the SHA-256 of kind, edition and all resolved fields; of another package's kind, of its source too.

        The editions of harness's own kinds are bumped under review; nobody reviews those of others. One that builds on a
        kind of harness depends on that one's edition.
        """
        parts = [self.room, self.kind, self.edition, self.fields(), *_source(type(self))]
        text = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _source(cls: type[Recipe]) -> list[Any]:
    """Return what the key of another package's kind holds beside its edition; nothing for harness's own."""
    if not is_outside(cls):
        return []
    bases = [vars(base) for base in cls.__mro__[1:] if vars(base).get("kind")]
    return [full_digest(cls), [[base["kind"], base["edition"]] for base in bases]]


def _recipes_in(value: Any) -> Iterator[Recipe]:
    if isinstance(value, Recipe):
        yield value
        yield from value.nested()
    elif isinstance(value, tuple):
        for member in value:
            yield from _recipes_in(member)


def _guarded(given: Any) -> Any:
    """Return an input that its author cannot change in place: other jobs are given the very same arrays."""
    if isinstance(given, Examples):
        return given.read_only()
    if isinstance(given, Mapping):
        return {name: _guarded(part) for name, part in given.items()}
    return given


def _metadata(hint: Any) -> list[Any]:
    """Collect the marks of an annotation, through ``| None`` and ``tuple[…, ...]``."""
    marks = list(getattr(hint, "__metadata__", ()))
    for inner in get_args(hint):
        if not isinstance(inner, RefTo | str | int | type(None)):
            marks += _metadata(inner)
    return marks


class DatasetRecipe(Recipe):
    """A data set. Authors write ``load``; calling the recipe loads and checks."""

    room = "datasets"

    splits: ClassVar[tuple[str, ...]] = ()
    """The splits ``load`` returns."""
    image_shape: ClassVar[tuple[int, int, int] | None]
    """(h, w, c), where every image of the kind has it; a kind may have a field of that name instead, or neither."""
    classes: ClassVar[int | None]
    """Number of classes, likewise; a kind made of another data set has neither, and both of them are that one's."""

    @property
    def random(self) -> bool:
        """Loading draws nothing."""
        return False

    def known(self, name: Literal["image_shape", "classes"]) -> Any:
        """Return what is known before the data are loaded; None where nothing is."""
        return getattr(self, name, None)

    @abstractmethod
    def load(self, places: tuple[Path, ...], **inputs: Any) -> Mapping[str, Examples]:
        """Return every split. ``places`` are folders to look in, in order; raise DataMissing where there is none."""

    def __call__(self, places: tuple[Path, ...] = (), **inputs: Any) -> Mapping[str, Examples]:
        """Load and check: all splits have images of one shape, pixels lie in [0, 1], labels are classes."""
        splits = self.load(places, **{role: _guarded(given) for role, given in inputs.items()})
        return check_splits(splits, self.kind, self.splits, self.known("image_shape"), self.known("classes"))

    def digest(self, splits: Mapping[str, Examples]) -> str:
        """Return the SHA-256 over every split's name, images, labels and index, splits in alphabetical order.

        Shapes and dtypes enter with the bytes, so no two data sets share a digest.
        """
        total = hashlib.sha256()
        for name, examples in sorted(splits.items()):
            for array in (examples.images, examples.labels, examples.index):
                total.update(f"{name} {array.dtype.str} {array.shape}".encode())
                total.update(np.ascontiguousarray(array).data)
        return total.hexdigest()


class ModelRecipe(Recipe):
    """A model and how it is trained. Authors write ``train`` and ``victim``."""

    room = "models"

    train_on: SplitRef
    """The split the model is trained on, as data-set/split."""

    @property
    def linear(self) -> bool:
        """Whether the logits are a linear function of the pixels and a constant, whatever the weights."""
        return False

    def misfits(
        self, shape: tuple[int, int, int] | None, classes: int | None
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield what of the model does not fit data of this image shape and so many classes: field's path, and why.

        Either is None where it is not known before the data are loaded.
        """
        return iter(())

    @property
    def runs_until_fitted(self) -> bool:
        """Whether it trains until it fits its images, so that no error on these very images proves nothing."""
        return False

    @abstractmethod
    def train(self, *, train_on: Examples, streams: Streams, watch: Watch, journal: Journal, **inputs: Any) -> Trained:
        """Train on a split and return the weights; draw every random number from ``streams``.

        A training of minutes may note in ``journal`` what it takes to go on after it was killed; one that leaves the
        journal alone begins anew. Among the inputs are ``places``, folders to look for files in.
        """

    @abstractmethod
    def victim(self, trained: Trained, **inputs: Any) -> Victim:
        """Rebuild the trained model from this recipe and its weights."""

    def __call__(
        self,
        *,
        train_on: Examples,
        streams: Streams,
        watch: Watch = unwatched,
        journal: Journal | None = None,
        places: tuple[Path, ...] = (),
        **inputs: Any,
    ) -> Trained:
        """Train and check that there is something to train on, and that every weight is finite.

        ``places`` are folders to look for files in, in order.
        """
        if not len(train_on):
            raise ContractError(f"{self.kind}: no image to train on")
        for given in inputs.values():
            if hasattr(given, "image_shape"):
                check_shape(given, train_on, f"{self.kind}: {self.train_on}")
        trained = self.train(
            train_on=train_on.read_only(),
            streams=streams,
            watch=watch,
            journal=journal or Unkept(),
            places=places,
            **inputs,
        )
        check_trained(trained, self.kind)
        return trained

    def rebuilt(self, trained: Trained, **inputs: Any) -> Victim:
        """Rebuild the trained model, and check that it is a Victim; no attack can write its weights."""
        victim = self.victim(replace(trained, weights=read_only_copies(trained.weights)), **inputs)
        check_victim(victim, self.kind)
        return victim


class AttackRecipe(Recipe):
    """An attack. Authors write ``craft``; calling the recipe crafts and checks."""

    room = "attacks"

    @property
    def stays_in_box(self) -> bool:
        """Whether crafted pixels must lie in [0, 1]; noise that is not clipped need not."""
        return True

    @property
    def runs_until_found(self) -> bool:
        """Whether it searches until it has an example, so that its full success on the model itself proves nothing."""
        return False

    @property
    def sets_distortion(self) -> bool:
        """Whether the size of its distortions is one of its fields, so that to measure that size proves nothing."""
        return False

    @property
    def by_target(self) -> bool:
        """Whether an example with a target is found only if it has that class; otherwise any wrong class will do."""
        return True

    def applies_to(self, model: ModelRecipe) -> bool:
        """Whether the attack can be made for models of this recipe; an exact attack says which it can solve."""
        return True

    def tries(self, classes: int, **inputs: Any) -> int:
        """Return how many examples are made of each image, of a model with so many classes."""
        return 1

    @abstractmethod
    def craft(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return one crafted example for each clean one (or as many for each as ``tries`` says, ``index`` repeated).

        ``found`` and ``images`` are the author's; ``distortion`` is filled in by the base.
        """

    def __call__(
        self, victim: Victim, clean: Examples, streams: Streams, watch: Watch = unwatched, **inputs: Any
    ) -> Examples:
        """Craft, check, and measure each distortion.

        An example said to be found must have reached its goal in float64, and no image may be left out.
        """
        if not len(clean):
            raise ContractError(f"{self.kind}: no image to attack")
        check_fit(victim, clean, self.kind)
        guarded = {role: _guarded(given) for role, given in inputs.items()}
        made = self.craft(victim, clean.read_only(), streams, watch, **guarded)
        check_images(made, self.kind, box=self.stays_in_box, shape=clean.images.shape[1:])
        rows = covered(made, clean, self.kind, self.tries(victim.classes, **guarded))
        check_goals(made, self.kind, victim.classes)
        found = confirmed(victim, made, self.kind, by_target=self.by_target)
        # Part by part: in float64, and squared, all images at once would take many times their own memory.
        parts = np.split(np.arange(len(rows)), range(MEASURED_AT_ONCE, len(rows), MEASURED_AT_ONCE))
        moved = (made.images[part].astype(np.float64) - clean.images[rows[part]] for part in parts)
        distortion = np.concatenate([rms(each) for each in moved])
        return Examples(made.images, made.labels, made.index, made.targets, found, distortion)


class MetricRecipe(Recipe):
    """A metric. Authors write ``measure``; calling the recipe measures and checks. Metrics never drop images."""

    room = "metrics"

    unit: ClassVar[Literal["fraction", "distortion", "number"]] = "number"
    """The natural unit of the value: a fraction of images, RMS pixel distortion in [0, 1], or a plain number."""
    at_full_success: ClassVar[float | None] = None
    """The value where an attack reached its goal on every image, fed to the model it was made for; a fraction on clean
    images is one minus this where the model errs on none. None where the value shows neither."""
    needs_victim: ClassVar[bool] = True
    """Whether ``measure`` is given a model; without one it is given None."""
    needs_attack: ClassVar[bool] = False
    """Whether the examples must be an attack's, with ``found`` and ``distortion``."""

    over_all: ClassVar[bool] = False
    """Whether a distortion is the mean over all images, found or not; else it says little where few were found."""

    @property
    def random(self) -> bool:
        """Measuring draws nothing."""
        return False

    @abstractmethod
    def measure(self, victim: Victim | None, examples: Examples) -> Value:
        """Return the number, in the metric's natural unit."""

    def __call__(self, victim: Victim | None, examples: Examples) -> Value:
        """Check that there is what the metric needs, measure, and check the value."""
        if not len(examples):
            raise ContractError(f"{self.kind}: no image to measure on")
        if self.needs_attack and (examples.found is None or examples.distortion is None):
            raise ContractError(f"{self.kind}: needs images an attack made")
        if self.needs_victim and victim is None:
            raise ContractError(f"{self.kind}: needs a model")
        if victim is not None:
            check_fit(victim, examples, self.kind)
        return checked_value(self.measure(victim, examples.read_only()), self.kind, self.unit, len(examples))

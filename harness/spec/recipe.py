"""What every recipe is: a frozen value of hyper-parameters with one method, checked by its room's base."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from harness.errors import ContractError
from harness.examples import Examples, Journal, Trained, Unkept, Value, Victim, Watch, rms, unwatched
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
        editions = sorted({(each.room, each.kind, each.edition) for each in self.nested()})
        return plain | ({"editions": [list(edition) for edition in editions]} if editions else {})

    def nested(self) -> Iterator[Recipe]:
        """Yield the recipes within this one: a model's layers and training, the layers of a branch."""
        for name in type(self).model_fields:
            yield from _recipes_in(getattr(self, name))

    def fingerprint(self) -> str:
        """Return the SHA-256 of kind, edition and all resolved fields."""
        text = json.dumps([self.room, self.kind, self.edition, self.fields()], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _recipes_in(value: Any) -> Iterator[Recipe]:
    if isinstance(value, Recipe):
        yield value
        yield from value.nested()
    elif isinstance(value, tuple):
        for member in value:
            yield from _recipes_in(member)


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

    def load(self, places: tuple[Path, ...], **inputs: Any) -> Mapping[str, Examples]:
        """Return every split. ``places`` are folders to look in, in order; raise DataMissing where there is none."""
        raise NotImplementedError

    def __call__(self, places: tuple[Path, ...] = (), **inputs: Any) -> Mapping[str, Examples]:
        """Load and check: shapes agree, pixels lie in [0, 1], labels are classes."""
        splits = self.load(places, **inputs)
        if set(splits) != set(self.splits):
            raise ContractError(f"{self.kind}: expected the splits {sorted(self.splits)}, found {sorted(splits)}")
        for name, examples in splits.items():
            check_images(examples, f"{self.kind}/{name}", box=True)
            check_labels(examples, f"{self.kind}/{name}", self.known("classes"))
        return splits

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

    def train(self, *, train_on: Examples, streams: Streams, watch: Watch, journal: Journal, **inputs: Any) -> Trained:
        """Train on a split and return the weights; draw every random number from ``streams``.

        A training of minutes may note in ``journal`` what it takes to go on after it was killed; one that leaves the
        journal alone begins anew. Among the inputs are ``places``, folders to look for files in.
        """
        raise NotImplementedError

    def victim(self, trained: Trained, **inputs: Any) -> Victim:
        """Rebuild the trained model from this recipe and its weights."""
        raise NotImplementedError

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
        """Train and check that every weight is finite; ``places`` are folders to look for files in, in order."""
        kept = journal or Unkept()
        trained = self.train(train_on=train_on, streams=streams, watch=watch, journal=kept, places=places, **inputs)
        for name, array in trained.weights.items():
            if not np.isfinite(array).all():
                raise ContractError(f"{self.kind}: weight {name!r} is not finite after training")
        return trained


class AttackRecipe(Recipe):
    """An attack. Authors write ``craft``; calling the recipe crafts and checks."""

    room = "attacks"

    @property
    def stays_in_box(self) -> bool:
        """Whether crafted pixels must lie in [0, 1]; noise that is not clipped need not."""
        return True

    def applies_to(self, model: ModelRecipe) -> bool:
        """Whether the attack can be made for models of this recipe; an exact attack says which it can solve."""
        return True

    def craft(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return one crafted example for each clean one (or several for each, with ``index`` repeated).

        ``found`` and ``images`` are the author's; ``distortion`` is filled in by the base.
        """
        raise NotImplementedError

    def __call__(
        self, victim: Victim, clean: Examples, streams: Streams, watch: Watch = unwatched, **inputs: Any
    ) -> Examples:
        """Craft, measure each distortion, and check shapes, the [0, 1] box and finiteness."""
        made = self.craft(victim, clean, streams, watch, **inputs)
        check_images(made, self.kind, box=self.stays_in_box)
        if made.found is None or made.found.shape != made.labels.shape:
            raise ContractError(f"{self.kind}: expected found of shape {made.labels.shape}")
        rows = clean.find(made.index)
        if (rows < 0).any():
            raise ContractError(f"{self.kind}: crafted examples must carry the index of a clean one")
        # Part by part: in float64, and squared, all images at once would take many times their own memory.
        parts = np.split(np.arange(len(rows)), range(MEASURED_AT_ONCE, len(rows), MEASURED_AT_ONCE))
        moved = (made.images[part].astype(np.float64) - clean.images[rows[part]] for part in parts)
        distortion = np.concatenate([rms(each) for each in moved])
        return Examples(made.images, made.labels, made.index, made.targets, made.found, distortion)


class MetricRecipe(Recipe):
    """A metric. Authors write ``measure``; calling the recipe measures and checks. Metrics never drop images."""

    room = "metrics"

    unit: ClassVar[Literal["fraction", "distortion", "number"]] = "number"
    """The natural unit of the value: a fraction of images, RMS pixel distortion in [0, 1], or a plain number."""
    needs_victim: ClassVar[bool] = True
    needs_attack: ClassVar[bool] = False

    @property
    def random(self) -> bool:
        """Measuring draws nothing."""
        return False

    def measure(self, victim: Victim | None, examples: Examples) -> Value:
        """Return the number, in the metric's natural unit."""
        raise NotImplementedError

    def __call__(self, victim: Victim | None, examples: Examples) -> Value:
        """Measure and check that the value is finite."""
        if not len(examples):
            raise ContractError(f"{self.kind}: no image to measure on")
        value = self.measure(victim, examples)
        if not np.isfinite(value.value):
            raise ContractError(f"{self.kind}: the value is {value.value}")
        return value


class Sample(Recipe):
    """Which images of a split a measure looks at."""

    kind = "sample"
    edition = 1
    room = "sample"

    count: int | None = Field(None, ge=1)
    """How many images, drawn without replacement anew in each run; null takes the whole split."""
    which: Literal["all", "correct"] = "all"
    """``correct`` leaves out the images the attacked model misclassifies."""

    @property
    def random(self) -> bool:
        """Drawing a sample is random; taking a whole split is not."""
        return self.count is not None

    def choose(self, total: int, correct: NDArray[np.bool_] | None, streams: Streams) -> NDArray[np.int64]:
        """Return the chosen positions in the split, int64, in the order drawn.

        The split is permuted by the run's stream and the first images that qualify are taken, so that two models
        attacked in the same run share nearly all their images.
        """
        order = streams.rng("sample").permutation(total) if self.random else np.arange(total)
        if correct is not None:
            order = order[correct[order]]
        return order[: self.count].astype(np.int64)


def check_images(examples: Examples, what: str, *, box: bool) -> None:
    """Raise ContractError unless shapes and dtypes agree, pixels are finite and (with ``box``) lie in [0, 1]."""
    images, labels = examples.images, examples.labels
    if images.dtype != np.float32 or images.ndim != 4 or labels.shape != images.shape[:1] or labels.dtype != np.int64:
        raise ContractError(
            f"{what}: expected float32 images (n, h, w, c) and int64 labels (n,), "
            f"found {images.dtype} {images.shape} and {labels.dtype} {labels.shape}"
        )
    if examples.index.shape != labels.shape:
        raise ContractError(f"{what}: expected index of shape {labels.shape}, found {examples.index.shape}")
    if not np.isfinite(images).all():
        raise ContractError(f"{what}: pixels are not finite")
    if box and images.size and (images.min() < 0 or images.max() > 1):
        raise ContractError(f"{what}: pixels must lie in [0, 1], found {images.min()} to {images.max()}")


def check_labels(examples: Examples, what: str, classes: int | None) -> None:
    """Raise ContractError unless every label is a class: from 0, and less than ``classes`` where that is known."""
    if not len(examples):
        return
    for label in (int(examples.labels.min()), int(examples.labels.max())):
        if label < 0 or (classes is not None and label >= classes):
            expected = "from 0" if classes is None else f"from 0 to {classes - 1} ({classes} classes)"
            raise ContractError(f"{what}: expected labels {expected}, found {label}")

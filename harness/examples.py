"""The arrays that pass between rooms, and what an attack or a metric may know of a model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Watch = Callable[[float, str], None]
"""Progress of one job: ``watch(done, note)``, where done is a fraction in [0, 1]."""


def unwatched(done: float, note: str) -> None:
    """Ignore progress."""


@runtime_checkable
class Journal(Protocol):
    """Checkpoints of a long job, from which it is resumed after it was killed.

    A resumed job must end with the same result, to the bit, as one that was not interrupted.
    """

    def notes(self) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Yield what an earlier attempt at the very same job noted, oldest first; read it before noting more."""

    def note(self, **arrays: NDArray[Any]) -> None:
        """Add one note."""

    def forget(self) -> None:
        """Remove all notes."""


class Unkept:
    """A journal that keeps nothing."""

    def notes(self) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Yield nothing."""
        return iter(())

    def note(self, **arrays: NDArray[Any]) -> None:
        """Ignore."""

    def forget(self) -> None:
        """Ignore."""


class AttackFailure(IntEnum):
    """Why an attack found no adversarial example for an image."""

    NONE = 0
    """An example was found."""
    UNREACHED = 1
    """No iterate met the criterion."""
    UNCONFIRMED = 2
    """The criterion was met in float32, but not in float64."""
    NOT_FINITE = 3
    """The logits or the gradient were not finite."""
    BUDGET = 4
    """The maximum number of values of c was tried, and none of their minimisers met the criterion."""
    SHARED_C = 5
    """The minimiser for the c that all images share does not meet the criterion."""

    @property
    def code(self) -> str:
        """The reason as the record has it: ``not-finite``."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, eq=False)
class Examples:
    """Labelled images; if crafted, also what the attack was asked for and what it achieved.

    Attributes:
        images: float32 ``(n, h, w, c)`` in [0, 1] (unclipped noise may leave the box).
        labels: int64 ``(n,)``, the true classes.
        index: int64 ``(n,)``, each image's position in its split; an index may repeat (several targets for one image).
        targets: int64 ``(n,)``, the class each crafted image was meant to get; None where the attack has none.
        found: bool ``(n,)``, whether the image meets the attack's criterion; None if not crafted.
        distortion: float64 ``(n,)``, the RMS over pixels and channels of (crafted - original); None if not crafted.
        failure: int8 ``(n,)``, an ``AttackFailure`` for each image; None if not crafted, or where the attack gives no reason.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    index: NDArray[np.int64]
    targets: NDArray[np.int64] | None = None
    found: NDArray[np.bool_] | None = None
    distortion: NDArray[np.float64] | None = None
    failure: NDArray[np.int8] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.int64]) -> Examples:
        """Return the examples at the given rows (positions in this value, not in the split)."""

        def pick(a: NDArray[Any] | None) -> Any:
            return None if a is None else a[rows]

        return Examples(
            self.images[rows],
            self.labels[rows],
            self.index[rows],
            pick(self.targets),
            pick(self.found),
            pick(self.distortion),
            pick(self.failure),
        )

    @property
    def criterion(self) -> tuple[NDArray[np.int64], bool]:
        """The class of each image, and whether it is to be reached: targets and True, or else labels and False."""
        return (self.labels, False) if self.targets is None else (self.targets, True)

    def crafted(
        self, images: NDArray[np.float32], found: NDArray[np.bool_], failure: NDArray[np.int8] | None = None
    ) -> Examples:
        """Return what an attack made of these examples: images of the same shape, which met their criterion, and why others did not."""
        return Examples(images, self.labels, self.index, self.targets, found, failure=failure)

    def with_rows(self, rows: NDArray[np.int64], made: Examples) -> Examples:
        """Return crafted examples with what an attack made of these rows; others stay."""
        images, found, failure = self.images.copy(), np.array(self.found, bool), attack_failures(self).copy()
        images[rows], found[rows], failure[rows] = made.images, made.found, attack_failures(made)
        return self.crafted(images, found, failure)

    def read_only(self) -> Examples:
        """Return the same examples in arrays that cannot be written to; others look at the very same memory."""

        def frozen(a: NDArray[Any] | None) -> Any:
            if a is None:
                return None
            view = a.view()
            view.flags.writeable = False
            return view

        return Examples(*(frozen(part) for part in vars(self).values()))

    def rows_of(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row that holds each of these positions in the split, the first if several do; -1 if none does."""
        order = np.argsort(self.index, kind="stable")
        rows = np.append(order, -1)[np.searchsorted(self.index, index, sorter=order)]
        return np.where(np.append(self.index, -1)[rows] == index, rows, -1)


def attack_failures(made: Examples) -> NDArray[np.int8]:
    """Return an ``AttackFailure`` for each crafted example, ``(n,)``: ``UNREACHED`` where none was found and no reason is given."""
    given = np.full(len(made), AttackFailure.UNREACHED, np.int8) if made.failure is None else made.failure
    given = np.where(given == AttackFailure.NONE, np.int8(AttackFailure.UNREACHED), given)
    return np.where(np.asarray(made.found), np.int8(AttackFailure.NONE), given).astype(np.int8)


def failure_counts(made: Examples) -> dict[str, int]:
    """Return how many crafted examples failed for each reason, by the code of the ``AttackFailure``; empty if none did."""
    codes, counts = np.unique(attack_failures(made), return_counts=True)
    return {AttackFailure(code).code: int(count) for code, count in zip(codes, counts, strict=True) if code}


def read_only_copies(arrays: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    """Return a read-only mapping of read-only copies, whose flags cannot be set back."""
    return MappingProxyType({name: _read_only_copy(np.asarray(array)) for name, array in arrays.items()})


def _read_only_copy(array: NDArray[Any]) -> NDArray[Any]:
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape) if array.size else array


def rms(difference: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return each image's distortion sqrt(sum(r**2) / pixels) (Szegedy et al. 2014, section 4.1).

    Args:
        difference: ``(n, …)`` crafted minus original.

    Returns:
        float64 ``(n,)``.
    """
    flat = difference.reshape(len(difference), math.prod(difference.shape[1:])).astype(np.float64)
    return np.asarray(np.sqrt(np.mean(flat**2, axis=1)))


@dataclass(frozen=True, eq=False)
class Chosen:
    """Images selected from a split.

    Attributes:
        rows: int64 ``(n,)``, their rows in the split, in the order drawn.
        of: how many there were to choose from.
    """

    rows: NDArray[np.int64]
    of: int


@dataclass(frozen=True, eq=False)
class Trained:
    """The result of a training.

    Attributes:
        weights: name -> float array, in the order and shapes the model recipe defines.
        settled: whether the declared stopping rule was met, or the loss no longer moved when training stopped.
        facts: facts of the training for the report (iterations, final loss, why it stopped), as JSON can hold them.
    """

    weights: Mapping[str, NDArray[Any]]
    settled: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """One measured number, in the metric's natural unit (a rate is a fraction, never percent).

    Attributes:
        value: the number.
        count: numerator, where the value is a count of images.
        of: the number of images the value is taken over.
        spread: standard deviation over images, where the value is a mean over images that is not a count.
        histogram: (edges, counts) over images, for the report; edges is one longer than counts.
    """

    value: float
    count: int | None = None
    of: int | None = None
    spread: float | None = None
    histogram: tuple[tuple[float, ...], tuple[int, ...]] | None = None

    @classmethod
    def rate(cls, holds: NDArray[np.bool_]) -> Value:
        """Return the fraction of images, at least one, that something holds for, with its count."""
        count = int(np.count_nonzero(holds))
        return cls(count / len(holds), count, len(holds))


@dataclass(frozen=True, eq=False)
class Grid:
    """A picture of images: pairs, each image beside what an attack made of it, or single images.

    Attributes:
        png: uint8 ``(bytes,)``, a PNG file.
        shown: the number of pairs, or of single images.
        distortion: mean over the distorted images shown; None where the attack measured none.
        correct: how many of them the network they were made for still classifies correctly; None where not known.
        clipped: whether pixels outside [0, 1] had to be clipped to be shown.
        across: the number of single images in a row; 0 where pairs are shown.
        says: what single images show, in a sentence; empty where pairs are shown.
    """

    png: NDArray[np.uint8]
    shown: int
    distortion: float | None = None
    correct: int | None = None
    clipped: bool = False
    across: int = 0
    says: str = ""


@runtime_checkable
class Victim(Protocol):
    """A trained model, as attacks and metrics see it."""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(h, w, c) of one image."""

    @property
    def classes(self) -> int:
        """Number of classes."""

    @property
    def weights(self) -> Mapping[str, NDArray[Any]]:
        """The trained arrays."""

    @property
    def linear(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """W ``(pixels, classes)`` and b ``(classes,)``, float64, where the logits are x W + b; None elsewhere."""

    def logits(self, images: Any) -> Any:
        """Return logits ``(n, classes)`` for backend tensors ``(n, h, w, c)``; traceable, differentiable."""

    def loss_and_gradient(self, images: Any, labels: Any) -> tuple[Any, Any]:
        """Return cross-entropy ``(n,)`` and its gradient with respect to the images; traceable."""

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the predicted classes ``(n,)`` of NumPy images, in batches that fit the device."""

    def exact_logits(self, images: NDArray[Any]) -> NDArray[np.float64]:
        """Return logits computed in float64 by NumPy: the check that an example is not a rounding artefact."""


@runtime_checkable
class LayeredVictim(Protocol):
    """A victim whose layers can be looked into: what it offers beyond ``Victim``."""

    @property
    def layer_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shape of each layer's output for one image, first to last; that of the images themselves comes before them."""

    def layer_outputs(self, images: NDArray[np.float32], layer: int) -> NDArray[np.float32]:
        """Return the outputs ``(n, *layer_shapes[layer])`` of a layer, counted from 1, in inference; 0 gives the images."""

"""Checks of the arrays, images, labels, victims and weights that kinds return; the base of each group calls them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from harness.errors import ContractError
from harness.examples import Examples, Trained, Victim

NEEDED = ("image_shape", "classes", "predict", "exact_logits")
"""The attributes of a victim that the bases use."""


def check_array(array: Any, dtype: type[np.generic], shape: tuple[int | str, ...], what: str) -> None:
    """Raise ContractError unless a value is a NumPy array of a dtype and shape; a letter is a size of any length."""
    right = isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == len(shape)
    if not right or any(
        isinstance(size, int) and size != found for size, found in zip(shape, array.shape, strict=True)
    ):
        sizes = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
        raise ContractError(f"{what}: expected a NumPy array {np.dtype(dtype)} {sizes}, found {described(array)}")


def described(value: Any) -> str:
    """Return a value's type, or an array's dtype and shape; never its content, which may be very long."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    return "nothing" if value is None else f"a value of type {type(value).__name__}"


def check_images(examples: Any, what: str, *, box: bool, shape: tuple[int, ...] | None = None) -> None:
    """Raise ContractError unless these are examples with images, labels and index of one length, finite and in the box.

    Args:
        examples: what the author returned.
        what: the name of what returned them, for the error.
        box: whether pixels must lie in [0, 1].
        shape: (h, w, c) of each image, where it is known.
    """
    if not isinstance(examples, Examples):
        raise ContractError(f"{what}: expected Examples, found {described(examples)}")
    check_array(examples.images, np.float32, ("n", *(shape or ("h", "w", "c"))), f"{what}: images")
    count = len(examples.images)
    check_array(examples.labels, np.int64, (count,), f"{what}: labels")
    check_array(examples.index, np.int64, (count,), f"{what}: index")
    images = examples.images
    if not np.isfinite(images).all():
        raise ContractError(f"{what}: images: pixels are not finite")
    if box and images.size and (images.min() < 0 or images.max() > 1):
        raise ContractError(f"{what}: images: pixels must lie in [0, 1], found {images.min()} to {images.max()}")


def check_splits(
    splits: Any,
    kind: str,
    names: tuple[str, ...],
    shape: tuple[int, ...] | None,
    classes: int | None,
    *,
    box: bool = True,
) -> Mapping[str, Examples]:
    """Return the splits of a data set, or raise ContractError: names, labels, and one image shape for all."""
    if not isinstance(splits, Mapping):
        raise ContractError(f"{kind}: expected a mapping from split to Examples, found {described(splits)}")
    if set(splits) != set(names):
        raise ContractError(f"{kind}: expected the splits {sorted(names)}, found {sorted(map(str, splits))}")
    for name in names:
        examples, what = splits[name], f"{kind}/{name}"
        check_images(examples, what, box=box)
        if any(part is not None for part in (examples.targets, examples.found, examples.distortion, examples.failure)):
            raise ContractError(f"{what}: targets, found, distortion and failure are an attack's; leave them out")
        check_labels(examples, what, classes)
        if len(np.unique(examples.index)) < len(examples) or (len(examples) and examples.index.min() < 0):
            raise ContractError(f"{what}: index must hold each image's position once, counted from 0")
        found = examples.images.shape[1:]
        expected = splits[names[0]].images.shape[1:] if shape is None else shape
        if found != tuple(expected):
            other = "the kind declares" if shape is not None else f"{kind}/{names[0]} has"
            raise ContractError(
                f"{what}: has images of {shape_text(found)}, but {other} images of {shape_text(expected)}"
            )
    return splits


def check_labels(examples: Examples, what: str, classes: int | None) -> None:
    """Raise ContractError unless every label is a class: from 0, and less than ``classes`` where that is known."""
    if not len(examples):
        return
    for label in (int(examples.labels.min()), int(examples.labels.max())):
        if label < 0 or (classes is not None and label >= classes):
            expected = "from 0" if classes is None else f"from 0 to {classes - 1} ({classes} classes)"
            raise ContractError(f"{what}: expected labels {expected}, found {label}")


def shape_text(shape: Sequence[int]) -> str:
    """Return a shape as text: ``28×28×1``."""
    return "×".join(map(str, shape))


def check_shape(victim: Victim, examples: Examples, what: str) -> None:
    """Raise ContractError unless a model takes images of this shape."""
    found, expected = examples.images.shape[1:], tuple(victim.image_shape)
    if found != expected:
        raise ContractError(
            f"{what}: found images of {shape_text(found)}, but the model takes images of {shape_text(expected)}"
        )


def check_fit(victim: Victim, examples: Examples, what: str) -> None:
    """Raise ContractError unless a model takes images of this shape, and has a class for every label."""
    check_shape(victim, examples, what)
    if len(examples) and examples.labels.max() >= victim.classes:
        raise ContractError(
            f"{what}: found the label {examples.labels.max()}, but the model has {victim.classes} classes, "
            f"0 to {victim.classes - 1}"
        )


def check_victim(victim: Any, kind: str) -> None:
    """Raise ContractError unless a rebuilt model offers what the bases ask of it."""
    lacking = [name for name in NEEDED if not hasattr(victim, name)]
    if lacking:
        raise ContractError(f"{kind}: expected a Victim, found {described(victim)} without {', '.join(lacking)}")
    shape, classes = victim.image_shape, victim.classes
    if not (isinstance(shape, tuple | list) and len(shape) == 3 and all(is_whole(size) and size > 0 for size in shape)):
        raise ContractError(f"{kind}: image_shape: expected (h, w, c), found {shape!r:.80}")
    if not (is_whole(classes) and classes > 0):
        raise ContractError(f"{kind}: classes: expected a whole number of at least 1, found {classes!r:.80}")


def classified(victim: Victim, examples: Examples, what: str) -> Any:
    """Return the predicted class of every image, int64 ``(n,)``, checked: other packages may return anything."""
    classes = victim.predict(examples.images)
    check_array(classes, np.int64, (len(examples),), f"{what}: predict of the model")
    return classes


def check_trained(trained: Any, kind: str) -> None:
    """Raise ContractError unless this is Trained: finite float arrays by name, and facts that JSON can hold."""
    if not isinstance(trained, Trained):
        raise ContractError(f"{kind}: expected Trained, found {described(trained)}")
    weights: Any = trained.weights
    if not isinstance(weights, Mapping):
        raise ContractError(f"{kind}: weights: expected a mapping from name to array, found {described(weights)}")
    for name, array in weights.items():
        if not isinstance(name, str) or not isinstance(array, np.ndarray | np.floating) or array.dtype.kind != "f":
            raise ContractError(f"{kind}: weight {name!r:.80}: expected a float array, found {described(array)}")
        if not np.isfinite(array).all():
            raise ContractError(f"{kind}: weight {name!r} is not finite after training")
    if not isinstance(trained.settled, bool):
        raise ContractError(f"{kind}: settled: expected true or false, found {described(trained.settled)}")
    try:
        json.dumps(dict(trained.facts), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ContractError(f"{kind}: facts: expected values that JSON can represent ({error})") from error


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number, of Python or of NumPy; true and false are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)

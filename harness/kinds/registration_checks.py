"""Checks of a class when it is registered as a kind: its group's methods, name, edition, docstring and facts."""

from __future__ import annotations

from itertools import takewhile
from typing import Any, get_args, get_type_hints

from harness.errors import UsageError
from harness.kinds.contract import is_whole
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.metric import PROPORTION, MetricRecipe, Need
from harness.kinds.recipe import Recipe
from harness.naming import nearest, refused


def check_declared(cls: Any, group: str, base: type[Recipe], kind: Any, edition: Any) -> None:
    """Raise UsageError unless a class may be registered as a kind of a group.

    Args:
        cls: the class.
        group: the group of kinds.
        base: the base every kind of the group derives from.
        kind: the name it is to have.
        edition: its edition.
    """
    what = f"{group}: kind {kind!r} ({getattr(cls, '__name__', cls)!s:.80})"
    if not isinstance(cls, type) or not issubclass(cls, base):
        raise UsageError(f"{what} must derive from {base.__name__}")
    if not isinstance(kind, str) or refused(kind, "a kind"):
        raise UsageError(f"{what}: {refused(str(kind), 'a kind')}")
    if not is_whole(edition) or edition < 1:
        raise UsageError(f"{what}: edition: expected a whole number of at least 1, found {edition!r:.80}")
    if not (vars(cls).get("__doc__") or "").strip():
        raise UsageError(f"{what} has no docstring; say in its first line what it is; `harness kinds` shows it")
    for method in sorted(cls.__abstractmethods__):
        raise UsageError(f"{what}: {_lacks(cls, method)}")
    if shadowed := cls.model_fields.keys() & (set(dir(base)) - base.model_fields.keys()):
        own = f"{min(shadowed)!r} is {base.__name__}'s own"
        raise UsageError(f"{what}: {own}; set it without an annotation, or give the field another name")
    if wrong := _wrong_fact(cls):
        raise UsageError(f"{what}: {wrong}")


def _lacks(cls: type[Recipe], method: str) -> str:
    """Say which method is missing, and which one was probably meant to be it."""
    own = list(takewhile(lambda part: method not in vars(part), cls.__mro__))
    known = dir(cls.__mro__[len(own)])
    written = {name for part in own for name, value in vars(part).items() if callable(value) and name[0] != "_"}
    near = nearest(method, written - set(known))
    hint = f"; found {near!r}, rename it" if near else ""
    return f"expected a method {method!r}, which does the work{hint}"


def _wrong_fact(cls: type[Recipe]) -> str:
    """Say which fact of a data set or a metric is not what it must be; empty if all are."""
    if issubclass(cls, DatasetRecipe):
        splits: Any = cls.splits
        # A data set that only knows them once it is loaded declares neither; one whose user says them has fields of these names.
        shape: Any = getattr(cls, "image_shape", None)
        classes: Any = getattr(cls, "classes", None)
        named = isinstance(splits, property)  # which splits there are is up to the fields
        if not named and not (
            isinstance(splits, tuple) and splits and all(isinstance(name, str) and name for name in splits)
        ):
            return f"splits: expected a tuple of names, such as ('train', 'test'), found {splits!r:.80}"
        if shape is not None and not (
            isinstance(shape, tuple) and len(shape) == 3 and all(is_whole(size) and size > 0 for size in shape)
        ):
            return f"image_shape: expected (h, w, c), found {shape!r:.80}"
        if classes is not None and not (is_whole(classes) and classes > 0):
            return f"classes: expected a whole number of at least 1, found {classes!r:.80}"
    if issubclass(cls, MetricRecipe):
        return _wrong_fact_of_metric(cls)
    return ""


def _wrong_fact_of_metric(cls: type[MetricRecipe]) -> str:
    hints = get_type_hints(MetricRecipe)
    for fact in ("unit", "statistic", "better", "over"):
        choices = get_args(get_args(hints[fact])[0])
        if getattr(cls, fact) not in choices:
            return f"{fact}: expected one of {', '.join(choices)}, found {getattr(cls, fact)!r:.80}"
    needs: Any = cls.needs
    known = get_args(Need)
    if not isinstance(needs, tuple) or not set(needs) <= set(known) or {"victim", "victims"} <= set(needs):
        return f"needs: expected a tuple of {', '.join(known)}, with exactly one of the first two, found {needs!r:.80}"
    if cls.statistic == PROPORTION and cls.unit != "fraction":
        return f"unit: a proportion is a fraction, found {cls.unit!r}"
    if cls.statistic == "time" and cls.unit != "seconds":
        return f"unit: a time is in seconds, found {cls.unit!r}"
    return ""

"""Registry of kinds by group and name: the decorators, and the discovery of other packages' kinds."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from types import ModuleType
from typing import TypeVar

from harness.errors import UsageError
from harness.kinds.attack import AttackRecipe
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.digest import is_outside
from harness.kinds.entry_points import Failure, Offer, offered, type_and_first_line
from harness.kinds.layer import LayerRecipe
from harness.kinds.metric import MetricRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.plugin_checks import check_fields
from harness.kinds.recipe import Recipe
from harness.kinds.registration_checks import check_declared
from harness.kinds.training import TrainingRecipe

GROUPS: dict[str, type[Recipe]] = {
    "datasets": DatasetRecipe,
    "layers": LayerRecipe,
    "trainings": TrainingRecipe,
    "models": ModelRecipe,
    "attacks": AttackRecipe,
    "metrics": MetricRecipe,
}
"""Groups of kinds: the folder's name, the base every kind in it has."""

_kinds: dict[str, dict[str, type[Recipe]]] = {group: {} for group in GROUPS}
_tried: dict[Offer | Failure, Failure | None] = {}
"""Entry points of other packages, each with the reason where it cannot be used."""
_R = TypeVar("_R", bound=Recipe)


def _register(group: str, kind: str, edition: int) -> Callable[[type[_R]], type[_R]]:
    def mark(cls: type[_R]) -> type[_R]:
        check_declared(cls, group, GROUPS[group], kind, edition)
        known = _kinds[group].get(kind)
        if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            msg = f"{group}: kind {kind!r} is defined by {_whose(known)} and by {_whose(cls)}; rename one of them"
            raise UsageError(msg)
        cls.kind, cls.edition = kind, edition
        _kinds[group][kind] = cls
        return cls

    return mark


def _whose(cls: type[Recipe]) -> str:
    package = f" of {' '.join(cls.offered_by)}" if cls.offered_by[0] else ""
    return f"{cls.__module__}.{cls.__qualname__}{package}"


def dataset(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register a data set: ``@dataset("name", edition=1)`` above a class that derives from ``DatasetRecipe``.

    Args:
        kind: the name a pack gives it by.
        edition: bumped whenever the meaning changes; part of every content key.

    Returns:
        The decorator. It returns the class, and raises UsageError where the class breaks a rule of its group or the name is
        another class's.
    """
    return _register("datasets", kind, edition)


def model(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register a model: ``@model("name", edition=1)`` above a class that derives from ``ModelRecipe``.

    Args:
        kind: the name a pack gives it by.
        edition: bumped whenever the meaning changes; part of every content key.

    Returns:
        The decorator. It returns the class, and raises UsageError where the class breaks a rule of its group or the name is
        another class's.
    """
    return _register("models", kind, edition)


def layer(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register a layer: ``@layer("name", edition=1)`` above a class that derives from ``LayerRecipe``.

    Args:
        kind: the name a pack gives it by.
        edition: bumped whenever the meaning changes; part of every content key.

    Returns:
        The decorator. It returns the class, and raises UsageError where the class breaks a rule of its group or the name is
        another class's.
    """
    return _register("layers", kind, edition)


def training(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register a training: ``@training("name", edition=1)`` above a class that derives from ``TrainingRecipe``.

    Args:
        kind: the name a pack gives it by.
        edition: bumped whenever the meaning changes; part of every content key.

    Returns:
        The decorator. It returns the class, and raises UsageError where the class breaks a rule of its group or the name is
        another class's.
    """
    return _register("trainings", kind, edition)


def attack(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register an attack: ``@attack("name", edition=1)`` above a class that derives from ``AttackRecipe``.

    Args:
        kind: the name a pack gives it by.
        edition: bumped whenever the meaning changes; part of every content key.

    Returns:
        The decorator. It returns the class, and raises UsageError where the class breaks a rule of its group or the name is
        another class's.
    """
    return _register("attacks", kind, edition)


def metric(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register a metric: ``@metric("name", edition=1)`` above a class that derives from ``MetricRecipe``.

    Args:
        kind: the name a pack gives it by.
        edition: bumped whenever the meaning changes; part of every content key.

    Returns:
        The decorator. It returns the class, and raises UsageError where the class breaks a rule of its group or the name is
        another class's.
    """
    return _register("metrics", kind, edition)


def discover() -> tuple[Failure, ...]:
    """Import every kind: the files of the plugin folders, then the entry points of other packages.

    The groups of entry points are ``harness.datasets``, ``harness.layers``, ``harness.trainings``, ``harness.models``,
    ``harness.attacks`` and ``harness.metrics``. A package that cannot be used loses its own kinds; all others stay.

    Returns:
        The entry points that cannot be used. Each is tried once in a process.
    """
    for group in GROUPS:
        package = importlib.import_module(f"harness.{group}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"harness.{group}.{module.name}")
    for offer in offered(tuple(GROUPS)):
        if offer not in _tried:
            _tried[offer] = offer if isinstance(offer, Failure) else _load(offer)
    return failures()


def failures() -> tuple[Failure, ...]:
    """Return the entry points of other packages that were found unusable."""
    return tuple(failure for failure in _tried.values() if failure is not None)


def lost(group: str, kind: str) -> str:
    """Say which package offers a kind that cannot be used; empty where none does."""
    for failure in failures():
        if kind in failure.kinds and failure.group in ("", group):
            return f"the package {failure.package} offers it, but it cannot be used: {failure.cause}"
    return ""


def _load(offer: Offer) -> Failure | None:
    """Import one entry point; return why it cannot be used."""
    top = offer.point.value.partition(":")[0].partition(".")[0].strip()
    try:
        with redirect_stdout(sys.stderr):  # what a package prints when imported belongs to no table or schema of ours
            _refuse_other(offer, offer.point.load())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  what another package does when imported may fail in any way
        what = f"{offer.point.name} = {offer.point.value} in {offer.point.group}"
        return Failure(
            offer.package, offer.group, frozenset({offer.point.name} | _forget(top)), what, type_and_first_line(error)
        )
    finally:
        for cls in (cls for known in _kinds.values() for cls in known.values()):
            if cls.__module__.partition(".")[0] == top and is_outside(cls) and not cls.offered_by[0]:
                cls.offered_by = offer.package.name, offer.package.version
    return None


def _refuse_other(offer: Offer, found: object) -> None:
    """Raise UsageError unless an entry point leads to a kind of its group, or to a module of such."""
    here = _kinds[offer.group]
    whole = found.__name__ if isinstance(found, ModuleType) else None
    named = [(kind, cls) for kind, cls in here.items() if cls is found or cls.__module__ == whole]
    for kind, cls in named:
        try:
            check_fields(cls)
        except UsageError:
            del here[kind]
            raise
    if named:
        return
    shown = found.__name__ if isinstance(found, type | ModuleType) else f"an object of type {type(found).__name__}"
    raise UsageError(f"{shown} is no kind of {offer.group}: expected a class with the decorator @{offer.group[:-1]}")


def _forget(top: str) -> set[str]:
    """Drop the kinds of modules whose import failed half-way; return their names."""
    dropped = set()
    for known in _kinds.values():
        for kind, cls in list(known.items()):
            if cls.__module__.partition(".")[0] == top and not {top, cls.__module__} <= sys.modules.keys():
                del known[kind]
                dropped.add(kind)
    return dropped


@contextmanager
def lent(group: str, extra: Mapping[str, type[Recipe]]) -> Iterator[None]:
    """Offer further kinds of a group for as long as the context lasts."""
    try:
        for kind, cls in extra.items():
            _register(group, kind, 1)(cls)
        yield
    finally:
        for kind in extra:
            _kinds[group].pop(kind, None)


def kinds(group: str) -> dict[str, type[Recipe]]:
    """Return the kinds of one group, by name in alphabetical order."""
    return dict(sorted(_kinds[group].items()))

"""Which kinds of recipe exist, by room and name."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeVar

from harness.errors import UsageError
from harness.spec.layer import LayerRecipe
from harness.spec.recipe import AttackRecipe, DatasetRecipe, MetricRecipe, ModelRecipe, Recipe
from harness.spec.training import TrainingRecipe

ROOMS: dict[str, type[Recipe]] = {
    "datasets": DatasetRecipe,
    "layers": LayerRecipe,
    "trainings": TrainingRecipe,
    "models": ModelRecipe,
    "attacks": AttackRecipe,
    "metrics": MetricRecipe,
}
"""Plugin rooms: the folder's name, the base every kind in it has."""

_kinds: dict[str, dict[str, type[Recipe]]] = {room: {} for room in ROOMS}
_R = TypeVar("_R", bound=Recipe)


def _register(room: str, kind: str, edition: int) -> Callable[[type[_R]], type[_R]]:
    def mark(cls: type[_R]) -> type[_R]:
        known = _kinds[room].get(kind)
        if known is not None and known.__module__ != cls.__module__:
            msg = f"{room}: kind {kind!r} is defined by {known.__module__} and by {cls.__module__}; rename one of them"
            raise UsageError(msg)
        if not issubclass(cls, ROOMS[room]):
            msg = f"{room}: {cls.__name__} must derive from {ROOMS[room].__name__}"
            raise UsageError(msg)
        cls.kind, cls.edition = kind, edition
        _kinds[room][kind] = cls
        return cls

    return mark


def dataset(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register a data set recipe under a kind; bump the edition whenever its meaning changes."""
    return _register("datasets", kind, edition)


def model(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register a model recipe under a kind; bump the edition whenever its meaning changes."""
    return _register("models", kind, edition)


def layer(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register a layer recipe under a kind; bump the edition whenever its meaning changes."""
    return _register("layers", kind, edition)


def training(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register a training recipe under a kind; bump the edition whenever its meaning changes."""
    return _register("trainings", kind, edition)


def attack(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register an attack recipe under a kind; bump the edition whenever its meaning changes."""
    return _register("attacks", kind, edition)


def metric(kind: str, *, edition: int) -> Callable[[type[_R]], type[_R]]:
    """Register a metric recipe under a kind; bump the edition whenever its meaning changes."""
    return _register("metrics", kind, edition)


def discover() -> None:
    """Import every kind: the files of the plugin rooms, then what other packages offer through entry points.

    Entry points live in the groups ``harness.datasets``, ``harness.models``, ``harness.attacks``, ``harness.metrics``.
    """
    for room in ROOMS:
        package = importlib.import_module(f"harness.{room}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"harness.{room}.{module.name}")
        for point in entry_points(group=f"harness.{room}"):
            point.load()


@contextmanager
def lent(room: str, extra: Mapping[str, type[Recipe]]) -> Iterator[None]:
    """Offer further kinds of a room for as long as the context lasts."""
    try:
        for kind, cls in extra.items():
            _register(room, kind, 1)(cls)
        yield
    finally:
        for kind in extra:
            _kinds[room].pop(kind, None)


def kinds(room: str) -> dict[str, type[Recipe]]:
    """Return the kinds of one room, by name in alphabetical order."""
    return dict(sorted(_kinds[room].items()))


def source_digest(cls: type[Recipe]) -> str:
    """Return the first 12 hex digits of the SHA-256 of the file that defines a kind."""
    return hashlib.sha256(Path(inspect.getfile(cls)).read_bytes()).hexdigest()[:12]

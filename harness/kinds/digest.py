"""The hash of a kind's source: its module, its package and what these import; comments do not change it."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.kinds.syntax import source_of, stamp

HOUSE = "harness"
CONTRACT = frozenset(
    {"harness.errors"}
    | {f"harness.kinds.{name}" for name in ("attack", "dataset", "metric", "model", "recipe", "registry")}
)
"""Modules that check what a kind is and returns, not what it computes; no digest covers them."""
COMMON = frozenset({"keras", "numpy", "scipy", "scikit-learn", "pydantic", "tensorflow", "jax", "jaxlib"})
"""Distributions that harness itself computes with: every record has their versions, and no key depends on them."""
SHOWN = 12
"""Hex digits of a digest that provenance shows."""
_digests: dict[type[Any], str] = {}


def is_outside(cls: type[Any]) -> bool:
    """Whether a kind is from another package than harness."""
    return cls.__module__.partition(".")[0] != HOUSE


def package_of(cls: type[Any]) -> dict[str, str]:
    """Return the facts that provenance has of the package of a kind; none for harness's own kinds."""
    if not is_outside(cls):
        return {}
    name, version = cls.offered_by
    return {"package": f"{name or cls.__module__.partition('.')[0]} {version or '(not installed)'}"}


def source_digest(cls: type[Any]) -> str:
    """Return the first 12 hex digits of the digest of a kind's source."""
    return full_digest(cls)[:SHOWN]


def full_digest(cls: type[Any]) -> str:
    """Return the SHA-256 over a kind's source; computed once in a process.

    For a kind of harness it covers its file and the modules of harness that compute for it. For any other kind it covers
    its whole package, data files included, and every module it imports that is neither Python's nor harness's. Of other
    installed distributions it covers name and version, except those of ``COMMON``, which every record names.
    """
    if cls not in _digests:
        files = list(_reached(cls))
        lines = {f"{name} {source_of(path, *stamp(path))[0]}" for name, path in files}
        if is_outside(cls):
            lines |= {line for _, path in files for line in _depends(path, cls.offered_by[0])}
        _digests[cls] = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    return _digests[cls]


def _reached(cls: type[Any]) -> Iterator[tuple[str, Path]]:
    """Yield every file of a kind's source with its name, which does not depend on where it is installed."""
    outside = is_outside(cls)
    waiting, seen = _root(cls), set[Path]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        whole = _package(path) if outside else None
        yield _name(path), path
        if whole is not None:
            waiting += _files(whole)
        for name in source_of(path, *stamp(path))[1]:
            waiting += _outside(name, path, cls) if outside else _inside(name)


def _root(cls: type[Any]) -> list[Path]:
    """Return the file that defines a kind, if there is one; its dependencies are found through its imports."""
    try:
        return [Path(inspect.getfile(cls)).resolve()]
    except (OSError, TypeError):  # made in an interactive session
        return []


def _inside(name: str) -> list[Path]:
    """Return the file of a module of harness; none for a module in ``CONTRACT``."""
    if name.partition(".")[0] != HOUSE or name == HOUSE or name in CONTRACT:
        return []
    place = Path(__file__).resolve().parents[1].joinpath(*name.split(".")[1:])
    return [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()]


def _outside(name: str, importer: Path, cls: type[Any]) -> list[Path]:
    """Return the file of a module that belongs to the kind's own package."""
    if name.startswith("."):
        return _relative(name, importer)
    top = name.partition(".")[0]
    if top == HOUSE or top in sys.stdlib_module_names:
        return []
    return [path for path in _located(name) if not _is_foreign(path, cls.offered_by[0])]


def _relative(name: str, importer: Path) -> list[Path]:
    """Return the file of a module named relative to the one that imports it."""
    plain = name.lstrip(".")
    folder = importer.parents[len(name) - len(plain) - 1]
    place = folder.joinpath(*plain.split("."))
    return [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()]


@cache
def _located(name: str) -> list[Path]:
    """Return the files of a module and of the packages it is in, as far as there are any; imports nothing."""
    found, place = [], None
    for depth, _ in enumerate(parts := name.split("."), 1):
        try:
            part = ".".join(parts[:depth])
            spec = find_spec(part) if depth == 1 else PathFinder.find_spec(part, place)
        except (ImportError, ValueError, AttributeError):  # a module without a spec, such as __main__
            break
        if spec is None:
            break
        if spec.has_location and spec.origin and Path(spec.origin).is_file():
            found.append(Path(spec.origin).resolve())
        place = spec.submodule_search_locations
        if place is None:
            break
    return found


def _depends(path: Path, own: str) -> set[str]:
    """Return name and version of the installed distributions a file imports from, except those of ``COMMON``."""
    names = [name for name in source_of(path, *stamp(path))[1] if not name.startswith(".")]
    owners = {_owner(found) for name in names if name.partition(".")[0] != HOUSE for found in _located(name)}
    return {f"{owner} {metadata.version(owner)}" for owner in owners - {"", own, *COMMON}}


def _is_foreign(path: Path, own: str) -> bool:
    """Whether a file belongs to an installed distribution other than the kind's ``own``."""
    return _owner(path) not in ("", own)


def _owner(path: Path) -> str:
    """Return the installed distribution that a file belongs to; empty where none lists it."""
    for folder in path.parents:
        if folder in _entries(tuple(sys.path)):
            within = path.relative_to(folder)
            owners = _owners(str(folder))
            return owners.get(within.as_posix()) or owners.get(within.parts[0].partition(".")[0]) or ""
    return ""


@cache
def _entries(paths: tuple[str, ...]) -> frozenset[Path]:
    """Return the folders modules are looked for in, links followed."""
    return frozenset(Path(path or ".").resolve() for path in paths)


@cache
def _owners(entry: str) -> dict[str, str]:
    """Return file -> its distribution, for those installed in a folder; top-level module, where it lists no files."""
    owners: dict[str, str] = {}
    for found in metadata.distributions(path=[entry]):
        try:
            name = found.metadata["Name"] or ""
            files, modules = found.read_text("RECORD"), found.read_text("top_level.txt")
        except (OSError, ValueError, KeyError):
            continue
        for line in (files or modules or "").splitlines():
            owners.setdefault(line.partition(",")[0].strip('"'), name)
    return owners


def _package(path: Path) -> Path | None:
    """Return the folder of the outermost package a file is in; None for a module on its own."""
    folder, whole = path.parent, None
    while (folder / "__init__.py").is_file():
        folder, whole = folder.parent, folder
    return whole


def _files(package: Path) -> list[Path]:
    """Return every file of a package, data included, except Python's compiled files."""
    return [
        path.resolve()
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts
    ]


@cache
def _name(path: Path) -> str:
    """Return a file's name relative to its folder on the import path, so that it does not depend on where that is."""
    entry = next((folder for folder in path.parents if folder in _entries(tuple(sys.path))), path.parent)
    house = Path(__file__).resolve().parents[2]
    return path.relative_to(house if path.is_relative_to(house / HOUSE) else entry).as_posix()

"""Finds packs, and reads their files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError
from harness.naming import nearest, refused
from harness.paths import ABSENT, trouble
from harness.spec.reading.node import Node, Place, Problems
from harness.spec.reading.scalar import UNPRINTABLE
from harness.spec.reading.wording import found
from harness.spec.reading.yaml import read
from harness.spec.rules.entries import WRONG_VALUE
from harness.spec.rules.texts import BAD_NAME, MISSING_FILE, STRAY_FILE

ANATOMY = (
    "a pack is a folder with paper.yaml, models.yaml, attacks.yaml and claims/*.yaml (`harness init PACK` writes one)"
)
TOP = ("paper.yaml", "models.yaml", "attacks.yaml")
PILOT = "pilot.yaml"
"""The file that `harness verify PACK --pilot` writes; optional."""
SENTENCES = "sentences.yaml"
"""The file that lists the paper's sentences; optional."""
FIRST = "quickstart"
"""The pack that is processed before all others."""


Note = Callable[[str], None]
"""Takes a sentence that the user should see and that does not end the command."""


def unsaid(sentence: str) -> None:
    """Ignore a note."""


def find_packs(paths: Sequence[Path], note: Note = unsaid) -> list[Path]:
    """Return the packs at the given paths, quickstart first, then in alphabetical order, each once.

    Args:
        paths: each a pack, a folder of packs, or a file inside a pack.
        note: receives a sentence for each folder next to packs that cannot be read and is left out.

    Raises:
        UsageError: for a path that does not exist, cannot be read or contains no pack, and for two packs of the same
            name.
    """
    packs = {pack.resolve(): pack for path in paths for pack in _packs_of(path, note)}
    if not packs:
        raise UsageError(f"no path was given; {ANATOMY}")
    named: dict[str, Path] = {}
    for resolved, pack in packs.items():
        if UNPRINTABLE.search(resolved.name):
            raise UsageError(
                f"{str(pack)!a}: the folder's name is not valid text, but the report is named after it; rename it"
            )
        if resolved.name in named:
            raise UsageError(
                f"{named[resolved.name]} and {pack} have the same name, so their reports would too; rename one"
            )
        named[resolved.name] = pack
    return [named[name] for name in sorted(named, key=lambda name: (name != FIRST, name))]


def _packs_of(path: Path, note: Note) -> list[Path]:
    if why := trouble(path):
        raise UsageError(_absent(path) if why == ABSENT else f"{path} {why}; correct that, or name another")
    if not path.is_dir():
        for folder in list(path.absolute().parents)[:2]:
            if _looks_like_pack(folder):
                return [_as_given(path, folder)]
        raise UsageError(f"{path}: this file belongs to no pack; {ANATOMY}")
    try:
        entries = sorted(path.iterdir())
        if _looks_like_pack(path):
            return [path]
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}; correct its permissions, or name another"
        ) from error
    if path.resolve().name == "claims" and _looks_like_pack(path.absolute().parent):
        return [_as_given(path, path.absolute().parent)]
    inside = [entry for entry in entries if _is_pack(entry, note)]
    if not inside:
        empty = "there is no pack in this folder" if entries else "the folder is empty"
        raise UsageError(f"{path}: {empty}; {ANATOMY}")
    return inside


def _absent(path: Path) -> str:
    """Say that there is nothing of this name, and suggest the nearest name."""
    try:
        siblings = [other.name for other in path.parent.iterdir()]
    except OSError:
        siblings = []
    near = nearest(path.name, siblings)
    hint = f"did you mean {path.parent / near}?" if near else ANATOMY
    return f"{path}: there is no such file or folder; {hint}"


def _is_pack(entry: Path, note: Note) -> bool:
    """Whether an entry of a folder is a pack; an entry that cannot be read is noted and left out."""
    try:
        entry.stat()
        return entry.is_dir() and any(True for _ in entry.iterdir()) and _looks_like_pack(entry)
    except OSError as error:
        note(f"{entry} is left out: it {trouble(entry) or f'cannot be read ({error.strerror})'}")
    return False


def _as_given(path: Path, folder: Path) -> Path:
    """Return a folder above a path, written as the user wrote the path, so that errors name it in the same way."""
    return next((parent for parent in path.parents if parent.absolute() == folder), folder)


def _looks_like_pack(folder: Path) -> bool:
    """Whether a folder is meant as a pack, even if a file of it is missing."""
    return any((folder / name).is_file() for name in TOP) or any((folder / "claims").glob("*.y*ml"))


def pack_files(folder: Path) -> dict[str, Path]:
    """Return the pack's files that are read, by their paths within the pack."""
    named = [folder / name for name in (*TOP, PILOT, SENTENCES)]
    files = [*named, *sorted((folder / "claims").glob("*.yaml"))]
    return {path.relative_to(folder).as_posix(): path for path in files if path.is_file()}


@dataclass(frozen=True)
class Files:
    """The files of one pack as nodes; None for a file that is absent or could not be read.

    Attributes:
        paper: paper.yaml.
        models: models.yaml.
        attacks: attacks.yaml.
        claims: the files in claims/ by their names without ending, in alphabetical order, numbers by their size.
        pilot: pilot.yaml.
        sentences: sentences.yaml.
        unreadable: the files of TOP that could not be read.
        unread: the files of claims that could not be read, by their names without ending.
    """

    paper: Node | None
    models: Node | None
    attacks: Node | None
    claims: dict[str, Node] = field(default_factory=dict)
    pilot: Node | None = None
    sentences: Node | None = None
    unreadable: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()


def read_files(folder: Path, problems: Problems) -> Files:
    """Read every file of a pack.

    Raises:
        UsageError: if there is no such folder, or it cannot be read.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; {ANATOMY}")
    try:
        return _read_files(folder, problems)
    except OSError as error:  # a folder may become unreadable, or vanish, at any moment
        raise UsageError(
            f"{error.filename or folder}: cannot be read: {error.strerror}; correct that, or name another"
        ) from error


def _read_files(folder: Path, problems: Problems) -> Files:
    _refuse_strays(folder, problems)
    top: dict[str, Node | None] = {}
    unreadable = set()
    for name in TOP:
        file = folder / name
        top[name] = _mapping(file, problems) if file.exists() else None
        if top[name] is None and (file.exists() or name != "attacks.yaml"):
            unreadable.add(name)
            if not file.exists():
                problems.at_place(Place(file), MISSING_FILE, f"missing; {ANATOMY}")
    claims = {}
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder / "claims"):
        pass  # a glob silently finds nothing in a folder that cannot be read
    paths = sorted((folder / "claims").glob("*.yaml"), key=_as_read)
    for path in paths:
        if complaint := refused(path.stem, "a file of claims"):
            problems.at_place(Place(path), BAD_NAME, complaint)
        node = _mapping(path, problems)
        if node is not None:
            claims[path.stem] = node
    unread = frozenset(path.stem for path in paths) - set(claims)
    if not paths:
        problems.at_place(Place(folder / "claims"), MISSING_FILE, f"there is no file of claims; {ANATOMY}")
    pilot, sentences = (
        _mapping(folder / name, problems) if (folder / name).exists() else None for name in (PILOT, SENTENCES)
    )
    head = (top["paper.yaml"], top["models.yaml"], top["attacks.yaml"])
    return Files(*head, claims, pilot, sentences, frozenset(unreadable), unread)


def _as_read(path: Path) -> list[tuple[bool, int, str]]:
    """Return a key that puts table-2 before table-10."""
    parts = re.split(r"([0-9]+)", path.name)
    return [
        (part.isascii() and part.isdigit(), int(part) if part.isascii() and part.isdigit() else 0, part)
        for part in parts
    ]


def _mapping(file: Path, problems: Problems) -> Node | None:
    node = read(file, problems)
    if node is not None and not isinstance(node.value, dict):
        problems.at(node, WRONG_VALUE, f"expected 'name: value' lines; found {found(node)}")
        return None
    return node


def _refuse_strays(folder: Path, problems: Problems) -> None:
    """Report YAML files that are not read."""
    for path in sorted([*folder.glob("*.y*ml"), *folder.glob("claims/**/*.y*ml")]):
        in_claims = path.parent == folder / "claims" and path.suffix == ".yaml"
        if path.name.startswith(".") or in_claims or (path.parent == folder and path.name in {*TOP, PILOT, SENTENCES}):
            continue
        if path.parent != folder:
            repair = "a file of claims is claims/<name>.yaml, without subfolders"
        else:
            near = nearest(path.stem, [name.removesuffix(".yaml") for name in (*TOP, PILOT, SENTENCES)])
            repair = f"rename it to {near}.yaml" if near else "move it to claims/, if it holds claims"
        problems.at_place(Place(path), STRAY_FILE, f"this file is not read; {repair}")

"""The manifest: the SHA-256 of every file of a report, in a text file that ``sha256sum -c`` reads too.

It detects changes, but is not a signature: whoever changes a file can write a new manifest. To detect that, keep the SHA-256
of the manifest elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.drafts import replace_file
from harness.errors import ReportError
from harness.files import PIECE, UnfitError, open_regular, read_regular
from harness.shell import command

NAME = "manifest.sha256"
"""The manifest's file, in the folder of the report."""
FORMAT = 1
"""Format of manifests this version writes; it refuses later ones."""
MARK = b"# harness report manifest, format "
"""What a manifest begins with."""
MOST_BYTES = 2**20
"""Largest size of a manifest."""
LARGEST_FILE = 2**30
"""Largest size of a file that is compared with it."""
_HEAD = re.compile(rf"{MARK.decode()}(\d{{1,9}}): .*")
_RECORD = re.compile(r"# record: (.+)")
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_OWN = "# SHA-256 of the lines above: "


@dataclass(frozen=True)
class Manifest:
    """What a manifest says.

    Attributes:
        files: path within the folder, with ``/`` -> SHA-256 in hexadecimal.
        record: the path among them that is the record's; empty if the record is not in the folder.
        sha256: of the manifest's own text.
    """

    files: Mapping[str, str]
    record: str
    sha256: str


def manifest_text(files: Mapping[str, str], record: str) -> str:
    """Return the text of a manifest; files are sorted by path."""
    head = f"{MARK.decode()}{FORMAT}: `harness check .` compares the files with it, and so does `sha256sum -c {NAME}`"
    lines = [head, f"# record: {record}"] if record else [head]
    lines += [f"{sha256}  {path}" for path, sha256 in sorted(files.items())]
    above = "".join(f"{line}\n" for line in lines)
    return f"{above}{_OWN}{hashlib.sha256(above.encode()).hexdigest()}\n"


def write_manifest(folder: Path, files: Mapping[str, str], record: str) -> bool:
    """Write the manifest of a folder in one step, unless it is up to date; return whether anything was written.

    Args:
        folder: the report's folder.
        files: path within the folder -> SHA-256.
        record: the path among them that is the record's; empty if there is none.

    Raises:
        OSError: if it cannot be written.
    """
    kept = {path: sha256 for path, sha256 in files.items() if is_inside(path)}
    content = manifest_text(kept, record if record in kept else "").encode()
    path = folder / NAME
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return False
    replace_file(path, content, durable=False)
    return True


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a report's folder, and check its own checksum.

    Raises:
        ReportError: if there is no such folder, or no manifest in it, or it is damaged or of a later format; says what
            repairs it.
    """
    path = folder / NAME
    again = f"`{command('report', folder)}` writes one, of its files as they are then"
    try:
        if not folder.is_dir():
            found = "a file" if folder.exists() else "nothing"
            raise ReportError(f"{folder}: expected the folder of a report, found {found}")
        content = read_regular(path, MOST_BYTES, follow=False)
    except FileNotFoundError:
        raise ReportError(f"{folder}: no {NAME} in it; restore it from a copy, or {again}") from None
    except OSError as error:
        raise ReportError(
            f"{path}: {error.strerror or error}; restore it from a copy, or move it away: {again}"
        ) from error
    try:
        return parsed_manifest(content)
    except ValueError as error:
        raise ReportError(f"{path}: {error}; restore it from a copy, or move it away: {again}") from error


def parsed_manifest(content: bytes) -> Manifest:
    """Return what the bytes of a manifest say.

    Raises:
        ValueError: if it is damaged; says how.
    """
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text at byte {error.start}") from error
    head = _HEAD.fullmatch(lines[0])
    if head is None:
        raise ValueError("does not begin like a manifest")
    if int(head[1]) > FORMAT:
        raise ValueError(f"format {int(head[1])}, but this version of harness reads up to {FORMAT}; update harness")
    if lines[-1] or not lines[-2].startswith(_OWN):
        raise ValueError("truncated: its last line is not its checksum")
    above = "".join(f"{line}\n" for line in lines[:-2])
    if lines[-2].removeprefix(_OWN) != hashlib.sha256(above.encode()).hexdigest():
        raise ValueError("was changed since harness wrote it: its lines no longer have the SHA-256 in its last line")
    found = _RECORD.fullmatch(lines[1])
    record = found[1] if found else ""
    files: dict[str, str] = {}
    for number, line in enumerate(lines[1 + bool(record) : -2], start=2 + bool(record)):
        told = _LINE.fullmatch(line)
        if told is None or not is_inside(told[2]) or told[2] in files:
            raise ValueError(
                f"line {number}: expected a SHA-256 and the path of a file in the folder, different from the others"
            )
        files[told[2]] = told[1]
    if record and record not in files:
        raise ValueError("names a record that is not among its files")
    return Manifest(files, record, hashlib.sha256(content).hexdigest())


def is_inside(path: str) -> bool:
    """Whether a path stays within the folder, is written in one way only, and needs no escape in a line."""
    plain = PurePosixPath(path)
    return path.isprintable() and "\\" not in path and str(plain) == path and path != NAME and not (
        plain.is_absolute() or ".." in plain.parts or path == "."
    )  # fmt: skip


def sha256_within(folder: Path, path: str) -> str:
    """Return the SHA-256 of a regular file in a folder; no link is followed below the folder, and nothing is waited for.

    Raises:
        UnfitError: for a link, a folder, a FIFO, a device, or a file larger than ``LARGEST_FILE``.
        OSError: if it is not there, or cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    for part in list(PurePosixPath(path).parents)[:-1]:
        if (folder / part).is_symlink():
            raise UnfitError(0, f"{part} is a symbolic link", str(folder / part))
    with open_regular(folder / path, most=LARGEST_FILE, follow=False) as file:
        while piece := file.read(PIECE):
            size += len(piece)
            if size > LARGEST_FILE:
                raise UnfitError(0, f"larger than {LARGEST_FILE:,} bytes", str(folder / path))
            digest.update(piece)
    return digest.hexdigest()

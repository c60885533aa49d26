"""Opens a bundle: its files are unpacked into a folder that goes again, and nothing is written outside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from harness.bundles.writing import MOST_BUNDLE
from harness.errors import ReportError
from harness.files import open_regular
from harness.report.manifest import MOST_BYTES, NAME, Manifest, is_inside, parsed_manifest
from harness.zipped import UnsoundZip, ZipMember, readings, touched

MOST_IN_BUNDLE = 10_000
"""Most files in a bundle."""
COPY = "get another copy of the bundle"
"""What repairs a bundle."""
OTHERWISE = "its position in the archive is not the one that harness writes"


@dataclass(frozen=True)
class OpenedBundle:
    """A bundle that was unpacked.

    Attributes:
        folder: the folder of the report, for as long as the bundle is open.
        manifest: what the bundle says it holds.
        touched: path -> what about the archive itself is not as harness writes it, for the files it concerns.
    """

    folder: Path
    manifest: Manifest
    touched: Mapping[str, str]


@contextmanager
def opened_bundle(file: Path) -> Iterator[OpenedBundle]:
    """Unpack a bundle while the block runs.

    Raises:
        ReportError: if it is none, was cut short, has a damaged manifest, or files that have no place in a folder; or if it
            cannot be read or unpacked.
    """
    try:
        with (
            open_regular(file, most=MOST_BUNDLE) as stream,
            tempfile.TemporaryDirectory(prefix="harness-bundle-", ignore_cleanup_errors=True) as home,
        ):
            members, manifest = _chosen(stream)
            folder = Path(home) / "report"
            _unpack(stream, members, folder)
            spoilt = _touched(stream, members, file.name)
            opened = OpenedBundle(folder, manifest, spoilt)
            stream.close()
            yield opened
    except UnsoundZip as error:
        raise ReportError(f"{file}: {error}; {COPY}") from error
    except OSError as error:
        raise ReportError(
            f"{file}: cannot be read or unpacked in {tempfile.gettempdir()}: {error.strerror or error}; make room "
            f"there, or {COPY}"
        ) from error


_Members = Mapping[str, ZipMember]


def _chosen(stream: BinaryIO) -> tuple[_Members, Manifest]:
    """Return the files by path, and the manifest: as the directory or as the headers name them, as the manifest has it."""
    opened, first = [], None
    for members in readings(stream):
        try:
            opened.append(_named(stream, members))
        except UnsoundZip as error:
            first = first or error
    if not opened:
        raise first or UnsoundZip("is no bundle")
    return next(((each, told) for each, told in opened if each.keys() - {NAME} == told.files.keys()), opened[0])


def _named(stream: BinaryIO, members: tuple[ZipMember, ...]) -> tuple[_Members, Manifest]:
    """Return the files by their paths within the folder that holds them all, and what their manifest says."""
    tops = [top for top, _, path in (each.name.partition("/") for each in members) if path == NAME]
    top = tops[0] if tops else members[0].name.partition("/")[0]
    if len(members) > MOST_IN_BUNDLE:
        raise UnsoundZip(f"holds {len(members):,} files, expected at most {MOST_IN_BUNDLE:,}")
    files = {}
    for each in members:
        head, _, path = each.name.partition("/")
        if head != top or not (is_inside(path) or path == NAME):
            raise UnsoundZip(f"holds {each.name[:120]!a}, which has no place in the folder {top[:60]!a} of a bundle")
        files[path] = each
    if NAME not in files or files[NAME].size > MOST_BYTES:
        raise UnsoundZip(f"is no bundle: expected a {NAME} in it, which `harness bundle` writes")
    try:
        manifest = parsed_manifest(b"".join(files[NAME].content(stream).pieces()))
    except ValueError as error:
        raise UnsoundZip(f"{NAME} in it: {error}") from error
    if not manifest.record:
        raise UnsoundZip("holds no record")
    return files, manifest


def _unpack(stream: BinaryIO, members: _Members, folder: Path) -> None:
    for path, member in members.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        member.unpack(stream, folder / path)


def _touched(stream: BinaryIO, members: _Members, name: str) -> dict[str, str]:
    """Return what is not as harness writes it in the archive itself, by file; its end is the archive's own."""
    names, end = touched(stream, list(members.values()))
    paths = {member.name: path for path, member in members.items()}
    return {paths[each]: OTHERWISE for each in names} | (
        {name: "the archive's end is not as harness writes it"} if end else {}
    )

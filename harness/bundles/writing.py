"""Writes a bundle: the files of a report, its pack and its environments, under one manifest; equal input gives equal bytes.

Unpacked, a bundle is the folder of a report again, which `harness check` and ``sha256sum -c`` read as any other.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ReportError
from harness.files import read_regular
from harness.record.file import read
from harness.record.model import Record
from harness.report.check import check_folder
from harness.report.manifest import LARGEST_FILE, NAME, manifest_text, read_manifest
from harness.report.packages import outside_packages
from harness.shell import command
from harness.zipped import Content, put_zip

ENVIRONMENT = "environment.json"
"""The bundle's file of what the record's numbers were computed with, and on which data."""
SPECS = "specs"
"""Folder of the pack's folder in a bundle."""
MOST_BUNDLE = 2**30
"""Largest size of a bundle."""
_TOP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Bundled:
    """A bundle that was written.

    Attributes:
        file: the bundle.
        sha256: of its bytes.
        files: what is in it, by path.
        written: whether it was written; False where it was up to date.
        note: why the pack's files are not in it, in a sentence; empty where they are.
    """

    file: Path
    sha256: str
    files: tuple[str, ...]
    written: bool
    note: str = ""


def write_bundle(report: Path, file: Path, pack: Mapping[str, bytes], note: str = "") -> Bundled:
    """Write a report that is as it was written, with its pack, to one file.

    Args:
        report: the report's folder.
        file: the bundle; an earlier one is replaced.
        pack: the files of its pack, by path within the pack; none where they are not to be had.
        note: why there are none.

    Raises:
        ReportError: if the report is not as it was written, or the bundle cannot be written, or is no bundle.
        RecordError: if the record cannot be read.
    """
    found = check_folder(report)
    if found.status:
        what = found.changed[0].path if found.changed else found.verdicts[0].claim if found.verdicts else found.unjudged
        raise ReportError(
            f"{report}: was changed after it was written ({what}), so it is not bundled: `{command('check', report)}` says "
            f"more, and `{command('report', report)}` writes it again from its record"
        )
    manifest = read_manifest(report)
    record = read(report / manifest.record)
    try:
        contents = {path: read_regular(report / path, LARGEST_FILE, follow=False) for path in manifest.files}
        contents |= {f"{SPECS}/{record.paper.name}/{path}": content for path, content in pack.items()}
        contents |= {ENVIRONMENT: environment_text(record).encode()}
        digests = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
        if any(digests[path] != sha256 for path, sha256 in manifest.files.items()):
            raise ReportError(f"{report}: was changed while it was being bundled; bundle it again")
        contents[NAME] = manifest_text(digests, manifest.record).encode()
        top = record.paper.name if _TOP.fullmatch(record.paper.name) else "report"
        if sum(map(len, contents.values())) > MOST_BUNDLE // 2:
            raise ReportError(f"{report}: its files take more than {MOST_BUNDLE // 2:,} bytes, too many for a bundle")
        written = put_zip(file, {f"{top}/{path}": Content.of(each) for path, each in contents.items()}, is_bundle)
        sha256 = hashlib.sha256(read_regular(file, MOST_BUNDLE)).hexdigest()
    except OSError as error:
        raise ReportError(f"{file}: cannot be written: {error.strerror or error}; name another file with -o") from error
    return Bundled(file, sha256, tuple(sorted(contents)), written, note)


def is_bundle(names: Collection[str]) -> bool:
    """Whether an archive of files of these names is meant as a bundle."""
    return any(name.rpartition("/")[2] == NAME for name in names)


def environment_text(record: Record) -> str:
    """Return the environments, data digests and other packages of a record as a JSON document, from the record alone."""
    content = {
        "format": 1,
        "pack": record.paper.name,
        "harness": record.harness,
        "environments": record.provenance,
        "data": record.digests,
        "packages": dict(outside_packages(record)),
    }
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

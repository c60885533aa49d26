"""Reads and writes the record, the one file that proves what was measured; the face of what it holds."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from harness.errors import RecordError, ReportError
from harness.judge.contents import FORMAT, Drawn, Explored, Measurement, Missing, Record, Run, Sampled
from harness.judge.merging import merge
from harness.spec.claim import AGAINST_PRINTED, Claim
from harness.spec.value import LARGEST

__all__ = [
    "Drawn",
    "Explored",
    "Measurement",
    "Missing",
    "Record",
    "Run",
    "Sampled",
    "merge",
    "read",
    "replace_file",
    "report_folder",
    "write",
]

FILE = "results.json"
"""The record's one file, in its folder."""
FOLDER = "record"
"""The record's folder, in the folder of its report."""
SEAL = "seal"
"""Key of the SHA-256 over all the rest of the record, which makes a changed digit noticed; older records have none."""


def results_file(path: Path) -> Path:
    """Return the file a record is in, given the file, the record's folder or its report's folder.

    Raises:
        RecordError: if there is none.
    """
    candidates = (path / FILE, path / FOLDER / FILE) if path.is_dir() else (path,)
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    if path.is_dir() and path.name == FILE:
        raise RecordError(f"{path}: a folder where the record's file should be; move it away")
    where = f"neither {FILE} nor {FOLDER}/{FILE} in it" if path.is_dir() else "no such file or folder"
    raise RecordError(f"{path}: {where}; name a report's folder, its record folder, or {FILE}")


def report_folder(path: Path) -> Path:
    """Return the folder a record's report belongs in, given what ``read`` takes."""
    folder = results_file(path).absolute().parent
    return folder.parent if folder.name == FOLDER else folder


def read(path: Path) -> Record:
    """Read a record and check that it is whole.

    Args:
        path: the report's folder, the record's folder, or the file itself.

    Raises:
        RecordError: if it is absent, unreadable, cut short, no JSON, of a wrong shape, of a later format, or no longer
            what was sealed when it was written.
    """
    file = results_file(path)
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise RecordError(f"{file}: not UTF-8 text at byte {error.start}; {_RESTORE}") from error
    except OSError as error:
        raise RecordError(f"{file}: cannot be read: {error.strerror or error}") from error
    content = _parsed(text, file)
    found = content.get("format")
    if isinstance(found, int) and found > FORMAT:
        raise RecordError(f"{file}: format {found}, but this version of harness reads up to {FORMAT}; update harness")
    seal = content.pop(SEAL, None)
    try:
        record = Record.model_validate_json(json.dumps(content))
    except ValidationError as error:
        first, *others = error.errors(include_url=False, include_input=False)
        place = ".".join(map(str, first["loc"])) or "the record"
        more = f" (and {len(others)} more)" if others else ""
        raise RecordError(f"{file}: {place}: {first['msg'].lower()}{more}; {_RESTORE}") from error
    for claim in record.paper.claims:
        _check(claim, record.measurements.get(claim.id), file)
        for explored in record.explored.values():
            _check(claim, explored.measurements.get(claim.id), file)
    known = [claim.id for claim in record.paper.claims]
    shown = {claim_id for exhibit in record.paper.exhibits for claim_id in (*exhibit.claims, *exhibit.cells.values())}
    wrong = sorted(shown - set(known)) or [claim_id for claim_id in known if known.count(claim_id) > 1]
    if wrong:
        raise RecordError(
            f"{file}: {wrong[0]}: expected one claim of this id, found {known.count(wrong[0])}; {_RESTORE}"
        )
    if seal is not None and seal != _sealed(content):
        raise RecordError(
            f"{file}: was changed since harness wrote it: its content no longer has the SHA-256 kept under {SEAL!r}; "
            f"{_RESTORE}; if the change is meant, take {SEAL!r} out of it"
        )
    return record


_RESTORE = "restore it from a copy, or move it away and run `harness verify` again"


def _sealed(content: dict[str, Any]) -> str:
    """Return the SHA-256 over a record's content; how the file is laid out does not enter."""
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def _parsed(text: str, file: Path) -> dict[str, Any]:
    """Return the JSON object a text holds; pydantic would pass NaN in free-form fields and says less of a cut."""

    def refuse(constant: str) -> NoReturn:
        raise RecordError(f"{file}: holds {constant}, which is no number; {_RESTORE}")

    try:
        content = json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        what = "the file is empty" if not text.strip() else "cut short" if cut else f"not JSON: {error.msg.lower()}"
        raise RecordError(f"{file}:{error.lineno}:{error.colno}: {what}; {_RESTORE}") from error
    except RecursionError as error:
        raise RecordError(f"{file}: nested too deeply to be a record; {_RESTORE}") from error
    if not isinstance(content, dict):
        raise RecordError(f"{file}: expected a JSON object, found {type(content).__name__}; {_RESTORE}")
    return content


def _check(claim: Claim, measurement: Measurement | None, file: Path) -> None:
    """Check what the types alone cannot: a printed number is one, and a measurement is its claim's."""
    printed = claim.expected.printed
    try:
        number = printed is not None and abs(Decimal(printed)) <= Decimal(LARGEST)
    except InvalidOperation:
        number = False
    if not number and (printed is not None or claim.expected.relation in AGAINST_PRINTED):
        raise RecordError(f"{file}: {claim.id}: expected a printed number, found {printed!r}; {_RESTORE}")
    if measurement is not None and measurement.claim != claim.id:
        raise RecordError(f"{file}: {claim.id}: holds the measurement of {measurement.claim!r}; {_RESTORE}")


def write(record: Record, folder: Path) -> bool:
    """Write a record into its folder: all or nothing, and not at all if nothing changed.

    Args:
        record: what to write.
        folder: the record's folder; made if it is not there.

    Returns:
        Whether anything was written.

    Raises:
        ReportError: if it cannot be written; what was there before is untouched.
    """
    body = record.model_dump(mode="json")
    body[SEAL] = _sealed(body)
    content = (json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    file = folder / FILE
    try:
        if file.is_file() and file.read_bytes() == content:
            return False
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(file, content)
    except OSError as error:
        why = error.strerror or error
        raise ReportError(f"{file}: cannot be written: {why}; make room or choose another folder with --out") from error
    return True


def replace_file(file: Path, content: bytes) -> None:
    """Put content in a file's place in one step: a reader, or a crash, sees the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise

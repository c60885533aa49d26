"""Reads and writes the record's file, with a checksum."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.drafts import replace_file
from harness.errors import RecordError, ReportError
from harness.files import read_regular
from harness.record.measurement import Measurement
from harness.record.model import FORMAT, Record
from harness.spec.claim import Claim
from harness.strictjson import LARGEST, UnwritableError, loads

FILE = "results.json"
"""The record's one file, in its folder."""
FOLDER = "record"
"""The record's folder, in the folder of its report."""
MOST_BYTES = 2**28
"""Largest size of a record's file."""
CHECKSUM = "checksum"
"""Key of the SHA-256 over the rest of the record; a record without it is unverified."""


def results_file(path: Path) -> Path:
    """Return a record's file, given the file, the record's folder or its report's folder.

    Raises:
        RecordError: if there is none.
    """
    candidates = (path / FILE, path / FOLDER / FILE) if path.is_dir() else (path,)
    for candidate in candidates:
        try:
            if candidate.exists() and not candidate.is_dir():
                return candidate
        except OSError as error:
            raise RecordError(f"{path}: cannot be read: {error.strerror}; correct its permissions") from error
    if path.is_dir() and path.name == FILE:
        raise RecordError(f"{path}: expected the record's file, found a folder; move it away")
    where = f"neither {FILE} nor {FOLDER}/{FILE} in it" if path.is_dir() else "no such file or folder"
    raise RecordError(f"{path}: {where}; name a report's folder, its record folder, or {FILE}")


def report_folder(path: Path) -> Path:
    """Return the folder of a record's report, given a path that ``read`` takes."""
    folder = results_file(path).absolute().parent
    return folder.parent if folder.name == FOLDER else folder


def read(path: Path) -> Record:
    """Read a record, and check it and its checksum.

    Args:
        path: the report's folder, the record's folder, or the file itself.

    Raises:
        RecordError: if it is missing, unreadable, truncated, not JSON, of a wrong shape, of a later format, or changed
            since it was written.
    """
    file = results_file(path)
    try:
        text = read_regular(file, MOST_BYTES).decode()
    except UnicodeDecodeError as error:
        raise RecordError(f"{file}: not UTF-8 text at byte {error.start}; {RESTORE}") from error
    except OSError as error:
        raise RecordError(f"{file}: cannot be read: {error.strerror or error}") from error
    content = _parsed(text, file)
    found = content.get("format")
    if isinstance(found, int) and found > FORMAT:
        raise RecordError(f"{file}: format {found}, but this version of harness reads up to {FORMAT}; update harness")
    checksum = content.pop(CHECKSUM, None)
    compact = _compact(content)
    try:
        record = Record.model_validate_json(compact)
    except ValidationError as error:
        first, *others = error.errors(include_url=False, include_input=False)
        place = ".".join(map(str, first["loc"])) or "the record"
        more = f" (and {len(others)} more)" if others else ""
        raise RecordError(
            f"{file}: {place}: {first['msg'].lower().removeprefix('value error, ')}{more}; {RESTORE}"
        ) from error
    for claim in record.paper.claims:
        _check(claim, record.measurements.get(claim.id), file)
        for variant in record.variants.values():
            _check(claim, variant.measurements.get(claim.id), file)
        for stratum in record.strata.values():
            _check(claim, stratum.measurements.get(claim.id), file)
    known = [claim.id for claim in record.paper.claims]
    shown = {claim_id for exhibit in record.paper.exhibits for claim_id in (*exhibit.claims, *exhibit.cells.values())}
    wrong = sorted(shown - set(known)) or [claim_id for claim_id in known if known.count(claim_id) > 1]
    if wrong:
        raise RecordError(
            f"{file}: {wrong[0]}: expected one claim of this id, found {known.count(wrong[0])}; {RESTORE}"
        )
    if checksum is not None and checksum != _sha256(compact):
        raise RecordError(
            f"{file}: was changed since harness wrote it: its content no longer has the SHA-256 under {CHECKSUM!r}; "
            f"{RESTORE}. To use an edited copy, remove {CHECKSUM!r} from it: its numbers are then shown as "
            "unverified"
        )
    return record.model_copy(update={"verified": checksum is not None})


RESTORE = "restore it from a copy, or move it away and run `harness verify` again"


def _checksum(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a record's content; it does not depend on the file's layout."""
    return _sha256(_compact(content))


def _compact(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _parsed(text: str, file: Path) -> dict[str, Any]:
    """Return a text's JSON object; pydantic would accept NaN in free-form fields and explain a truncated file worse."""
    try:
        content = loads(text)
    except UnwritableError as error:
        raise RecordError(f"{file}: {error}; {RESTORE}") from error
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        what = "the file is empty" if not text.strip() else "cut short" if cut else f"not JSON: {error.msg.lower()}"
        raise RecordError(f"{file}:{error.lineno}:{error.colno}: {what}; {RESTORE}") from error
    except RecursionError as error:
        raise RecordError(f"{file}: nested too deeply for a record; {RESTORE}") from error
    if not isinstance(content, dict):
        raise RecordError(f"{file}: expected a JSON object, found {type(content).__name__}; {RESTORE}")
    return content


def _check(claim: Claim, measurement: Measurement | None, file: Path) -> None:
    """Check what types cannot: that a printed number is a number, and that a measurement belongs to its claim."""
    printed, spread = claim.expected.printed, claim.expected.printed_sd
    if not _is_number(printed) and (printed is not None or claim.expected.relates.printed):
        raise RecordError(f"{file}: {claim.id}: expected a printed number, found {printed!r}; {RESTORE}")
    if spread is not None and (not _is_number(spread) or claim.expected.printed_runs is None):
        raise RecordError(
            f"{file}: {claim.id}: expected a standard deviation and its runs, found {spread!r}; {RESTORE}"
        )
    if measurement is not None and measurement.claim != claim.id:
        raise RecordError(f"{file}: {claim.id}: holds the measurement of {measurement.claim!r}; {RESTORE}")


def _is_number(printed: str | None) -> bool:
    try:
        return printed is not None and abs(Decimal(printed)) <= Decimal(LARGEST)
    except InvalidOperation:
        return False


def write(record: Record, folder: Path) -> bool:
    """Write a record into its folder atomically, unless nothing changed.

    Args:
        record: what to write.
        folder: the record's folder; created if it does not exist.

    Returns:
        Whether anything was written.

    Raises:
        ReportError: if it cannot be written; the earlier file is then unchanged.
    """
    body = record.model_dump(mode="json")
    body[CHECKSUM] = _checksum(body)
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

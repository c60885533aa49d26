"""The report's folder: which files are up to date, and how the others are replaced in one step each."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import harness
from harness.drafts import draft, remove_drafts, replace_file
from harness.errors import ReportError
from harness.files import make_folder
from harness.judge.verdict import Verdict
from harness.record.model import Record
from harness.record.unverified import warning
from harness.report import machine, manifest
from harness.report.checksum import is_intact
from harness.report.provenance import measured_at
from harness.report.record_file import NO_FILE, RecordFile, record_file
from harness.report.templates import replacements, templates_folder

MARK = "harness-report:"
"""Begins a PDF's identifier; the digest of what it shows follows."""
INCOMPLETE = "incomplete-"
"""Marks a PDF that cannot show all of the page; it is made again each time, because fonts may have been installed."""
OURS = {
    "index.html": b'<meta name="harness-report"',
    **machine.MARKS,
    "report.pdf": MARK.encode(),
    manifest.NAME: manifest.MARK,
}
"""What every file of a report contains near its beginning (a PDF: in its cross-reference)."""
_TEXTS = (*machine.MARKS, "index.html")
"""The files that are written together, the page last."""
_REACH = 4096
_STARTXREF = re.compile(rb"startxref\s+(\d+)")
_META = re.compile(r'<meta name="harness-(report|files)" content="([^"]*)">')


@dataclass(frozen=True)
class Rendered:
    """What was done with a report's files.

    Attributes:
        written: files written now.
        unchanged: files that were up to date.
        notes: sentences for the user: what was not written, and what would make it so.
    """

    written: tuple[Path, ...]
    unchanged: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def render(
    record: Record,
    verdicts: Sequence[Verdict],
    folder: Path,
    file: Path | None = None,
    *,
    pdf: bool = True,
    templates: Path | None = None,
) -> Rendered:
    """Write ``index.html``, ``report.pdf`` and the files that programs read, from a record and its verdicts alone.

    The manifest of these files and of the record comes last. Files that are up to date are not changed, and then nothing heavy
    is imported. The files are a pure function of the arguments, of harness and of its templates. Each is replaced in one
    step; files of other origin are never changed.

    Args:
        record: what was measured.
        verdicts: one for each claim of the record.
        folder: where to write; made if it is not there.
        file: the file of the record; the report names its path and SHA-256.
        pdf: whether to write the PDF too (a few seconds, in a process of its own).
        templates: a folder of templates that replace harness's own of the same names; None for none.

    Raises:
        ReportError: if the folder cannot be written, one of the names is taken by a file that is not ours, the
            verdicts are not those of the record, or a template of ``templates`` fails.
    """
    source = record_file(file, folder)
    digest = digest_of(record, verdicts, source, replacements(templates) if templates else ())
    written: list[Path] = []
    notes = [warning(record)] if warning(record) else []
    try:
        make_folder(folder)
        refuse_foreign(folder)
        remove_drafts(folder, OURS, of_the_living=False)
        if not _texts_are_up_to_date(folder, digest):
            written += _write_texts(record, verdicts, folder, digest, source, templates)
        if pdf and not _pdf_is_up_to_date(folder, digest):
            done, sentences = _write_pdf(record, folder, digest)
            written += [folder / "report.pdf"] if done else []
            notes += sentences
        if _write_manifest(folder, digest, source):
            written.append(folder / manifest.NAME)
    except OSError as error:
        raise ReportError(
            f"{folder}: the report cannot be written ({error.strerror or error}); make room or choose another folder with --out"
        ) from error
    wanted = [folder / name for name in ("index.html", "report.pdf", *machine.MARKS, manifest.NAME)]
    unchanged = [
        path
        for path in wanted
        if path not in written and path.exists() and (path.suffix != ".pdf" or _pdf_is_up_to_date(folder, digest))
    ]
    return Rendered(tuple(path for path in wanted if path in written), tuple(unchanged), tuple(notes))


def digest_of(
    record: Record, verdicts: Sequence[Verdict], source: RecordFile = NO_FILE, replaced: Sequence[Path] = ()
) -> str:
    """Return the SHA-256 of everything that a report depends on.

    That is the record, the SHA-256 and the place of its file if it has one, the verdicts, harness's version, sources and
    templates, and the templates that replace these.
    """
    content = {
        "harness": harness.__version__,
        "file": [source.sha256, source.path],
        "record": record.model_dump(mode="json"),
        "verified": record.verified,
        "verdicts": [verdict.model_dump(mode="json") for verdict in verdicts],
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *sorted(templates_folder().iterdir()), *replaced):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def refuse_foreign(folder: Path) -> None:
    """Raise ReportError where a file that harness did not write has one of the report's names."""
    for name, mark in OURS.items():
        path = folder / name
        if not (path.exists() or path.is_symlink()):
            continue
        if path.is_symlink() or not path.is_file() or mark not in _head(path):
            raise ReportError(f"{path} was not written by harness; move it away, or choose another folder with --out")


def _head(path: Path) -> bytes:
    """Return the part of a file that shows who wrote it: the beginning of a text, a PDF's last cross-reference."""
    with path.open("rb") as file:
        if path.suffix == ".pdf":
            file.seek(max(0, path.stat().st_size - 64))
            found = _STARTXREF.search(file.read())
            file.seek(int(found[1]) if found else 0)
        return file.read(_REACH)


def _texts_are_up_to_date(folder: Path, digest: str) -> bool:
    """Whether the page and the other text files have this digest and are unchanged."""
    page = folder / "index.html"
    if not page.is_file() or not is_intact(page.read_bytes()):
        return False
    marks = dict(_META.findall(_head(page).decode(errors="replace")))
    if marks.get("report") != digest:
        return False
    beside = dict(part.split("=", 1) for part in marks.get("files", "").split() if "=" in part)
    return all(beside.get(name) == _sha256(folder / name) for name in _TEXTS if name != "index.html")


def _pdf_is_up_to_date(folder: Path, digest: str, mark: str = MARK) -> bool:
    path = folder / "report.pdf"
    return path.is_file() and (mark + digest).encode() in _head(path)


def _write_manifest(folder: Path, digest: str, source: RecordFile) -> bool:
    """Write the manifest of this report's files and of its record; a PDF that shows another record is not among them."""
    names = [*_TEXTS, *(["report.pdf"] if _pdf_shows(folder, digest) else [])]
    files = {name: found for name in names if (found := _sha256(folder / name)) is not None}
    record = Path(source.path).as_posix() if source.sha256 and source.inside else ""
    return manifest.write_manifest(folder, files | ({record: source.sha256} if record else {}), record)


def _pdf_shows(folder: Path, digest: str) -> bool:
    """Whether the PDF shows this page, be it all of it or not."""
    return any(_pdf_is_up_to_date(folder, digest, mark) for mark in (MARK, MARK + INCOMPLETE))


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _write_texts(
    record: Record,
    verdicts: Sequence[Verdict],
    folder: Path,
    digest: str,
    source: RecordFile,
    templates: Path | None,
) -> list[Path]:
    """Write what differs; the page comes last, since it holds the checksums of the others."""
    from harness.report.page import compose  # noqa: PLC0415  heavy, and not needed where nothing changed

    written = []
    for name, text in compose(record, verdicts, digest, source, templates).items():
        path, content = folder / name, text.encode()
        if not path.is_file() or path.read_bytes() != content:
            replace_file(path, content, durable=False)
            written.append(path)
    return written


def _write_pdf(record: Record, folder: Path, digest: str) -> tuple[bool, Sequence[str]]:
    """Write the PDF of the page; return whether it was done, and sentences on what is missing and what would help."""
    from harness.report.pdf import make_pdf  # noqa: PLC0415  not needed where nothing changed

    path = folder / "report.pdf"
    when = measured_at(record)
    with draft(path, durable=False) as target:
        made = make_pdf(
            folder / "index.html",
            target,
            identifier=MARK + digest,
            incomplete=MARK + INCOMPLETE + digest,
            when=int(when.timestamp()) if when else None,
        )
        if made.failure:
            target.unlink(missing_ok=True)
    if not made.failure:
        return True, made.notes
    stale = f" ({path} belongs to an earlier record)" if path.exists() else ""
    return False, [f"report.pdf was not written: {made.failure}{stale}"]

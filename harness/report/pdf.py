"""Makes the PDF of the page (weasyprint) in a child process: missing libraries or a crash there stop nothing else.

Run as ``python -m harness.report.pdf PAGE PDF IDENTIFIER INCOMPLETE``.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

from harness.report import glyphs, overflow, shaping
from harness.report.child import child_stdin, exit_with_parent
from harness.report.templates import templates_folder

UNAVAILABLE = 69
"""Exit status of the child where WeasyPrint or a library it needs is missing (EX_UNAVAILABLE)."""
SECONDS = 600.0
"""Time limit of the child process."""
LONG_AGO = 315532800
"""1980-01-01, the time written where a record has none."""
PANGO = (
    "Pango is missing; install it (Debian, Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; "
    "Fedora: dnf install pango; macOS: brew install pango) and write the report again, with the same command"
)
PLACE = "<!-- what the PDF cannot show -->"
"""Comment of a page that is replaced by a note on what the PDF cannot show."""
TITLE = re.compile(r'<meta name="dcterms.title" content="([^"]*)">')
"""The whole title of a page, for the PDF; the title element may hold a part of it."""
PERCENT = re.compile(r"(?<=\d) (?=%)")
"""Where no line may break: between a number and its percent sign."""
LINE, ANCHOR = ' data-claim="', ' id="'
"""Begin the name of a claim on its line of the appendix: in a PDF, without the details of claims, links lead there."""


@dataclass(frozen=True)
class PdfResult:
    """Result of making a PDF.

    Attributes:
        failure: one sentence that says why there is no PDF and what would help; empty if there is one.
        notes: sentences on what the PDF cannot show, which it says itself.
    """

    failure: str = ""
    notes: tuple[str, ...] = ()


def make_pdf(page: Path, target: Path, *, identifier: str, incomplete: str, when: int | None) -> PdfResult:
    """Set a page as a tagged PDF (PDF/UA-1); the same page gives the same bytes.

    Args:
        page: an ``index.html`` of ours.
        target: the PDF to write; not written in one step.
        identifier: becomes the PDF's own identifier, ASCII.
        incomplete: becomes it instead where the PDF cannot show all of the page.
        when: the time the PDF is dated with, in seconds since 1970.

    Returns:
        Whether there is a PDF, and what it cannot show.
    """
    words = [sys.executable, "-P", "-m", "harness.report.pdf", str(page), str(target), identifier, incomplete]
    try:
        with child_stdin() as end:
            child = subprocess.run(
                words, env=_environment(when), stdin=end, capture_output=True, timeout=SECONDS, check=False,
                start_new_session=True,  # Ctrl-C reaches every process of the terminal; this one ends with its parent
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        return PdfResult(f"WeasyPrint was not finished after {SECONDS:.0f} s")
    said = child.stderr.decode(errors="replace").strip().splitlines()
    if child.returncode == UNAVAILABLE:
        return PdfResult(said[-1] if said else PANGO)
    if child.returncode < 0 or child.returncode > 128:
        return PdfResult(f"WeasyPrint crashed ({_signal(child.returncode)}); everything else is complete")
    if child.returncode or not target.is_file():
        return PdfResult(f"WeasyPrint failed: {said[-1] if said else f'exit status {child.returncode}'}")
    return PdfResult(notes=tuple(json.loads(child.stdout.splitlines()[-1])))


def _environment(when: int | None) -> dict[str, str]:
    """Return the child's environment: this harness importable, and dates that depend on the record alone."""
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (os.environ.get("PYTHONPATH"), here) if part)
    return os.environ | {"PYTHONPATH": path, "SOURCE_DATE_EPOCH": str(LONG_AGO if when is None else when)}


def _signal(status: int) -> str:
    number = -status if status < 0 else status - 128
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"exit status {status}"


def main(page: Path, target: Path, identifier: str, incomplete: str) -> int:
    """Make the PDF of one page, and print what it cannot show. Runs in the child: a crash here does not stop the parent."""
    with tempfile.TemporaryDirectory(prefix="harness-fonts-") as scratch:
        own, system = (glyphs.settings(Path(scratch), system=system) for system in (False, True))
        os.environ["FONTCONFIG_FILE"] = str(own)
        try:
            import weasyprint  # noqa: PLC0415  may be missing, or lack its libraries
        except ImportError as error:
            print(f"{error}; install harness with its dependencies, or `pip install weasyprint`", file=sys.stderr)  # noqa: T201  the parent reads it
            return UNAVAILABLE
        except OSError as error:
            print(f"{PANGO} ({str(error).splitlines()[0]})", file=sys.stderr)  # noqa: T201  the parent reads it
            return UNAVAILABLE
        text = page.read_text(encoding="utf-8")
        missing = glyphs.without_glyph(glyphs.drawn(text))
        if missing:
            os.environ["FONTCONFIG_FILE"] = str(system)
            missing = glyphs.without_glyph(missing)
        notes = [glyphs.note(missing)] if missing else []
        if labels := shaping.unshaped(text):
            notes.append(shaping.note(labels))
        document = _set(weasyprint, text, notes)
        if lost := overflow.overflowing(document.pages):
            notes.append(overflow.note(lost))
            document = _set(weasyprint, text, notes)
        document.write_pdf(
            target, pdf_variant="pdf/ua-1", pdf_identifier=(incomplete if notes else identifier).encode()
        )
        print(json.dumps(notes))  # noqa: T201  the parent reads it
    return 0


def _set(weasyprint: ModuleType, text: str, notes: Sequence[str]) -> Any:
    """Lay out a page that says itself what it cannot show."""
    own = weasyprint.URLFetcher(allowed_protocols=("data",))  # data URLs, which the page itself holds, and nothing else
    said = "".join(f'<p class="caution">{escape(note)}</p>' for note in notes)
    page = PERCENT.sub("\u00a0", text.replace(PLACE, said, 1).replace(LINE, ANCHOR))
    paper = weasyprint.CSS(string=(templates_folder() / "paper.css").read_text(encoding="utf-8"), url_fetcher=own)
    document = weasyprint.HTML(string=page, url_fetcher=own).render(stylesheets=[paper], pdf_variant="pdf/ua-1")
    if whole := TITLE.search(text):
        document.metadata.title = unescape(whole[1])
    return document


if __name__ == "__main__":
    exit_with_parent(Path(sys.argv[2]))
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))

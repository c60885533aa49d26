"""Sets the page as a PDF in a process of its own, which may lack libraries or crash without harm (weasyprint).

Run as ``python -m harness.report.pdf PAGE PDF IDENTIFIER``.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from harness.report.tether import end_with_parent, tether

UNAVAILABLE = 69
"""Exit status of the child where WeasyPrint or a library it needs is missing (EX_UNAVAILABLE)."""
SECONDS = 600.0
"""A report that takes longer to set is given up."""
LONG_AGO = 315532800
"""1980-01-01, the time written where a record tells none."""
PANGO = (
    "Pango is missing; install it (Debian, Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; "
    "Fedora: dnf install pango; macOS: brew install pango) and run `harness report .` in the report's folder"
)


def make_pdf(page: Path, target: Path, *, identifier: str, when: int | None) -> str | None:
    """Set a page as a tagged PDF (PDF/UA-1); the same page gives the same bytes.

    Args:
        page: an ``index.html`` of ours.
        target: the PDF to write; not written in one step.
        identifier: becomes the PDF's own identifier, ASCII.
        when: the time the PDF is dated with, in seconds since 1970.

    Returns:
        None, or one sentence that says why there is no PDF and what would help.
    """
    words = [sys.executable, "-P", "-m", "harness.report.pdf", str(page), str(target), identifier]
    try:
        with tether() as end:
            child = subprocess.run(
                words, env=_environment(when), stdin=end, capture_output=True, timeout=SECONDS, check=False,
                start_new_session=True,  # Ctrl-C reaches every process of the terminal; this one ends with its parent
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"WeasyPrint was still at work after {SECONDS:.0f} s"
    said = child.stderr.decode(errors="replace").strip().splitlines()
    if child.returncode == UNAVAILABLE:
        return said[-1] if said else PANGO
    if child.returncode < 0 or child.returncode > 128:
        return f"WeasyPrint crashed ({_signal(child.returncode)}); everything else is complete"
    if child.returncode or not target.is_file():
        return f"WeasyPrint failed: {said[-1] if said else f'exit status {child.returncode}'}"
    return None


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


def main(page: Path, target: Path, identifier: str) -> int:
    """Set one page. Runs in the child: whatever happens here, the parent goes on."""
    with tempfile.TemporaryDirectory(prefix="harness-fonts-") as scratch:
        os.environ["FONTCONFIG_FILE"] = str(_fonts(Path(scratch)))
        try:
            import weasyprint  # noqa: PLC0415  may be missing, or lack its libraries
        except ImportError as error:
            print(f"{error}; install harness with its dependencies, or `pip install weasyprint`", file=sys.stderr)  # noqa: T201  the parent reads it
            return UNAVAILABLE
        except OSError as error:
            print(f"{PANGO} ({str(error).splitlines()[0]})", file=sys.stderr)  # noqa: T201  the parent reads it
            return UNAVAILABLE
        own = weasyprint.URLFetcher(allowed_protocols=("data",))  # what stands in the page itself, and nothing else
        document = weasyprint.HTML(string=page.read_text(encoding="utf-8"), url_fetcher=own)
        document.write_pdf(target, pdf_variant="pdf/ua-1", pdf_identifier=identifier.encode())
    return 0


def _fonts(scratch: Path) -> Path:
    """Write a font configuration that knows the fonts matplotlib brings and no others.

    Without any font Pango ends the process; with the system's, the PDF would differ from machine to machine.
    """
    package = importlib.util.find_spec("matplotlib")
    places = package.submodule_search_locations if package is not None else None
    if not places:
        raise ModuleNotFoundError("No module named 'matplotlib', whose fonts the PDF is set in")
    fonts = Path(next(iter(places))) / "mpl-data" / "fonts" / "ttf"
    configuration = scratch / "fonts.conf"
    configuration.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><dir>{escape(str(fonts))}</dir><cachedir>{escape(str(scratch / 'cache'))}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    return configuration


if __name__ == "__main__":
    end_with_parent(Path(sys.argv[2]))
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))

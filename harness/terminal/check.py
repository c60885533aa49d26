"""What `harness check` shows of a report's folder, printed or as a JSON document."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from harness.errors import plural
from harness.report.check import Checked
from harness.terminal.console import print_line

SHOWN = 50
"""The most files, and the most verdicts, that are printed; the document has all."""


def print_checked(found: Checked, folder: str, console: Console) -> None:
    """Print each changed file, each verdict that differs, and in a sentence what was compared."""
    lines = [
        f"{each.state:<8} {_name(each.path)}{f': {each.because}' if each.because else ''}" for each in found.changed
    ]
    verdicts = [
        f"{'verdict':<8} {_name(each.claim)}: {each.file} has {each.written or 'nothing'}, the record gives {each.judged or 'nothing'}"
        for each in found.verdicts
    ]
    for some in (lines, verdicts):
        for line in some[:SHOWN]:
            print_line(console, line)
        if len(some) > SHOWN:
            print_line(console, f"and {len(some) - SHOWN} more (--json lists them)")
    if found.unjudged:
        print_line(console, found.unjudged)
    print_line(console, f"{folder}: {_result(found)}", style="red" if found.status else "green")
    print_line(console, f"SHA-256 of its manifest: {found.manifest}")


def _result(found: Checked) -> str:
    """Return what was compared and how many differ, in a sentence."""
    changed, listed = len(found.changed), len(found.files)
    if not found.status:
        judged = plural(found.judged or 0, "verdict")
        return f"{plural(listed, 'file')} match the manifest; {judged}, judged again, match the files"
    parts = [f"{changed} of {plural(listed, 'file')} do not match the manifest"] if changed else []
    if found.verdicts:
        does = "does" if len(found.verdicts) == 1 else "do"
        parts.append(f"{plural(len(found.verdicts), 'verdict')} {does} not match the files")
    return "; ".join(parts or ["the verdicts could not be compared"])


def _name(text: str) -> str:
    """Return a path or an id without characters that control a terminal."""
    return text if text.isprintable() else ascii(text)


def checked_document(found: Checked, folder: str) -> dict[str, Any]:
    """Return what was found as values that JSON can hold."""
    return {
        "folder": folder,
        "manifest": found.manifest,
        "files": [{"file": each.path, "state": str(each.state), "because": each.because} for each in found.files],
        "judged": found.judged,
        "unjudged": found.unjudged,
        "differing": [
            {"file": each.file, "claim": each.claim, "written": each.written, "judged": each.judged}
            for each in found.verdicts
        ],
        "exit_status": found.status,
    }

"""What `harness bundle` and `harness check --remeasure` show, printed or as JSON documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console

from harness.bundles.writing import Bundled
from harness.errors import plural
from harness.judge.comparing import Likeness
from harness.naming import some
from harness.shell import command
from harness.terminal.compare import comparison_document, print_comparison
from harness.terminal.console import print_line

if TYPE_CHECKING:
    from harness.bundles.remeasuring import Draw, Remeasured


def print_bundled(found: Bundled, console: Console) -> None:
    """Print what went into a bundle, and its digest."""
    if found.note:
        print_line(console, found.note)
    unchanged = "" if found.written else " (unchanged)"
    print_line(console, f"{found.file}{unchanged}: {plural(len(found.files), 'file')}")
    print_line(console, f"SHA-256: {found.sha256}")
    print_line(console, f"anyone checks it with `{command('check', found.file)}`")


def bundled_document(found: Bundled) -> dict[str, Any]:
    """Return what went into a bundle as values that JSON can hold."""
    return {
        "file": str(found.file),
        "sha256": found.sha256,
        "files": list(found.files),
        "written": found.written,
        "note": found.note or None,
    }


def print_draw(draw: Draw, report: str, console: Console) -> None:
    """Print which claims were drawn, and what draws them again."""
    again = command("check", report, "--remeasure", f"{100 * draw.share:g}%", "--seed", str(draw.seed))
    print_line(
        console, f"drawn at random, {len(draw.claims)} of {plural(draw.among, 'claim')} (`{again}` draws them again):"
    )
    for claim in draw.claims:
        print_line(console, f"  {claim}")


def print_remeasured(found: Remeasured, report: str, console: Console) -> None:
    """Print the comparison of the two labs, and in the last lines whether they agree."""
    print_comparison(found.comparison, report, f"measured anew, seed {found.seed}", console)
    style = "red" if found.comparison.changed else "green" if _agree(found) else "yellow"
    print_line(console, agreement(found), style=style)
    if found.most_changed is not None:
        print_line(
            console,
            f"at 95 % confidence, at most {found.most_changed} of all {plural(found.draw.among, 'claim')} would be found changed",
        )


def agreement(found: Remeasured) -> str:
    """Return in a sentence whether both labs agree."""
    changed, missing, count = found.comparison.changed, found.missing, len(found.draw.claims)
    same = sum(each.likeness is Likeness.SAME for each in found.comparison.claims)
    if changed:
        return f"the two labs disagree: {plural(len(changed), 'claim')} of {count} drawn really changed: {some(changed, 5)}"
    if missing:
        why = found.record.measurements[missing[0].claim].missing
        told = f" ({why.reason}: {why.sentence})" if why is not None else ""
        return f"{len(missing)} of {plural(count, 'drawn claim')} could not be measured here{told}; none of the others changed"
    if _agree(found):
        return f"both labs agree: {plural(count, 'drawn claim')}, each shown to be the same within its margin"
    return f"no disagreement: none of {plural(count, 'drawn claim')} changed, and {same} are shown to be the same within their margins"


def _agree(found: Remeasured) -> bool:
    return all(each.likeness is Likeness.SAME for each in found.comparison.claims)


def remeasured_document(found: Remeasured, report: str) -> dict[str, Any]:
    """Return the result of a measurement by another lab as values for JSON."""
    return {
        "share": found.draw.share,
        "seed": found.draw.seed,
        "drawn": list(found.draw.claims),
        "among": found.draw.among,
        "seed_of_runs": found.seed,
        "answer": agreement(found),
        "agree": _agree(found),
        "missing": [each.claim for each in found.missing],
        "most_changed": found.most_changed,
        "comparison": comparison_document(found.comparison, report, f"measured anew, seed {found.seed}"),
        "interrupted": found.interrupted,
        "exit_status": found.status,
    }

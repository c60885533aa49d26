"""Writes the page on reliability from what came of the faults and of hostile input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faults.found import FOUND
from faults.results import Results
from faults.trials import Sort

from harness.drafts import replace_file

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "reliability.md"
FAULTS = {
    "full": (
        "The disk is full from the k-th write on, for each k",
        "Making a file or folder, writing, flushing, renaming and linking all fail; half of the bytes of a write are on the disk.",
    ),
    "once": ("The k-th write alone fails (EIO), for each k", "Removing and cutting files are among the writes."),
    "entries": (
        "Each file of the store cut, flipped, swapped, gone, or noise",
        "Every damaged result is computed again, and no other.",
    ),
    "clock": (
        "The clock moved back or ahead",
        "By ten years between two runs, by up to four hundred days within one, and files thirty years off.",
    ),
    "memory": (
        "Out of memory in one job",
        "It asks for more than any machine has; the claims on it are `NOT_RUN` (`infeasible`).",
    ),
    "network": (
        "A download that hangs, drips, lies or leads elsewhere",
        "The claims on that data are `NOT_RUN` (`data-missing`).",
    ),
    "stopped": (
        "SIGSTOP at a random moment, and a second `verify` meanwhile",
        "The second is told who works, or works where the first has not begun; SIGCONT, and the first ends as if nothing had been.",
    ),
    "killed": ("SIGKILL at a random moment", "Each next run goes on where the last was killed."),
    "workers": (
        "SIGKILL of workers that share one plan (`harness work`)",
        "Eight processes, some killed at random moments and replaced; in every other trial each takes itself for one of another machine.",
    ),
    "workers on a pack": (
        "The same with the quickstart, which trains and attacks",
        "Eight processes, one thread each.",
    ),
}
"""Fault -> what is done, and a remark."""
HEAD = """\
# Reliability

*Written by `make faults` (`tests/faults`); a shorter form of it is part of `make test`.*

Two promises are tried here. **Whatever happens to the machine**, a run ends with a sentence and an exit status, never with a
traceback; what was finished is kept; and the next run ends with the values of a machine to which nothing happened. **Whatever
somebody hands you**, reading it ends in a use or in an error that says where, what was expected, what was found and what to do:
nothing in it is executed, no address is asked, nothing is written outside the folder that was named, and none of it takes a
second longer than the same file unharmed, or gigabytes of memory, or steers the terminal it is shown on.
"""
WATCHED = """\
Each trial is drawn from the sort's name, a seed and the trial's number, so that one that fails can be repeated. It runs in a
process that is watched: Python's audit events tell of every file that is opened for writing, made, renamed or removed outside the
trial's folder, of every program that would be started, and of every address; a limit of memory and of the processor's time ends
what is endless. A trial that took long is done once more, and what the same input takes unharmed is measured beside it. A trial
that broke a promise was repeated once that was mended. Half of the binary files are real ones, mutated; the others are made by somebody who knows the format.
"""


def write_page(results: Results, sorts: Mapping[str, Sort]) -> None:
    """Write the page."""
    replace_file(PAGE, page(results, sorts).encode(), durable=False)


def page(results: Results, sorts: Mapping[str, Sort]) -> str:
    """Return the page's text."""
    parts = results.parts
    faults = [_fault(name, parts[name]) for name in FAULTS if name in parts]
    hostile = [_hostile(sort, parts[name]) for name, sort in sorts.items() if name in parts]
    trials = sum(results.trials(name) for name in parts)
    dates = sorted(part["date"] for part in parts.values())
    last = next(part for part in parts.values() if part["date"] == dates[-1])
    when = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    said = f"{trials:,} trials, {when}: {_broken(len(results.broken))}. Versions: {', '.join(f'{name} {number}' for name, number in last['versions'].items())}."
    return "\n".join(
        (
            HEAD, said, "", "## Faults of the machine", "", _table(("what happens", "trials", "what came of it"), faults), "## Hostile input", "",
            WATCHED, _table(("what it is, and who reads it", "trials", "used", "refused", "broke a promise"), hostile),
            "## What was found, and mended", "", "Each has a test that names it.", "", *(f"- {each.what}" for each in FOUND), "",
        )
    )  # fmt: skip


def _broken(number: int) -> str:
    return {0: "no promise was broken", 1: "one promise was broken"}.get(number, f"{number:,} promises were broken")


def _fault(name: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    what, remark = FAULTS[name]
    came = "; ".join(f"{number:,} × {kind}" for kind, number in sorted(part["count"].items()))
    beside = ", ".join(f"{number:,} {kind}" for kind, number in part.get("beside", {}).items())
    return f"**{what}.** {remark}", f"{sum(part['count'].values()):,}", f"{came} ({beside})" if beside else came


def _hostile(sort: Sort, part: Mapping[str, Any]) -> tuple[str, ...]:
    count = part["count"]
    numbers = (f"{count.get(kind, 0):,}" for kind in ("used", "refused", "broken"))
    return f"{sort.what[0].upper()}{sort.what[1:]}", f"{sum(count.values()):,}", *numbers


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

"""Writes the page on reliability from the results of faults and hostile input."""

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
        "Making a file or folder, writing, flushing, renaming and linking all fail; half of the bytes of a write reach the disk.",
    ),
    "once": ("Only the k-th write fails (EIO), for each k", "Writes include removing and truncating files."),
    "entries": (
        "Each file of the store truncated, changed in one bit, swapped, missing, or random bytes",
        "Every damaged result is computed again, and no other result.",
    ),
    "clock": (
        "The clock is set back or forward",
        "By ten years between two runs, by up to 400 days within one run, and file times wrong by thirty years.",
    ),
    "memory": (
        "Out of memory in one job",
        "The job allocates more memory than any machine has; its claims are `NOT_RUN` (`infeasible`).",
    ),
    "network": (
        "A download that hangs, is very slow, has wrong content or is redirected",
        "The claims on that data are `NOT_RUN` (`data-missing`).",
    ),
    "stopped": (
        "SIGSTOP at a random moment, and a second `verify` meanwhile",
        "The second names the process that has the lock, or runs if the first has not started yet. After SIGCONT the first ends normally.",
    ),
    "killed": ("SIGKILL at a random moment", "Each next run resumes where the last was killed."),
    "workers": (
        "SIGKILL of workers that share one plan (`harness work`)",
        "Eight processes, some killed at random moments and replaced; in every other trial they act as if each were on another machine.",
    ),
    "workers on a pack": (
        "The same with the quickstart, which trains and attacks",
        "Eight processes, one thread each.",
    ),
}
"""Fault -> what happens, and a remark."""
WORDS = {
    "cost nothing": "no effect",
    "said, and ended": "reported, then stopped",
    "(cut)": "(truncated)",
    "(flip)": "(changed bit)",
    "(gone)": "(missing)",
    "(noise)": "(random bytes)",
    "(swap)": "(swapped)",
    "the rest went on": "the other jobs continued",
    "a second verify is told": "the second `verify` was refused",
    "a second verify works": "the second `verify` ran",
    "gone on with to the end": "resumed and completed",
    "the values of an undisturbed worker": "values equal to those of an undisturbed worker",
    "jobs lost with their worker, and taken by another": "jobs of killed workers, which other workers took",
}
"""Kind of an outcome in the results -> its words on the page."""
HEAD = """\
# Reliability

*Written by `make faults` (`tests/faults`); a shorter form of it is part of `make test`.*

This page reports tests of two properties.

**Faults of the machine.** Whatever happens to the machine, a run ends with a sentence and an exit status, never with a traceback.
Finished results are kept. The next run gives the same values as a run without a fault.

**Untrusted input.** Reading a file from somebody else ends with its use or with an error that says where, what was expected, what
was found and what to do. Nothing in the file is executed, no network address is contacted, and nothing is written outside the
named folder. Reading it takes at most a second longer than the same file without a mutation, never takes gigabytes of memory, and
never sends control characters to the terminal.
"""
WATCHED = """\
Each trial is derived from the type of input, a seed and the trial's number, so that a failed trial can be repeated. It runs in a
monitored process. Python's audit events report every file outside the trial's folder that is opened for writing, created, renamed
or removed, every program that would be started, and every network address. Limits of memory and CPU time end an endless
computation. A slow trial is repeated, and the time for the same input without a mutation is measured next to it. A trial that
failed was repeated after the repair. Half of the binary files are mutated real files; the others were crafted with knowledge of the format.
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
            HEAD, said, "", "## Faults of the machine", "", _table(("fault", "trials", "results"), faults), "## Hostile input", "",
            WATCHED, _table(("input, and the commands that read it", "trials", "accepted", "refused", "failed"), hostile),
            "## Defects that were found and repaired", "", "Each has a regression test.", "", *(f"- {each.what}" for each in FOUND), "",
        )
    )  # fmt: skip


def _broken(number: int) -> str:
    return {0: "no trial failed", 1: "one trial failed"}.get(number, f"{number:,} trials failed")


def _fault(name: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    what, remark = FAULTS[name]
    came = "; ".join(f"{number:,} × {_plain(kind)}" for kind, number in sorted(part["count"].items()))
    beside = ", ".join(f"{number:,} {_plain(kind)}" for kind, number in part.get("beside", {}).items())
    return f"**{what}.** {remark}", f"{sum(part['count'].values()):,}", f"{came} ({beside})" if beside else came


def _plain(kind: str) -> str:
    for written, shown in WORDS.items():
        kind = kind.replace(written, shown)
    return kind


def _hostile(sort: Sort, part: Mapping[str, Any]) -> tuple[str, ...]:
    count = part["count"]
    numbers = (f"{count.get(kind, 0):,}" for kind in ("used", "refused", "broken"))
    return f"{sort.what[0].upper()}{sort.what[1:]}", f"{sum(count.values()):,}", *numbers


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

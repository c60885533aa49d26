"""Workers that share the jobs of one plan and are killed at random: each trial ends with every job once and undisturbed values."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import crowded_pack
import crowds
import fakes
import pytest
from faults.machine import Machine
from faults.trials import Outcome

QUICKSTART = Path(__file__).resolve().parents[2] / "specs" / "quickstart"
ONE = "one machine"
NEVER = ("saved twice", "left behind", "ended badly")
"""What no trial may see."""
ALONE = ("beside another", "begun though stored", "late")
"""What only workers of several machines may see, where one that is slow is taken for dead: it works in vain."""
TOLD = {"killed": "SIGKILLs", "lost": "jobs lost with their worker, and taken by another", "late": "jobs done twice"}
"""Counter -> what it counts, for the page."""
CAME = "each job once in the record, the values of an undisturbed worker"


def come_of(seen: Mapping[str, Mapping[str, int]], name: str) -> Outcome:
    """Return what came of trials, from what a script of workers saw, counted apart for one machine and for many."""
    outcome = Outcome(name)
    for where, counts in seen.items():
        never = (*NEVER, *(ALONE if where == ONE else ()))
        broken = [f"{what} {counts[what]} times" for what in never if counts.get(what)]
        good = min(counts.get("equal", 0), counts.get("each once", 0))
        if lacking := counts["trials"] - good:
            broken.append(
                f"{lacking} of {counts['trials']} trials ended with other values, or a job more or less than once"
            )
        outcome.count += Counter({f"{where}: {CAME}": good, "broken": lacking})
        outcome.broken += [f"{name}, {where}: {each}" for each in broken]
        outcome.beside += Counter({told: counts.get(what, 0) for what, told in TOLD.items()})
    return outcome


def workers(machine: Machine, trials: int, seed: int = 2014) -> Outcome:
    """Have eight workers do the pack of fakes together, again and again, and kill some."""
    folder = machine.home / "workers"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch, fakes.registered(patch):
        seen = crowds.main(folder, trials, seed=seed)
    return come_of(seen, "workers killed")


def workers_on_a_pack(machine: Machine, trials: int, seed: int = 2014) -> Outcome:
    """The same with the quickstart, whose jobs need a backend."""
    folder = machine.home / "workers-on-a-pack"
    folder.mkdir()
    seen = crowded_pack.main(QUICKSTART, folder, trials, seed=seed)
    return come_of({ONE: seen}, "workers on a pack killed")


FAULTS: dict[str, Callable[..., Outcome]] = {
    "workers": functools.partial(workers, trials=1000),
    "workers on a pack": functools.partial(workers_on_a_pack, trials=20),
}
QUICK: dict[str, dict[str, Any]] = {"workers": {"trials": 10}, "workers on a pack": {"trials": 1}}
"""Fault -> what makes it short."""

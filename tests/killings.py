"""Kills a verify of the pack of fakes again and again: ``python tests/killings.py FOLDER KILLS``; prints what it saw.

The verifies are forks of this process, which has imported everything once; no backend is among it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from pathlib import Path

import driver
import fakes

from harness import pipeline
from harness.cli import main
from harness.record.file import read
from harness.report import Rendered
from harness.store import ENTRY


def verify(place: Path, dies: tuple[int, float] = (0, 0.0)) -> int:
    """Verify in a process of its own; return its exit status, negative if a signal ended it."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.environ |= {
            "DRIVER_LOG": str(place / "log"),
            "DRIVER_DIES": json.dumps(dies),
            "DRIVER_SLEEP": '{"fsync": 0.003}',
        }
        words = ["verify", str(place.parent / "fakes"), "--device", "cpu", "--store", str(place / "store")]
        with driver.driven():
            pipeline.REFRESH_SECONDS = (
                0.0  # every value is followed by a write of the record, so that kills hit that too
            )
            pipeline.render = lambda *_, **__: Rendered((), ())
            try:
                main([*words, "--out", str(place / "reports")])
            except SystemExit as ended:
                os._exit(int(ended.code or 0))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def stored(place: Path) -> set[str]:
    """Return the keys of all whole entries."""
    entries = place.glob(f"store/*/*/*/*/{ENTRY}")
    return {entry.parent.name for entry in entries if not entry.parent.name.startswith(".")}


def begun(place: Path) -> list[str]:
    """Return the keys of the jobs begun so far; data sets, which are looked at anew each time, are not told."""
    lines = [line.split() for line in (place / "log").read_text().splitlines() if line.startswith("perform")]
    return [line[2] for line in lines if line[1] != "fetch"]


def torment(place: Path, kills: int, chance: random.Random) -> dict[str, int]:
    """Kill so many verifies at random moments; count what was left half-written and which stored jobs were redone."""
    seen = {"killed": 0, "drafts": 0, "redone": 0, "stored": 0}
    while seen["killed"] < kills:
        before, jobs = stored(place), len(begun(place))
        status = verify(place, (chance.randint(1, 10), chance.uniform(0, 0.01)))
        if status != -signal.SIGKILL:
            break  # all was done; the test sees that fewer were killed than asked for
        seen["killed"] += 1
        seen["redone"] += len(before & set(begun(place)[jobs:]))
        seen["drafts"] += any((place / "store").glob("*/*/*/.draft-*"))
    before, jobs = stored(place), len(begun(place))
    seen["stored"] = len(before)
    verify(place)
    seen["redone"] += len(before & set(begun(place)[jobs:]))
    return seen


if __name__ == "__main__":
    folder, kills = Path(sys.argv[1]), int(sys.argv[2])
    calm, wild = folder / "calm", folder / "wild"
    fakes.write_pack(folder / "fakes")
    for place in (calm, wild):
        place.mkdir()
        (place / "log").touch()
    verify(calm)
    seen: dict[str, int] = torment(wild, kills, random.Random(2014))  # noqa: S311  no secret hangs on it
    left = [str(path) for path in folder.rglob(".*")]
    records = [read(place / "reports" / "fakes") for place in (calm, wild)]
    equal = records[0].measurements == records[1].measurements
    seen |= {"jobs": len(stored(calm)), "claims": len(records[0].measurements)}
    sys.stdout.write(json.dumps({**seen, "left": left, "equal": equal}) + "\n")

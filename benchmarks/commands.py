"""How long the commands take that people wait for, beside a bare interpreter, and how much memory they hold.

    python benchmarks/commands.py [RECORD] [--quick] [--json FILE]

Each is a process of its own. The rehearsal of quickstart is measured cold (an empty store: everything is trained,
attacked and measured) and warm (nothing left to do but judging and the report). RECORD is what ``judge`` reads; without
one it is the published record.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Row, Table, asking, mib, publish

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "reports" / "published" / "szegedy2013"
ROUNDS = 5


def once(words: list[str]) -> tuple[float, float]:
    """Run one process; return its wall seconds and the most memory it held, in MiB."""
    start = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1, 3, 4}:  # verdicts are no failures
        sys.exit(f"{' '.join(words)} ended with status {process.returncode}")
    return time.perf_counter() - start, mib(used.ru_maxrss)


def rows(commands: dict[str, list[str]], rounds: int) -> list[Row]:
    """Run every command in turn, round by round, and return medians and ratios to the first one."""
    each = [{name: once(words) for name, words in commands.items()} for _ in range(rounds)]
    medians = {name: statistics.median(seen[name][0] for seen in each) for name in commands}
    bare = next(iter(medians.values()))
    return [
        {"command": name, "seconds": median, "÷ bare": median / bare, "peak MiB": max(seen[name][1] for seen in each)}
        for name, median in medians.items()
    ]


def main() -> None:
    """Time the quick commands several times over, and the rehearsal once cold and once warm."""
    parser = asking(__doc__)
    parser.add_argument("record", nargs="?", default=str(RECORD))
    parser.add_argument("--start-up", action="store_true", help="leave the rehearsal out")
    asked = parser.parse_args()
    harness = [sys.executable, "-m", "harness.cli"]
    words = ("--help", "kinds", "lint specs", "plan specs")
    quick = {"python -c pass": [sys.executable, "-c", "pass"], "import numpy": [sys.executable, "-c", "import numpy"]}
    quick |= {f"`harness {said}`": [*harness, *said.split()] for said in words}
    quick |= {"`harness judge RECORD`": [*harness, "judge", asked.record]}
    with tempfile.TemporaryDirectory() as folder:
        folders = ["--store", f"{folder}/store", "--out", f"{folder}/reports"]
        rehearsal = [*harness, "verify", "specs/quickstart", "--budget", "rehearsal", *folders]
        found = rows(quick, 1 if asked.quick else ROUNDS)
        for state in () if asked.start_up else ("cold", "warm"):
            seconds, peak = once(rehearsal)
            name = f"`harness verify specs/quickstart --budget rehearsal`, {state}"
            found.append(
                {"command": name, "seconds": seconds, "÷ bare": seconds / found[0]["seconds"], "peak MiB": peak}
            )
    publish(asked, Table("Commands", found))


if __name__ == "__main__":
    main()

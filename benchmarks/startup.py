"""How long the commands take that people wait for, beside a bare interpreter, each from a cold start in one run.

Usage: ``python benchmarks/startup.py [RECORD] [--json FILE]``; a RECORD adds the commands that read one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 5


def seconds(command: list[str]) -> float:
    """Return the wall seconds of one process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main() -> None:
    """Time every command in turn, round by round, and print medians and ratios to the bare interpreter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("record", nargs="?")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    words = [["--help"], ["lint", "specs"], ["kinds"], ["plan", "specs"]]
    words += [["judge", given.record], ["judge", "--json", given.record]] if given.record else []
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import numpy": [sys.executable, "-c", "import numpy"],
    }
    commands |= {" ".join(["harness", *w]): [sys.executable, "-m", "harness.cli", *w] for w in words}
    rounds = [{name: seconds(command) for name, command in commands.items()} for _ in range(ROUNDS)]
    medians = {name: statistics.median(each[name] for each in rounds) for name in commands}
    bare = medians["python -c pass"]
    for name, median in medians.items():
        print(f"{name:40s} {median:6.2f} s  {median / bare:5.1f} x a bare interpreter")
    if given.json:
        given.json.write_text(json.dumps(medians, indent=1) + "\n")


if __name__ == "__main__":
    main()

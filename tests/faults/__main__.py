"""Breaks harness on purpose, and writes what came of it: ``make faults``, or ``python tests/faults [--quick] [--only PART]…``.

Each part is a fault of the machine or a sort of hostile input. What came of it is kept as JSON beside the page after every few
hundred trials; a part that is begun again goes on where it stopped, and first repeats the trials that broke a promise. The page, ``docs/explanation/reliability.md``, is written
from that, unless it is a quick run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from faults import foreign, kept, machine, packs, workers  # noqa: E402  where they are is known only now
from faults.page import write_page  # noqa: E402
from faults.results import Results  # noqa: E402
from faults.trials import Sort, run  # noqa: E402

from harness.kinds.registry import discover  # noqa: E402

PIECE = 100
"""Trials after which what came of them is kept."""
TRIALS: Mapping[str, int] = {
    "packs": 10_000, "packs verified": 300, "records": 400, "bundles": 500, "exports": 300, "stores": 200, "pickles": 500, "images": 500,
}  # fmt: skip
"""Trials of each sort of hostile input; of the others, 300."""
FAULTS, QUICK = machine.FAULTS | workers.FAULTS, machine.QUICK | workers.QUICK
SORTS: Mapping[str, Sort] = {sort.name: sort for sort in (*packs.SORTS, *kept.SORTS, *foreign.SORTS)}


def hostile(sort: Sort, wanted: range, results: Results) -> None:
    """Repeat the trials of a sort that broke a promise, then run those that are not done yet."""
    if again := results.take_broken(sort.name):
        results.add(sort.name, run(sort, again))
    while left := results.left(sort.name, wanted):
        numbers = [number for place, number in enumerate(left[:PIECE]) if number == left[0] + place]
        results.add(sort.name, run(sort, numbers), numbers)


def main() -> None:
    """Run the requested parts."""
    asking = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("--quick", action="store_true", help="a hundredth of the trials; no page is written")
    asking.add_argument(
        "--only", action="append", metavar="PART", help=f"one of {', '.join((*FAULTS, *SORTS))}; repeatable"
    )
    asking.add_argument(
        "--results", type=Path, default=HERE / "results.json", help="results of earlier runs, which are continued"
    )
    asking.add_argument("--trials", metavar="FROM:TO", help="only these trials of hostile input")
    asking.add_argument("--anew", action="store_true", help="start again, without the results of earlier runs")
    asked = asking.parse_args()
    discover()
    with tempfile.TemporaryDirectory(prefix="faults-") as home:
        results = Results(Path(home) / "results.json" if asked.quick else asked.results, anew=asked.anew)
        made: list[machine.Machine] = []
        for name, fault in FAULTS.items():
            if (asked.only or [name]).count(name) and not results.trials(name):
                made = made or [machine.Machine(Path(home))]
                results.add(name, fault(made[0], **(QUICK.get(name, {}) if asked.quick else {})))
        for name, sort in SORTS.items():
            if (asked.only or [name]).count(name):
                trials = TRIALS.get(name, 300)
                most = max(3, trials // 100) if asked.quick else trials
                hostile(sort, range(*map(int, asked.trials.split(":"))) if asked.trials else range(most), results)
        for each in results.broken:
            print(each[:1000])  # noqa: T201  its output is its result
        if not asked.quick and not asked.only:
            write_page(results, SORTS)
    sys.exit(1 if results.broken else 0)


if __name__ == "__main__":
    main()

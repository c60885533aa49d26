"""``harness work`` on a real pack, killed at random: ``python tests/crowded_pack.py PACK FOLDER TRIALS [WORKERS] [SEED]``.

In each trial so many processes do the pack's jobs together, in a store that is empty but for compiled programs; some are killed
(SIGKILL) at random moments and replaced. Prints how often, and whether each job is in the record once with the values of one
undisturbed worker. Each process has one thread, as numbers depend on how many there are.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from crowds import prepared_for, recorded, values

from harness.prepared import Prepared
from harness.sharing.leases import all_leases
from harness.sharing.presence import Roster
from harness.store import ENTRY

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
HERE = Path(__file__).resolve().parent
TOOK = 40.0
"""Seconds within which the kills of a trial come, at most."""


def start(pack: Path, store: Path) -> subprocess.Popen[bytes]:
    """Start a worker."""
    words = [sys.executable, "-m", "harness", "work", str(pack), "--device", "cpu", "--store", str(store)]
    settings = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(HERE.parent)}
    with (store.parent / "log").open("ab") as log:
        return subprocess.Popen(words, env=settings, stdout=log, stderr=log)


def trial(pack: Path, store: Path, count: int, chance: random.Random) -> Counter[str]:
    """Have the workers do everything, killing some; return what was seen."""
    seen: Counter[str] = Counter(trials=1)
    began = time.monotonic()
    alive = [start(pack, store) for _ in range(count)]
    for moment in sorted(chance.uniform(2, TOOK) for _ in range(chance.randint(2, 8))):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        running = [each for each in alive if each.poll() is None]
        if not running:
            break
        victim = chance.choice(running)
        victim.kill()
        seen["killed"] += victim.wait() == -signal.SIGKILL
        seen["lost"] += held(store, victim.pid)
        alive[alive.index(victim)] = start(pack, store)
    seen["ended badly"] += sum(each.wait() != 0 for each in alive)
    return seen


def held(store: Path, process: int) -> int:
    """Return how many jobs a worker that was killed had in its hands."""
    names = {each.name for each in Roster(store).workers() if each.process == process}
    platforms = [folder.parent.name for folder in store.glob("*/leases")]
    return sum(lease.worker in names for platform in platforms for lease in all_leases(store, platform))


def compare(prepared: Prepared, store: Path, calm: dict[str, object]) -> Counter[str]:
    """Gather the record; return whether it is the undisturbed one's, and what was left behind."""
    options, _ = prepared_for(prepared.spec.folder, store.parent)
    mine = replace(prepared, store=replace(prepared.store, root=store))
    found = recorded(replace(options, store=store), mine)
    kept = {job.key for job in mine.whole.jobs.values()}
    entries = [path.parent.name for path in store.glob(f"*/*/*/*/{ENTRY}")]
    left = [*store.glob("*/*/*/.draft-*"), *store.glob("*/leases/*"), *store.glob("workers/*")]
    return Counter({
        "equal": values(found) == calm,
        "each once": len(entries) == len(set(entries)) and set(found.jobs) <= set(entries) <= kept,
        "left behind": bool(left),
    })  # fmt: skip


def main(pack: Path, folder: Path, trials: int, count: int = 8, seed: int = 2014) -> Counter[str]:
    """Run the trials; return what was seen, which is printed after each."""
    chance = random.Random(seed)  # noqa: S311  no secret hangs on it
    os.environ.update(ONE_THREAD)  # for the environment that the record names
    calm = folder / "calm" / "store"
    calm.mkdir(parents=True)
    options, prepared = prepared_for(pack, calm.parent)
    assert start(pack, calm).wait() == 0, "the undisturbed worker failed"
    expected = values(recorded(options, prepared))
    seen: Counter[str] = Counter()
    for number in range(trials):
        store = folder / f"trial-{number}" / "store"
        store.mkdir(parents=True)
        shutil.copytree(calm / "compiled", store / "compiled")
        seen += trial(pack, store, count, chance)
        seen += compare(prepared, store, expected)
        shutil.rmtree(store.parent)
        print(json.dumps(seen), flush=True)  # noqa: T201  its output is its result
    return seen


if __name__ == "__main__":
    pack, folder, trials, *rest = sys.argv[1:]
    main(Path(pack), Path(folder), int(trials), *map(int, rest))

"""Workers on one store, killed at random: ``python tests/crowds.py FOLDER TRIALS [WORKERS] [SEED]``; prints what it saw.

In each trial so many workers do the plan of the pack of fakes together, in an empty store. Some are killed (SIGKILL) at random
moments and replaced. In every other trial each takes itself for a process of another machine, whose death shows by its
silence alone; on a loaded machine workers that live are then taken for dead too. The workers are forks of this process, which
has read the pack once; no backend is among it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import fakes
import pytest

from harness import pipeline, store, working
from harness.plan import Plan
from harness.prepared import Options, Prepared
from harness.record.model import Record
from harness.run import executor
from harness.run.display import Quiet
from harness.sharing import presence
from harness.store import ENTRY, Store

SILENCE = 0.6
"""Seconds after which a silent worker of another machine is dead, here."""
MOST_KILLS = 6


def prepared_for(pack: Path, place: Path) -> tuple[Options, Prepared]:
    """Return the pack, planned for a store in a folder."""
    options = Options(store=place / "store", device="cpu")
    with pipeline.Session(options, Quiet()) as session:
        (prepared,) = session.prepare([pack])
    return options, prepared


def told(log: Path) -> None:
    """Have this process tell when it begins a job, and when its result is in the store."""

    def tell(event: str) -> None:
        with log.open("ab", buffering=0) as file:
            file.write(f"{event} {os.getpid()}\n".encode())

    def performing(do: Any) -> Any:
        def perform(job: Any, *given: Any) -> Any:
            if job.verb.keeps_result:
                tell(f"perform {job.key}")
            time.sleep(random.uniform(0, 0.004))  # noqa: S311  no secret hangs on it
            return do(job, *given)

        return perform

    save, fsync = Store.save, os.fsync

    def saving(self: Store, verb: str, key: str, entry: Any, **how: Any) -> bool:
        is_first = save(self, verb, key, entry, **how)
        if verb != "fetch":
            tell(f"{'save' if is_first else 'late'} {key}")
        return is_first

    def slow_fsync(file: int) -> None:
        time.sleep(0.002)
        fsync(file)

    executor.PERFORM = {verb: performing(do) for verb, do in executor.PERFORM.items()}  # type: ignore[misc]
    Store.save = saving  # type: ignore[method-assign]
    os.fsync = slow_fsync


def worker(options: Options, prepared: Prepared, log: Path, *, apart: bool) -> int:
    """Fork a worker; return its process."""
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        random.seed()
        told(log)
        pipeline.Session.prepare = lambda *_: [prepared]  # type: ignore[method-assign, assignment]
        if apart:
            own = f"machine {os.getpid()}"
            presence.machine = lambda: own  # type: ignore[assignment]
            store.this_process = lambda: presence.this_process(SILENCE)
        (done,) = working.work([], options)
        status = 4 if done.missing or done.left else 0
    except BaseException:  # noqa: BLE001  whatever it is, it is told, and the trial fails
        traceback.print_exc()
    finally:
        os._exit(status)


def crowd(
    options: Options, prepared: Prepared, log: Path, count: int, chance: random.Random, *, apart: bool
) -> set[int]:
    """Have workers do everything, killing some and replacing them; return those that were killed."""
    log.touch()
    alive = [worker(options, prepared, log, apart=apart) for _ in range(count)]
    killed: set[int] = set()
    for _ in range(chance.randint(1, MOST_KILLS)):
        time.sleep(chance.uniform(0, 0.25))
        victim = chance.choice(alive)
        os.kill(victim, signal.SIGKILL)
        if os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1]) == -signal.SIGKILL:
            killed.add(victim)
        alive.remove(victim)
        alive.append(worker(options, prepared, log, apart=apart))
    for each in alive:
        status = os.waitstatus_to_exitcode(os.waitpid(each, 0)[1])
        assert status == 0, f"a worker ended with {status}"
    return killed


def recorded(options: Options, prepared: Prepared) -> Record:
    """Return the record, gathered from what is stored under the store's lock, as verify does."""
    with pipeline.Session(options, Quiet()) as session, prepared.store.lock():
        done = session.executor(prepared, prepared.whole)
        assert done.all_stored, "something is missing"
        return session.gather(prepared, done)


def values(record: Record) -> dict[str, Any]:
    """Return what does not depend on when, and by whom, a record was made."""
    results = {key: job.get("result") for key, job in record.jobs.items()}
    measured = {claim: each.model_copy(update={"provenance": ""}) for claim, each in record.measurements.items()}
    return {"measurements": measured, "results": results, "digests": record.digests}


def count_events(log: Path, killed: set[int], plan: Plan) -> Counter[str]:
    """Count what became of the jobs; each number but ``begun``, ``saved`` and ``lost`` should be 0 where nobody is thought dead."""
    seen: Counter[str] = Counter()
    begun, saved = defaultdict(list), defaultdict(list)
    for line in log.read_text().splitlines():
        what, key, process = line.split()
        if what == "perform":
            seen["begun"] += 1
            seen["begun though stored"] += bool(saved[key])
            begun[key].append(int(process))
        elif what == "save":
            seen["saved"] += 1
            seen["saved twice"] += bool(saved[key])
            saved[key].append(int(process))
        else:
            seen["late"] += 1
    for key, processes in begun.items():
        # The kill may come between the publication of a result and the line that tells of it.
        others = [each for each in processes if each not in saved[key]]
        seen["lost"] += sum(each in killed for each in others)
        seen["beside another"] += sum(each not in killed for each in others)
    seen["jobs"] += sum(job.verb.keeps_result for job in plan.jobs.values())
    return seen


def main(folder: Path, trials: int, count: int = 8, seed: int = 2014) -> dict[str, dict[str, int]]:
    """Run the trials; return what was seen, counted apart for one machine and for many."""
    chance = random.Random(seed)  # noqa: S311  no secret hangs on it
    pack = fakes.write_pack(folder / "fakes")
    options, prepared = prepared_for(pack, folder / "calm")
    calm_log = folder / "calm.log"
    assert os.waitpid(worker(options, prepared, calm_log, apart=False), 0)[1] == 0
    calm = recorded(options, prepared)
    seen: dict[str, Counter[str]] = {"one machine": Counter(), "many machines": Counter()}
    for trial in range(trials):
        apart = trial % 2 == 1
        place = folder / f"trial-{trial}"
        mine = replace(options, store=place / "store")
        shared = replace(prepared, store=replace(prepared.store, root=mine.store))
        place.mkdir()
        killed = crowd(mine, shared, place / "log", count, chance, apart=apart)
        tally = seen["many machines" if apart else "one machine"]
        tally += Counter(trials=1, killed=len(killed)) + count_events(place / "log", killed, prepared.plan)
        tally["drafts"] += any(mine.store.glob("*/*/*/.draft-*"))
        tally["leases"] += any(mine.store.glob("*/leases/*"))
        found = recorded(mine, shared)
        entries = [path.parent.name for path in mine.store.glob(f"*/*/*/*/{ENTRY}")]
        tally["equal"] += values(found) == values(calm) and list(found.jobs) == list(calm.jobs)
        tally["each once"] += sorted(entries) == sorted(calm.jobs)
        left = [*mine.store.glob("*/*/*/.draft-*"), *mine.store.glob("*/leases/*"), *mine.store.glob("workers/*")]
        tally["left behind"] += bool(left)
        shutil.rmtree(place)
        if (trial + 1) % 50 == 0:
            sys.stderr.write(f"{trial + 1} trials: {json.dumps(seen)}\n")
    return {where: dict(tally) for where, tally in seen.items()}


if __name__ == "__main__":
    place, trials, *rest = sys.argv[1:]
    with pytest.MonkeyPatch.context() as patch, fakes.registered(patch):
        print(json.dumps(main(Path(place), int(trials), *map(int, rest))))  # noqa: T201  its output is its result

"""Expected seconds of jobs: recorded in this store, else the recipe's estimate times its past ratio to the real time.

The ratio is that of jobs of the same name under any budget and reading, else of jobs of the same kind.

Compilation is counted separately, once for each kind: a process compiles a program once, for any number of runs and
images.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from harness.drafts import remove_drafts, replace_file
from harness.files import make_folder, read_regular
from harness.plan import Job, Plan, Verb
from harness.record.facts import LONGEST
from harness.run.display import Took
from harness.run.workload import Workload
from harness.store import Store

MOST_BYTES = 2**26
"""Largest size of the file of recorded seconds."""
TOOK, ESTIMATED, COMPILING = "spent ", "foretold ", "compiling "
"""Prefixes of a kind or a name in that file; the other entries are digests of jobs."""


@dataclass
class Costs:
    """Expected seconds of every job of a plan; updated with each finished job."""

    plan: Plan
    store: Store
    _likeness: dict[str, str] = field(default_factory=dict)
    _learned: set[str] = field(default_factory=set)

    @cached_property
    def known(self) -> dict[str, float]:
        """Recorded seconds by ``like``; empty if the file cannot be read."""
        return self._read()

    def _read(self) -> dict[str, float]:
        try:
            kept = json.loads(read_regular(self._file, MOST_BYTES, follow=False))
            return {like: float(seconds) for like, seconds in kept.items() if 0 <= float(seconds) <= LONGEST}
        except (OSError, ValueError, AttributeError, TypeError, OverflowError, RecursionError):
            return {}

    @cached_property
    def _workload(self) -> Workload:
        return Workload(self.plan)

    @property
    def _file(self) -> Path:
        return self.store.root / self.store.platform / "seconds.json"

    @cached_property
    def _paces(self) -> dict[str, float]:
        """Kind or name -> ratio of real to estimated seconds of its jobs, before this process started.

        Jobs of this process do not change the estimates of other kinds, so that the order of claims is stable.
        """
        took, estimated = (
            {name.removeprefix(word): seconds for name, seconds in self.known.items() if name.startswith(word)}
            for word in (TOOK, ESTIMATED)
        )
        return {kind: took.get(kind, 0.0) / seconds for kind, seconds in estimated.items() if seconds > 0}

    def of(self, job: Job) -> float:
        """Return one job's expected seconds without compilation: recorded for the same job in any run, else estimated."""
        if not job.verb.keeps_result:
            return 0.0
        known = self.known.get(self.like(job))
        if known is not None:
            return known
        return self._estimate(job) * self._paces.get(_named(job), self._paces.get(_kind(job), 1.0))

    def left(self, keys: Sequence[str]) -> float:
        """Return the expected seconds of these jobs and their dependencies that are not stored, with compilation."""
        missing = self.missing(keys)
        return sum(map(self.of, missing)) + self.compiling(missing)

    def compiling(self, jobs: Iterable[Job]) -> float:
        """Return the seconds that compilation for these jobs takes, as far as this store has recorded it."""
        return sum(self.known.get(COMPILING + kind, 0.0) for kind in {_kind(job) for job in jobs})

    def _estimate(self, job: Job) -> float:
        """Return the recipe's own estimate; for an attack, from its amount of work."""
        return self._workload.seconds(job) if job.verb is Verb.CRAFT else job.recipe.seconds

    def missing(self, keys: Sequence[str]) -> list[Job]:
        """Return the jobs that must be done for these; dependencies of a stored job are not needed."""
        found: dict[str, Job] = {}

        def visit(key: str) -> None:
            job = self.plan.jobs[key]
            if key in found or (job.verb.keeps_result and self.store.has(job.verb, key)):
                return
            for given in job.inputs.values():
                visit(given.key)
            found[key] = job

        for key in keys:
            visit(key)
        return list(found.values())

    def learn(self, job: Job, took: Took) -> None:
        """Record how long a job took."""
        kind, seconds = _kind(job), max(took.seconds - took.compiling, 0.0)
        _ = self._paces  # those from before this process
        new = {self.like(job): seconds}
        for word, more in ((TOOK, seconds), (ESTIMATED, self._estimate(job))):
            for name in (word + kind, word + _named(job)):
                new[name] = min(self.known.get(name, 0.0) + more, LONGEST)
        if took.compiling:
            new[COMPILING + kind] = max(self.known.get(COMPILING + kind, 0.0), took.compiling)
        self.known.update({name: round(each, 3) for name, each in new.items()})
        self._learned |= new.keys()

    def keep(self) -> None:
        """Write the recorded seconds, merged with those of other workers; after a failure only the estimate is lost."""
        mine = {name: self.known[name] for name in self._learned}
        try:
            make_folder(self._file.parent, below=self.store.root)
            replace_file(self._file, json.dumps(self._read() | mine, sort_keys=True).encode(), durable=False)
        except OSError:
            return

    def remove_drafts(self) -> None:
        """Remove drafts of the file that killed processes left; the store must be locked."""
        with suppress(OSError):
            remove_drafts(self._file.parent, [self._file.name], of_the_living=True)

    def like(self, job: Job) -> str:
        """Return a digest that is the same for jobs that differ only in their run."""
        if job.key not in self._likeness:
            given = {role: (self.like(self.plan.jobs[v.key]), v.part) for role, v in sorted(job.inputs.items())}
            attacks = {"attacks": {role: each.key for role, each in job.attacks.items()}} if job.attacks else {}
            text = json.dumps([job.verb, job.recipe.fingerprint(), given | attacks])
            self._likeness[job.key] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._likeness[job.key]


def _kind(job: Job) -> str:
    return f"{job.verb.value} {job.recipe.kind}"


def _named(job: Job) -> str:
    return f"{job.verb.value} {job.name}"

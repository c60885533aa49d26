"""Expected seconds of jobs: as recorded in this store, else as the recipe estimates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from harness.drafts import remove_drafts, replace_file
from harness.files import make_folder, read_regular
from harness.plan import Job, Plan
from harness.record.facts import LONGEST
from harness.store import Store

MOST_BYTES = 2**26
"""Largest size of the file of recorded seconds."""


@dataclass
class Costs:
    """Expected seconds of every job of a plan; updated by the jobs that are done."""

    plan: Plan
    store: Store
    _likeness: dict[str, str] = field(default_factory=dict)

    @cached_property
    def known(self) -> dict[str, float]:
        """Recorded seconds by ``like``; empty where the file cannot be read."""
        try:
            kept = json.loads(read_regular(self._file, MOST_BYTES, follow=False))
            return {like: float(seconds) for like, seconds in kept.items() if 0 <= float(seconds) <= LONGEST}
        except (OSError, ValueError, AttributeError, TypeError, OverflowError, RecursionError):
            return {}

    @property
    def _file(self) -> Path:
        return self.store.root / self.store.platform / "seconds.json"

    def of(self, job: Job) -> float:
        """Return the expected seconds of one job: recorded for the same job in any run, else the recipe's estimate."""
        if not job.verb.keeps_result:
            return 0.0
        return self.known.get(self.like(job), job.recipe.seconds)

    def left(self, keys: Sequence[str]) -> float:
        """Return the expected seconds of these jobs and those upstream that are not stored."""
        return sum(self.of(job) for job in self.missing(keys))

    def missing(self, keys: Sequence[str]) -> list[Job]:
        """Return the jobs that must be done for these; what is upstream of a stored job is not needed."""
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

    def learn(self, job: Job, seconds: float) -> None:
        """Record how long a job took."""
        self.known[self.like(job)] = round(seconds, 3)

    def keep(self) -> None:
        """Write the recorded seconds; a failure costs nothing but the estimate."""
        try:
            make_folder(self._file.parent, below=self.store.root)
            replace_file(self._file, json.dumps(self.known, sort_keys=True).encode(), durable=False)
        except OSError:
            return

    def remove_drafts(self) -> None:
        """Remove the drafts of the file that killed processes left; the store must be locked."""
        with suppress(OSError):
            remove_drafts(self._file.parent, [self._file.name], of_the_living=True)

    def like(self, job: Job) -> str:
        """Return a digest that is the same for jobs that differ only in their run."""
        if job.key not in self._likeness:
            given = {role: (self.like(self.plan.jobs[v.key]), v.part) for role, v in sorted(job.inputs.items())}
            text = json.dumps([job.verb, job.recipe.fingerprint(), given])
            self._likeness[job.key] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._likeness[job.key]

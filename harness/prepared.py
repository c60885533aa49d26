"""The options of an invocation, and a planned pack: what ``plan`` shows and ``verify`` does."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from harness.errors import UsageError, plural
from harness.kinds.contract import is_whole
from harness.kinds.data_files import DataFolders
from harness.kinds.digest import source_digest
from harness.naming import some
from harness.paths import expanded, is_file
from harness.plan import Plan
from harness.record.invocation import BUDGET, Invocation
from harness.record.measurement import PILOT_RUNS
from harness.run.environment import Device, Environment
from harness.spec.paper import LEAST_PILOT, Spec
from harness.spec.variants import VariantSet
from harness.store import DATA, Damaged, Store
from harness.variants import PlannedVariant


@dataclass(frozen=True)
class Options:
    """The options of an invocation.

    Attributes:
        patterns: claims selected, as parts or globs of ``pack/claim-id``; empty means all.
        budget: name of the budget.
        runs: number of runs; None means the budget's.
        data_dir: folder searched first for data sets.
        device: device to compute on.
        out: folder of the reports.
        store: folder of the results.
        time_limit: seconds after which no further job is started, over all packs; None for no limit.
        readings: readings to run as variants besides the chosen ones, ``all`` or ``NAME=VALUE,…``; None for none.
        jobs: worker processes that share the work; 0 chooses their number. Results depend on it only in the last bits,
            because a worker has fewer processors.
        cluster: address of the Ray cluster that does the jobs, or ``auto`` for the cluster of this machine; None for
            none.
        pilot: whether pilot runs are made, which are never judged; ``runs`` is then their number.
    """

    patterns: tuple[str, ...] = ()
    budget: str = BUDGET
    runs: int | None = None
    data_dir: Path | None = None
    device: Device = "auto"
    out: Path = Path("reports")
    store: Path = Path(".harness")
    time_limit: float | None = None
    readings: str | None = None
    jobs: int = 1
    cluster: str | None = None
    pilot: bool = False

    @property
    def alone(self) -> bool:
        """Whether this process does the jobs itself."""
        return self.jobs == 1 and self.cluster is None

    def __post_init__(self) -> None:
        if not is_whole(self.jobs) or self.jobs < 0:
            raise UsageError(
                f"jobs: expected a number of processes, or 0 to choose it automatically, found {self.jobs!r:.80}"
            )
        if self.cluster is not None and self.jobs != 1:
            raise UsageError("--cluster --jobs: the cluster decides how many jobs run at once; leave out --jobs")
        if self.device not in get_args(Device):
            raise UsageError(f"device: expected one of {', '.join(get_args(Device))}, found {self.device!r:.80}")
        if self.runs is not None and (not is_whole(self.runs) or self.runs < 1):
            raise UsageError(f"runs: expected a whole number of at least 1, or None, found {self.runs!r:.80}")
        self._refuse_pilot()
        if not isinstance(self.budget, str):
            raise UsageError(f"budget: expected a budget's name, found {self.budget!r:.80}")
        if self.time_limit is not None and not isinstance(self.time_limit, int | float):
            raise UsageError(f"time_limit: expected seconds, or None, found {self.time_limit!r:.80}")
        for name in ("data_dir", "out", "store"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, expanded(getattr(self, name)))

    def _refuse_pilot(self) -> None:
        """Refuse too few pilot runs for a spread, or pilot runs with other readings."""
        if self.pilot and self.runs is not None and self.runs < LEAST_PILOT:
            raise UsageError(
                f"--runs {self.runs}: the spread needs at least {LEAST_PILOT} pilot runs (default {PILOT_RUNS})"
            )
        if self.pilot and self.readings:
            raise UsageError("--pilot --readings: pilot runs use only the chosen readings; leave out one of the two")

    @property
    def folders(self) -> DataFolders:
        """Folders to search for data, in order; the last is the store's folder for downloaded data.

        Raises:
            UsageError: if one of them is a file, or begins with ``~`` and there is no home folder.
        """
        named = {"--data-dir": self.data_dir, "HARNESS_DATA_DIR": os.environ.get("HARNESS_DATA_DIR") or None}
        folders = {setting: expanded(place) for setting, place in named.items() if place is not None}
        for setting, folder in folders.items():
            if is_file(folder):
                raise UsageError(f"{setting} {folder}: is a file; name its folder, {folder.parent}")
        return DataFolders(folders.values(), self.store / DATA)


@dataclass(frozen=True)
class Prepared:
    """One planned pack: what ``plan`` shows and ``verify`` does.

    Attributes:
        spec: the pack under its chosen readings.
        plan: of the claims selected.
        store: where results are kept.
        environment: backend, device and software with which they are computed.
        variants: the variants that were requested.
        planned_variants: the variants that change a claim, with their plans.
        invocation: the pack and the options as the user gave them.
        pilot: the plan of the pilot runs of the claims with a spread, if pilot runs are made; else None.
    """

    spec: Spec
    plan: Plan
    store: Store
    environment: Environment
    variants: VariantSet
    planned_variants: tuple[PlannedVariant, ...]
    invocation: Invocation
    pilot: Plan | None = None

    @property
    def whole(self) -> Plan:
        """The plan of all jobs: of the pilot runs, or of the chosen readings and then the variants."""
        if self.pilot is not None:
            return self.pilot
        return self.plan.followed_by({each.variant.label: each.plan for each in self.planned_variants})

    @property
    def outdated(self) -> str:
        """Return a sentence on the claims whose pilot is out of date; empty if there are none, and for a rehearsal."""
        paper, stale = self.spec.paper, set(self.plan.outdated(self.spec.paper.pilot))
        if not stale or not paper.comparable:
            return ""
        count = plural(len(stale), "claim")
        return f"The pilot of {count} is out of date and ignored: {some(stale)}; `{self.command('--pilot')}` renews it."

    @property
    def other_source(self) -> tuple[str, ...]:
        """Return a sentence for each kind with stored results of other source code but the same edition.

        Kinds of other packages are not included, because their keys contain a digest of their source.
        """
        changed = set()
        for job in self.whole.jobs.values():
            try:
                entry = self.store.load(job.verb, job.key, arrays=False)
            except Damaged:
                continue
            if entry is not None and entry.facts.get("source") != source_digest(type(job.recipe)):
                changed.add(f"{job.verb} {job.recipe.kind}")
        return tuple(
            f"stored results of {kind} were computed by other source code with the same edition; if its behaviour "
            "changed, increase its edition, and they are computed again"
            for kind in sorted(changed)
        )

    def command(self, option: str) -> str:
        """Return the command that verifies the pack under this budget with one more option."""
        budget = () if self.spec.paper.budget == BUDGET else ("--budget", self.spec.paper.budget)
        return self.invocation.command("verify", *budget, option)

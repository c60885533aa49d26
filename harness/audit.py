"""The story of the program: packs in, jobs done, claims judged, reports written."""

from __future__ import annotations

import fnmatch
import os
import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import harness
from harness.earlier import still_true
from harness.errors import ReportError, UsageError
from harness.exploration import Branch, explore
from harness.judge import judge
from harness.judge.record import FILE, FOLDER, Explored, Record, merge, read, write
from harness.judge.verdict import Verdict
from harness.plan import Plan, make_plan
from harness.report import Rendered, render, reserved
from harness.run.deadline import Deadline
from harness.run.executor import Executor
from harness.run.interrupts import Interrupts
from harness.run.measurements import Gatherer
from harness.run.progress import Display, Quiet
from harness.run.surroundings import Device, Surroundings, look_around
from harness.spec.claim import Claim
from harness.spec.load import find_packs, load_all
from harness.spec.paper import Spec
from harness.spec.registry import discover
from harness.spec.sweep import Sweep, asked, sweep
from harness.store import Store

REFRESH_SECONDS = 30.0
"""Least time between two interim reports."""
NAMED = 3
"""How many claims a sentence lists."""


@dataclass(frozen=True)
class Options:
    """How packs are to be verified.

    Attributes:
        patterns: claims wanted, as parts or globs of ``pack/claim-id``; empty means all.
        budget: name of the budget.
        runs: number of runs; None takes the budget's.
        data_dir: where data sets are looked for first.
        device: what to compute on.
        out: folder the reports go to.
        store: folder results are kept in.
        time_limit: seconds after which no further job is begun, over all packs; None for no limit.
        readings: other readings of the papers to measure beside the chosen ones, ``all`` or ``NAME=VALUE,…``; None for
            none.
    """

    patterns: tuple[str, ...] = ()
    budget: str = "audit"
    runs: int | None = None
    data_dir: Path | None = None
    device: Device = "auto"
    out: Path = Path("reports")
    store: Path = Path(".harness")
    time_limit: float | None = None
    readings: str | None = None

    @property
    def places(self) -> tuple[Path, ...]:
        """Folders to look for data in, in order."""
        named = [self.data_dir, os.environ.get("HARNESS_DATA_DIR") or None]
        return tuple(Path(place) for place in named if place is not None)


@dataclass(frozen=True)
class Audited:
    """What came of one pack.

    Attributes:
        name: the pack's name.
        verdicts: one for every claim of the pack, selected or not.
        folder: where the report is.
        rendered: which files were written, and what could not be.
        interrupted: whether the user stopped it before the end.
        demonstration: why the pack is no replication; empty for one.
    """

    name: str
    verdicts: tuple[Verdict, ...]
    folder: Path
    rendered: Rendered
    interrupted: bool = False
    demonstration: str = ""


@dataclass(frozen=True)
class Prepared:
    """One pack, planned: what ``plan`` shows and ``verify`` does.

    Attributes:
        spec: the pack under its chosen readings.
        plan: of the claims selected.
        store: where results are kept.
        surroundings: where they are made.
        sweep: which other readings were asked for.
        branches: what those need beyond the plan.
    """

    spec: Spec
    plan: Plan
    store: Store
    surroundings: Surroundings
    sweep: Sweep
    branches: tuple[Branch, ...]

    @property
    def whole(self) -> Plan:
        """Everything to be done: the chosen readings first, then the others."""
        return self.plan.followed_by({branch.point.label: branch.plan for branch in self.branches})

    @property
    def outdated(self) -> str:
        """Say which claims had a pilot of something else than is measured now; nothing of a rehearsal, nor of none."""
        paper, stale = self.spec.paper, set(self.plan.outdated(self.spec.paper.pilot))
        if not stale or not paper.comparable:
            return ""
        count = f"{len(stale)} claim{'' if len(stale) == 1 else 's'}"
        return (
            f"The pilot of {count} is out of date and left out of account: {named(stale)}; "
            f"{self.command('--pilot')} renews it."
        )

    def command(self, option: str) -> str:
        """Return the words that verify the pack under this budget with one more option."""
        budget = "" if self.spec.paper.budget == Options.budget else f"--budget {self.spec.paper.budget} "
        return f"`harness verify {self.spec.folder} {budget}{option}`"


def verify(
    paths: Sequence[str | Path] = ("specs",), options: Options | None = None, display: Display | None = None
) -> list[Audited]:
    """Verify packs: train, attack and measure what is missing, judge every claim, write the reports.

    Args:
        paths: packs, folders of packs, or files of packs.
        options: how; defaults are those of the command line.
        display: who is told of progress; nobody by default.

    Returns:
        One result for each pack, quickstart first.

    Raises:
        SpecError: with every mistake of every pack; nothing is run then.
        UsageError: for a pattern that matches no claim, an unknown budget, a path that is no pack.
        RecordError: where an earlier record is damaged; it is not overwritten, and nothing is run.
        StoreError: where the store cannot be read or written, or another process works in it.
        ReportError: where a report cannot be written, or another process writes it; nothing is run then, unless the
            disk fills up later: what was measured by then is in the store.
    """
    options, display = options or Options(), display or Quiet()
    deadline = Deadline.after(options.time_limit)
    audited = []
    with Interrupts() as interrupts, ExitStack() as held:
        packs = prepare(paths, options)
        works = [
            Executor(
                prepared.whole, prepared.store, prepared.surroundings, options.places, display, deadline, interrupts
            )
            for prepared in packs
        ]
        if not all(executor.all_stored for executor in works):
            held.enter_context(works[0].store.lock())
        folders = [options.out / prepared.spec.paper.name for prepared in packs]
        for folder in folders:
            held.enter_context(reserved(folder))
        earlier = [_still_true(prepared.spec, folder, display) for prepared, folder in zip(packs, folders, strict=True)]
        for prepared, executor, folder, old in zip(packs, works, folders, earlier, strict=True):
            audited.append(_audit(prepared, executor, folder, old))
            if audited[-1].interrupted:
                break
    return audited


def prepare(paths: Sequence[str | Path], options: Options) -> list[Prepared]:
    """Load, select and plan; runs nothing and needs no backend unless a GPU is to be looked for."""
    discover()
    specs = load_all(find_packs([Path(path) for path in paths]), budget=options.budget)
    chosen = select(specs, options.patterns)
    surroundings = look_around(options.device)
    wanted = asked(options.readings, [spec.paper.assumptions for spec in specs]) if options.readings else {}
    return [_prepare(spec, claims, options, surroundings, wanted) for spec, claims in chosen if claims]


def _prepare(
    spec: Spec,
    claims: Sequence[Claim],
    options: Options,
    surroundings: Surroundings,
    wanted: Mapping[str, frozenset[str]],
) -> Prepared:
    """Plan one pack, and the other readings of it that are wanted."""
    runs = range(1, (options.runs or spec.paper.runs) + 1)
    plan, points = make_plan(spec, claims, runs), sweep(spec.paper.assumptions, wanted)
    store = Store(options.store, surroundings.stratum)
    return Prepared(spec, plan, store, surroundings, points, explore(spec, claims, runs, plan, points))


def select(specs: Sequence[Spec], patterns: Sequence[str]) -> list[tuple[Spec, list[Claim]]]:
    """Return the claims of each pack that match any pattern (a part, or a glob, of ``pack/claim-id``)."""
    names = {f"{spec.paper.name}/{claim.id}": claim for spec in specs for claim in spec.paper.claims}
    for pattern in patterns:
        if not any(_matches(name, pattern) for name in names):
            near = get_close_matches(pattern, [*names, *(name.partition("/")[2] for name in names)], 1, 0.4)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"-k {pattern}: no claim of {len(names)} matches{hint} (`harness plan` lists them)")
    return [
        (
            spec,
            [
                c
                for c in spec.paper.claims
                if not patterns or any(_matches(f"{spec.paper.name}/{c.id}", p) for p in patterns)
            ],
        )
        for spec in specs
    ]


def _matches(name: str, pattern: str) -> bool:
    return pattern in name or fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name.partition("/")[2], pattern)


def _audit(prepared: Prepared, executor: Executor, folder: Path, old: Record | None) -> Audited:
    """Do one pack's jobs, and leave a true record and report even if the user stops in the middle."""
    display, interrupts = executor.display, executor.interrupts
    if prepared.outdated:
        display.say(prepared.outdated)
    last = time.monotonic()

    def refresh() -> None:
        nonlocal last
        if time.monotonic() - last >= REFRESH_SECONDS:
            try:
                conclude(prepared, executor, old, folder, pdf=False)
            except ReportError as error:
                display.say(f"no interim report: {error}; the work goes on")
            last = time.monotonic()

    executor.after_measure = refresh
    interrupted = False
    with executor:
        if not executor.all_stored:
            try:
                executor.run()
            except KeyboardInterrupt:
                interrupted = True
                display.say("Stopped; writing what is there. Once more, and it ends at once.")
        with interrupts.concluding():
            verdicts, rendered = conclude(prepared, executor, old, folder, pdf=True)
    if old is not None and not prepared.spec.paper.comparable:
        _say_what_was_kept(prepared, old, display)
    paper = prepared.spec.paper
    stopped = interrupted or interrupts.told > 0
    return Audited(paper.name, verdicts, folder, rendered, stopped, paper.bibliography.demonstration)


def _still_true(spec: Spec, folder: Path, display: Display) -> Record | None:
    """Return the earlier record as far as it is still true; say which claims are not."""
    if not (folder / FOLDER / FILE).exists():
        return None
    old = read(folder / FOLDER / FILE)
    kept = still_true(old, spec)
    stale = old.measurements.keys() - kept.measurements.keys()
    if stale:
        display.say(f"{len(stale)} of {len(old.measurements)} claims no longer measure what they did: {named(stale)}.")
    return kept


def _say_what_was_kept(prepared: Prepared, old: Record, display: Display) -> None:
    """Say that a rehearsal does not show where an audit has been."""
    kept = [claim for claim in prepared.plan.wants if claim in old.measurements and old.measurements[claim].comparable]
    kept = [claim for claim in kept if old.measurements[claim].runs]
    if kept:
        display.say(f"{len(kept)} claims keep their stronger measurement; a rehearsal never replaces an audit's.")


def named(claims: AbstractSet[str]) -> str:
    """List a few claims."""
    first = sorted(claims)[:NAMED]
    return ", ".join(first) + (f" and {len(claims) - NAMED} more" if len(claims) > NAMED else "")


def conclude(
    prepared: Prepared, executor: Executor, old: Record | None, folder: Path, *, pdf: bool
) -> tuple[tuple[Verdict, ...], Rendered]:
    """Gather what is in the store into the record, judge it, and show it."""
    record = gather(prepared, executor)
    if old is not None:
        record = merge(old, record)
    write(record, folder / "record")
    verdicts = judge(record)
    return verdicts, render(record, verdicts, folder, folder / FOLDER / FILE, pdf=pdf)


def gather(prepared: Prepared, executor: Executor) -> Record:
    """Return the record of the claims in the plan as far as they are measured."""
    spec = prepared.spec
    gatherer = Gatherer(prepared.plan, spec.paper, prepared.store, executor.stored)
    measurements = {claim: gatherer.measurement(claim) for claim in prepared.plan.wants}
    pictures = {claim: gatherer.picture(claim) for claim in prepared.plan.shows}
    explored = {}
    for branch in prepared.branches:
        other = replace(gatherer, plan=branch.plan, paper=branch.spec.paper)  # jobs and provenance are shared
        found = {claim: other.measurement(claim) for claim in branch.plan.wants}
        explored[branch.point.label] = Explored(readings=dict(branch.point.readings), measurements=found)
    digests = {job["name"]: job["digest"] for job in gatherer.jobs.values() if "digest" in job}
    return Record(
        harness=harness.__version__,
        paper=spec.paper,
        recipes=spec.recipes(),
        measurements=measurements,
        explored=explored,
        provenance=dict(sorted(gatherer.provenance.items())),
        jobs=dict(sorted(gatherer.jobs.items())),
        digests=dict(sorted(digests.items())),
        pictures={claim: drawn for claim, drawn in pictures.items() if drawn is not None},
    )

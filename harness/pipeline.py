"""The story of the program: packs in, jobs done, claims judged, reports written."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import harness
from harness.errors import ReportError, UsageError, plural
from harness.judge import judge
from harness.judge.verdict import Verdict
from harness.kinds.fetching import Places
from harness.kinds.registry import discover
from harness.kinds.source import source_digest
from harness.paths import expanded, is_file
from harness.plan import Plan, make_plan
from harness.record.declarations import first_seen
from harness.record.file import FILE, FOLDER, read, write
from harness.record.gathering import Gatherer
from harness.record.invocation import BUDGET, Invocation
from harness.record.merging import merge
from harness.record.model import Explored, Missing, Record
from harness.record.outdated import Earlier, refuse_contradicted, still_true
from harness.record.payloads import mistake
from harness.record.unverified import marked
from harness.report import Rendered, render, reserved
from harness.run.deadline import Deadline
from harness.run.display import Display, Quiet
from harness.run.environment import Device, Surroundings, look_around
from harness.run.executor import Executor
from harness.run.interrupts import Interrupts
from harness.shell import command
from harness.spec.claim import Claim
from harness.spec.paper import Paper, Spec
from harness.spec.reading.folder import Note, find_packs, unsaid
from harness.spec.reading.load import load_all
from harness.spec.selection import inexpressible, matching
from harness.spec.variants import Sweep, asked, sweep
from harness.store import DATA, Damaged, Store
from harness.variants import Branch, explore

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
    budget: str = BUDGET
    runs: int | None = None
    data_dir: Path | None = None
    device: Device = "auto"
    out: Path = Path("reports")
    store: Path = Path(".harness")
    time_limit: float | None = None
    readings: str | None = None

    def __post_init__(self) -> None:
        for name in ("data_dir", "out", "store"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, expanded(getattr(self, name)))

    @property
    def places(self) -> Places:
        """Folders to look for data in, in order, and the store's for what was fetched.

        Raises:
            UsageError: if one of them is a file, or begins with ``~`` where there is no home folder.
        """
        named = {"--data-dir": self.data_dir, "HARNESS_DATA_DIR": os.environ.get("HARNESS_DATA_DIR") or None}
        folders = {setting: expanded(place) for setting, place in named.items() if place is not None}
        for setting, folder in folders.items():
            if is_file(folder):
                raise UsageError(f"{setting} {folder}: is a file; name its folder, {folder.parent}")
        return Places(folders.values(), self.store / DATA)


@dataclass(frozen=True)
class Audited:
    """What came of one pack.

    Attributes:
        name: the pack's name.
        paper: what the pack says of the paper, as the record keeps it.
        verdicts: one for every claim of the pack, selected or not.
        folder: where the report is.
        rendered: which files were written, and what could not be.
        interrupted: whether the user stopped it before the end.
    """

    name: str
    paper: Paper
    verdicts: tuple[Verdict, ...]
    folder: Path
    rendered: Rendered
    interrupted: bool = False


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
        called: the pack and the options as the user gave them.
    """

    spec: Spec
    plan: Plan
    store: Store
    surroundings: Surroundings
    sweep: Sweep
    branches: tuple[Branch, ...]
    called: Invocation

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
        count = plural(len(stale), "claim")
        return (
            f"The pilot of {count} is out of date and left out of account: {named(stale)}; "
            f"`{self.command('--pilot')}` renews it."
        )

    @property
    def other_source(self) -> tuple[str, ...]:
        """Say of which kinds stored results were computed by source that has changed since; their keys do not tell.

        The keys of other packages' kinds do.
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
            f"stored results of {kind} were computed by other source under the same edition; if its meaning changed, "
            "bump its edition and they are computed anew"
            for kind in sorted(changed)
        )

    def command(self, option: str) -> str:
        """Return the command that verifies the pack under this budget with one more option."""
        budget = () if self.spec.paper.budget == BUDGET else ("--budget", self.spec.paper.budget)
        return self.called.command("verify", *budget, option)


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
    deadline, began = Deadline.after(options.time_limit), datetime.now(UTC)
    audited = []
    with Interrupts() as interrupts, ExitStack() as held:
        packs = prepare(paths, options, display.say)
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
        known = [_earlier(prepared, folder, began, display) for prepared, folder in zip(packs, folders, strict=True)]
        for prepared, executor, folder, earlier in zip(packs, works, folders, known, strict=True):
            audited.append(_audit(prepared, executor, folder, earlier))
            if audited[-1].interrupted:
                break
    return audited


def prepare(paths: Sequence[str | Path], options: Options, note: Note = unsaid) -> list[Prepared]:
    """Load, select and plan; runs nothing and needs no backend unless a GPU is to be looked for.

    Args:
        paths: packs, folders of packs, or files of packs.
        options: how.
        note: is given a sentence for each neighbour of packs that is left out.
    """
    discover()
    specs = load_all(find_packs([expanded(path) for path in paths], note), budget=options.budget)
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
    store = Store(options.store, surroundings.stratum, mistake)
    branches = explore(spec, claims, runs, plan, points)
    return Prepared(spec, plan, store, surroundings, points, branches, _called(spec.folder, options))


def _called(pack: Path, options: Options) -> Invocation:
    """Return the pack and those options that are not at their defaults."""
    given = {name: getattr(options, name) for name in Invocation.model_fields if name != "pack"}
    words = {"pack": pack} | {name: value for name, value in given.items() if value != getattr(Options, name)}
    # A file name need not be text; a record is.
    return Invocation(**{name: str(word).encode(errors="replace").decode() for name, word in words.items()})


def select(specs: Sequence[Spec], patterns: Sequence[str]) -> list[tuple[Spec, list[Claim]]]:
    """Return the claims of each pack that any pattern means (an id, a part, or a glob, of ``pack/claim-id``)."""
    names = [f"{spec.paper.name}/{claim.id}" for spec in specs for claim in spec.paper.claims]
    without = inexpressible(spec.paper for spec in specs)
    wanted = set() if patterns else set(names)
    for pattern in patterns:
        try:
            wanted |= set(matching(pattern, names, without))
        except UsageError as error:
            plan = command("plan", *(spec.folder for spec in specs))
            raise UsageError(f"-k {error} (`{plan}` lists them)") from error
    return [(spec, [c for c in spec.paper.claims if f"{spec.paper.name}/{c.id}" in wanted]) for spec in specs]


def _audit(prepared: Prepared, executor: Executor, folder: Path, earlier: Earlier) -> Audited:
    """Do one pack's jobs, and leave a true record and report even if the user stops in the middle."""
    display, interrupts = executor.display, executor.interrupts
    for sentence in (prepared.outdated, *prepared.other_source):
        if sentence:
            display.say(sentence)
    last = time.monotonic()

    def refresh() -> None:
        nonlocal last
        if time.monotonic() - last >= REFRESH_SECONDS:
            try:
                conclude(prepared, executor, earlier, folder, pdf=False)
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
            verdicts, rendered = conclude(prepared, executor, earlier, folder, pdf=True)
    if earlier.record is not None and not prepared.spec.paper.comparable:
        _say_what_was_kept(prepared, earlier.record, display)
    _say_what_readings_lack(prepared, executor)
    paper = prepared.spec.paper
    stopped = interrupted or interrupts.told > 0
    return Audited(paper.name, paper, verdicts, folder, rendered, stopped)


def _earlier(prepared: Prepared, folder: Path, began: datetime, display: Display) -> Earlier:
    """Return the earlier record as far as it is still true, and what is declared now; say which claims are not true."""
    file, claims = folder / FOLDER / FILE, prepared.spec.paper.claims
    if not os.path.lexists(file):
        return Earlier(None, first_seen(claims, None, began))
    old = read(file)
    refuse_contradicted(old, prepared.store, file)
    if not old.verified:
        display.say(f"{file} has no checksum: what is kept of it is marked as unverified.")
        old = marked(old, began.date().isoformat())
    kept, declared = still_true(old, prepared.spec), first_seen(claims, old, began)
    stale = old.measurements.keys() - kept.measurements.keys()
    if stale:
        display.say(f"{len(stale)} of {len(old.measurements)} claims no longer measure what they did: {named(stale)}.")
    return Earlier(kept, declared)


def _say_what_was_kept(prepared: Prepared, old: Record, display: Display) -> None:
    """Say that a rehearsal does not show where an audit has been."""
    kept = [claim for claim in prepared.plan.wants if claim in old.measurements and old.measurements[claim].comparable]
    kept = [claim for claim in kept if old.measurements[claim].runs]
    if kept:
        display.say(f"{len(kept)} claims keep their stronger measurement; a rehearsal never replaces an audit's.")


def _say_what_readings_lack(prepared: Prepared, executor: Executor) -> None:
    """Say how many claims could not be measured under other readings that were asked for, and why."""
    lacking: dict[str, list[str]] = {}
    asked_for = 0
    for branch in prepared.branches:
        for claim in branch.plan.wants:
            asked_for += 1
            found = (executor.stored(key) for key in branch.plan.keys(claim))
            missing = next((value for value in found if isinstance(value, Missing)), None)
            if missing is not None:
                lacking.setdefault(missing.reason, []).append(missing.sentence)
    for reason, sentences in lacking.items():
        executor.display.say(
            f"Other readings: {len(sentences)} of {asked_for} measurements are missing ({reason}). {sentences[0]}"
        )


def named(claims: AbstractSet[str]) -> str:
    """List a few claims."""
    first = sorted(claims)[:NAMED]
    return ", ".join(first) + (f" and {len(claims) - NAMED} more" if len(claims) > NAMED else "")


def conclude(
    prepared: Prepared, executor: Executor, earlier: Earlier, folder: Path, *, pdf: bool
) -> tuple[tuple[Verdict, ...], Rendered]:
    """Gather what is in the store into the record, judge it, and show it."""
    record = gather(prepared, executor).model_copy(update={"declared": dict(earlier.declared)})
    if earlier.record is not None:
        record = merge(earlier.record, record)
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
        called=prepared.called,
        recipes=spec.recipes(),
        measurements=measurements,
        explored=explored,
        provenance=dict(sorted(gatherer.provenance.items())),
        jobs=dict(sorted(gatherer.jobs.items())),
        digests=dict(sorted(digests.items())),
        pictures={claim: drawn for claim, drawn in pictures.items() if drawn is not None},
    )

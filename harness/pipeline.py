"""The pipeline: reads and plans packs, executes jobs, judges claims, writes reports."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import harness
from harness.errors import ReportError, UsageError
from harness.judge import doubts, judge
from harness.judge.verdict import Verdict
from harness.kinds.registry import discover
from harness.naming import some
from harness.paths import listed_paths
from harness.plan import Plan
from harness.planner import inputs_digests, make_plan
from harness.prepared import Options, Prepared
from harness.record.beforehand import dated
from harness.record.file import FILE, FOLDER, read, write
from harness.record.gathering import Gatherer
from harness.record.invocation import Invocation
from harness.record.measurement import FIRST_PILOT, PILOT_RUNS, Missing
from harness.record.merging import merge
from harness.record.model import MeasuredVariant, Record
from harness.record.outdated import EarlierRecord, compare_with_store, drop_outdated
from harness.record.payloads import mistake
from harness.record.pilots import pilot_runs
from harness.record.protocol import promised, witnessed
from harness.record.unverified import mark_unverified
from harness.report import Rendered, locked, render
from harness.run.compile_cache import kept_compiled
from harness.run.crew import Crew, chosen_count
from harness.run.deadline import Deadline
from harness.run.display import Display, Quiet
from harness.run.environment import Environment, find_environment
from harness.run.executor import Executor
from harness.run.interrupts import Interrupts
from harness.run.ray_cluster import RayCluster, absolute
from harness.run.worker import SharedExecutor
from harness.sharing.leases import Leases
from harness.shell import command
from harness.spec.claim import Claim
from harness.spec.doubts import Doubt
from harness.spec.paper import Paper, Spec
from harness.spec.reading.folder import Note, find_packs, unsaid
from harness.spec.reading.load import load, load_all
from harness.spec.selection import inexpressible, matching, set_aside
from harness.spec.variants import ReadPack, choose_variants, requested_readings
from harness.store import Store, refuse_other_format
from harness.variants import plan_variants

REFRESH_SECONDS = 30.0
"""Smallest number of seconds between two interim reports."""


@dataclass(frozen=True)
class Verified:
    """The result of verifying one pack.

    Attributes:
        name: the pack's name.
        paper: the paper's part of the pack, as in the record.
        verdicts: one for every claim of the pack, selected or not.
        folder: the report's.
        rendered: which files were written, and which failed.
        doubts: warnings about the whole record or pack.
        interrupted: whether the user stopped it before the end.
    """

    name: str
    paper: Paper
    verdicts: tuple[Verdict, ...]
    folder: Path
    rendered: Rendered
    doubts: tuple[Doubt, ...] = ()
    interrupted: bool = False


def verify(
    paths: Sequence[str | Path] = ("specs",), options: Options | None = None, display: Display | None = None
) -> list[Verified]:
    """Verify packs: train, attack and measure what is missing, judge every claim, write the reports.

    Args:
        paths: packs, folders of packs, or files of packs.
        options: defaults are those of the command line.
        display: shows progress; nothing by default.

    Returns:
        One result for each pack, quickstart first.

    Raises:
        SpecError: with every mistake of every pack; then nothing is run.
        UsageError: for a pattern that matches no claim, an unknown budget, a path that is not a pack, more runs than
            the last look.
        RecordError: if an earlier record is damaged; it is not overwritten, and nothing is run.
        StoreError: if the store cannot be read or written, or another process has its lock.
        ReportError: if a report cannot be written, or another process is writing it. Then nothing is run, except if the
            disk becomes full later: earlier results are in the store.
    """
    options, verified = options or Options(), []
    if options.pilot:
        raise UsageError("pilot: expected False, as pilot runs are never judged; harness.pilot.pilot makes them")
    with Session(options, display or Quiet()) as session:
        packs = session.prepare(paths)
        works = [session.executor(prepared, prepared.whole) for prepared in packs]
        if session.options.alone:
            session.lock(works)
        folders = [session.options.out / prepared.spec.paper.name for prepared in packs]
        for folder in folders:
            session.enter_context(locked(folder))
        known = [_earlier(prepared, folder, session) for prepared, folder in zip(packs, folders, strict=True)]
        for prepared, executor, folder, earlier in zip(packs, works, folders, known, strict=True):
            verified.append(_verify(session, prepared, executor, folder, earlier))
            if verified[-1].interrupted:
                break
    return verified


class Session:
    """One invocation: prepares packs, locks the store, executes jobs, gathers results, and handles Ctrl-C.

    ``verify``, ``pilot`` and ``selftest`` are built on it.

    Attributes:
        options: of the invocation.
        display: shows progress.
        deadline: refuses jobs that would exceed the time limit, over all packs.
        interrupts: handles Ctrl-C when no file is partly written.
        began: start of the invocation, in UTC.
    """

    def __init__(self, options: Options, display: Display) -> None:
        self.options, self.display = options, display
        self.deadline, self.began = Deadline.after(options.time_limit), datetime.now(UTC)
        self.interrupts = Interrupts()
        self._contexts = ExitStack()
        self._locked = False
        self._leases: Leases | None = None

    def __enter__(self) -> Self:
        self._contexts.enter_context(self.interrupts)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._contexts.__exit__(kind, error, tb)

    def prepare(self, paths: Sequence[str | Path]) -> list[Prepared]:
        """Load, select and plan packs; see ``prepare``."""
        return prepare(paths, self.options, self.display.say)

    def executor(self, prepared: Prepared, plan: Plan) -> Executor:
        """Return the executor of a plan of a pack; enter it before use."""
        return Executor(**self._given(prepared, plan))

    def shared_executor(self, prepared: Prepared, leases: Leases, most_deaths: int | None = None) -> SharedExecutor:
        """Return the executor of a pack's plan that is shared with other processes; enter it before use.

        Args:
            prepared: the pack.
            leases: the leases that share the jobs.
            most_deaths: number of workers that died at a job after which it is skipped; None for no limit.
        """
        return SharedExecutor(**self._given(prepared, prepared.whole), leases=leases, most_deaths=most_deaths)

    def _given(self, prepared: Prepared, plan: Plan) -> dict[str, Any]:
        """Return the arguments that every executor gets."""
        return {
            "plan": plan,
            "store": prepared.store,
            "environment": prepared.environment,
            "folders": self.options.folders,
            "display": self.display,
            "deadline": self.deadline,
            "interrupts": self.interrupts,
        }

    def enter_context(self, context: AbstractContextManager[object]) -> None:
        """Enter a context that ends with the session."""
        self._contexts.enter_context(context)

    def lock(self, executors: Sequence[Executor]) -> None:
        """Lock the store until the session ends, and keep compiled programs in it, unless everything is stored already.

        Raises:
            StoreError: if another process has the lock.
        """
        if not self._locked and not all(executor.all_stored for executor in executors):
            store, environment = executors[0].store, executors[0].environment
            self.enter_context(store.lock())
            self.enter_context(kept_compiled(store.root, environment.backend, environment.device))
            self._locked = True

    def share(self, prepared: Prepared, joining: Callable[[], None] = lambda: None) -> Leases:
        """Join the workers on the store until the session ends, and keep compiled programs in it.

        Args:
            prepared: a pack whose results are kept there.
            joining: is called before this process joins, while no other process joins.

        Raises:
            StoreError: if a process has the store's lock.
        """
        stack = self._contexts
        leases, alone = stack.enter_context(prepared.store.shared(joining))
        environment = prepared.environment
        stack.enter_context(kept_compiled(prepared.store.root, environment.backend, environment.device, alone=alone))
        return leases

    def execute(self, executor: Executor, stopped: str, prepared: Prepared | None = None) -> bool:
        """Do the missing jobs; return whether the user stopped it, after the message ``stopped``.

        Args:
            executor: of the jobs.
            stopped: a message.
            prepared: the pack, if several processes may do its jobs.
        """
        if executor.all_stored:
            return False
        try:
            if prepared is not None and not self.options.alone:
                self._employ(executor, prepared)
            else:
                executor.run()
        except KeyboardInterrupt:
            self.display.say(stopped)
            return True
        return False

    def _employ(self, executor: Executor, prepared: Prepared) -> None:
        """Let other processes do the missing jobs: those of a cluster, or workers on this machine."""
        if self._leases is None:  # while this process is a worker, no other worker is the only one and removes leases
            self._leases = self.share(prepared)
        left = executor.costs.left(prepared.whole.all_keys)
        self.display.total(left)
        helpers = self._cluster(executor, prepared) if self.options.cluster else self._crew(executor, prepared, left)
        try:
            helpers.run(executor.after_measure)
        finally:
            executor.note_failures(helpers.failures)

    def _cluster(self, executor: Executor, prepared: Prepared) -> RayCluster:
        chosen = _patterns(prepared) if self.options.patterns else ()
        options = replace(self.options, patterns=chosen, cluster=None, time_limit=None)
        options, pack = absolute(options, prepared.environment), prepared.spec.folder.absolute()
        return RayCluster(self.options.cluster or "auto", pack, options, executor)

    def _crew(self, executor: Executor, prepared: Prepared, left: float) -> Crew:
        count, device = self.options.jobs, prepared.environment.device
        if count == 0:
            count, why = chosen_count(device, left)
            self.display.say(f"--jobs {count}: {why}")
        words = work_words(prepared, self.options, self.deadline)
        return Crew(words, count, device, prepared.whole, prepared.store, self.display)

    def gather(self, prepared: Prepared, executor: Executor) -> Record:
        """Return a record of the claims in the plan, measured or with the reason why not."""
        spec = prepared.spec
        gatherer = Gatherer(prepared.plan, spec.paper, prepared.store, executor.stored)
        measurements = {claim: gatherer.measurement(claim) for claim in prepared.plan.wants}
        pictures = {claim: gatherer.picture(claim) for claim in prepared.plan.shows}
        variants = {}
        for planned in prepared.planned_variants:
            other = replace(gatherer, plan=planned.plan, paper=planned.spec.paper)  # jobs and provenance are shared
            found = {claim: other.measurement(claim) for claim in planned.plan.wants}
            readings = dict(planned.variant.readings)
            variants[planned.variant.label] = MeasuredVariant(readings=readings, measurements=found)
        digests = {job["name"]: job["digest"] for job in gatherer.jobs.values() if "digest" in job}
        return Record(
            harness=harness.__version__,
            paper=spec.paper,
            invocation=prepared.invocation,
            recipes=spec.recipes(),
            measurements=measurements,
            variants=variants,
            provenance=dict(sorted(gatherer.provenance.items())),
            jobs=dict(sorted(gatherer.jobs.items())),
            digests=dict(sorted(digests.items())),
            pictures={claim: drawn for claim, drawn in pictures.items() if drawn is not None},
        )


def _verify(session: Session, prepared: Prepared, executor: Executor, folder: Path, earlier: EarlierRecord) -> Verified:
    """Do one pack's jobs; write record and report even if the user stops it."""
    display = session.display
    for sentence in (prepared.outdated, *prepared.other_source):
        if sentence:
            display.say(sentence)
    last = time.monotonic()

    def refresh() -> None:
        nonlocal last
        if time.monotonic() - last >= REFRESH_SECONDS:
            try:
                conclude(session, prepared, executor, earlier, folder, pdf=False)
            except ReportError as error:
                display.say(f"no interim report: {error}; the work continues")
            last = time.monotonic()

    executor.after_measure = refresh
    with executor:
        interrupted = session.execute(
            executor, "Stopped; writing the results so far. Press Ctrl-C again to end at once.", prepared
        )
        with session.interrupts.concluding():
            record, verdicts, rendered = conclude(session, prepared, executor, earlier, folder, pdf=True)
    if earlier.record is not None and not prepared.spec.paper.comparable:
        _say_what_was_kept(prepared, earlier.record, display)
    _say_what_variants_lack(prepared, executor)
    paper = prepared.spec.paper
    stopped = interrupted or session.interrupts.received > 0
    return Verified(paper.name, paper, verdicts, folder, rendered, doubts(record, verdicts), stopped)


def _earlier(prepared: Prepared, folder: Path, session: Session) -> EarlierRecord:
    """Return the earlier record without outdated measurements, and the current promises; report what is outdated."""
    file, paper, began, display = folder / FOLDER / FILE, prepared.spec.paper, session.began, session.display
    inputs = inputs_digests(prepared.spec)
    pilots, root = pilot_runs(prepared.spec, inputs, prepared.store), prepared.store.root
    if not os.path.lexists(file):
        return EarlierRecord(None, dated(promised(paper, inputs, {}, None, began), root, paper), pilots)
    old = read(file)
    compare_with_store(old, prepared.store, file)
    if not old.verified:
        display.say(f"{file} has no checksum, so the numbers from it are marked as unverified.")
        old = mark_unverified(old, began.date().isoformat())
    kept = drop_outdated(old, prepared.spec, _reader(prepared.spec))
    protocol = dated(promised(paper, inputs, old.measurements, old.protocol, began), root, paper)
    stale = old.measurements.keys() - kept.measurements.keys()
    if stale:
        display.say(
            f"{len(stale)} of {len(old.measurements)} claims no longer measure the same as before: {some(stale)}."
        )
    return EarlierRecord(kept, protocol, pilots)


def _say_what_was_kept(prepared: Prepared, old: Record, display: Display) -> None:
    """Report how many claims keep the measurement of an audit, which a rehearsal never replaces."""
    kept = [claim for claim in prepared.plan.wants if claim in old.measurements and old.measurements[claim].comparable]
    kept = [claim for claim in kept if old.measurements[claim].runs]
    if kept:
        display.say(f"{len(kept)} claims keep their stronger measurement; a rehearsal never replaces an audit's.")


def _say_what_variants_lack(prepared: Prepared, executor: Executor) -> None:
    """Report how many measurements of variants are missing, and why."""
    lacking: dict[str, list[str]] = {}
    total = 0
    for planned in prepared.planned_variants:
        for claim in planned.plan.wants:
            total += 1
            found = (executor.stored(key) for key in planned.plan.keys(claim))
            missing = next((value for value in found if isinstance(value, Missing)), None)
            if missing is not None:
                lacking.setdefault(missing.reason, []).append(missing.sentence)
    for reason, sentences in lacking.items():
        executor.display.say(
            f"Other readings: {len(sentences)} of {total} measurements are missing ({reason}). {sentences[0]}"
        )


def conclude(
    session: Session, prepared: Prepared, executor: Executor, earlier: EarlierRecord, folder: Path, *, pdf: bool
) -> tuple[Record, tuple[Verdict, ...], Rendered]:
    """Gather the results into the record, judge it, and write the report."""
    promises = {"protocol": earlier.protocol, "pilots": dict(earlier.pilots)}
    record = session.gather(prepared, executor).model_copy(update=promises)
    if earlier.record is not None:
        record = merge(earlier.record, record)
    if record.protocol is not None:
        record = record.model_copy(update={"protocol": witnessed(record.protocol, record.measurements)})
    write(record, folder / "record")
    verdicts = judge(record)
    return record, verdicts, render(record, verdicts, folder, folder / FOLDER / FILE, pdf=pdf)


def prepare(paths: Sequence[str | Path], options: Options, note: Note = unsaid) -> list[Prepared]:
    """Load packs, select claims and plan them; runs nothing, and imports the backend only to look for a GPU.

    Args:
        paths: packs, folders of packs, or files of packs.
        options: of the invocation.
        note: receives a sentence for each folder next to packs that is left out.
    """
    discover()
    refuse_other_format(options.store)
    specs = load_all(find_packs(listed_paths(paths), note), budget=options.budget)
    chosen = select(specs, options.patterns)
    environment = find_environment(options.device)
    packs = [spec.paper.assumptions for spec in specs]
    requested = requested_readings(options.readings, packs) if options.readings else {}
    return [_prepare(spec, claims, options, environment, requested) for spec, claims in chosen if claims]


def _prepare(
    spec: Spec,
    claims: Sequence[Claim],
    options: Options,
    environment: Environment,
    requested: Mapping[str, frozenset[str]],
) -> Prepared:
    """Plan one pack, and the variants of it that are requested."""
    judged = None if options.pilot else options.runs
    _refuse_beyond_looks(spec.paper, judged)
    runs = range(1, (judged or spec.paper.runs) + 1)
    plan, variants = make_plan(spec, claims, runs), choose_variants(spec.paper.assumptions, requested)
    store = Store(options.store, environment.platform, mistake)
    planned = plan_variants(spec, claims, runs, plan, variants, _reader(spec))
    pilot = _pilot_plan(spec, claims, plan, options.runs or PILOT_RUNS) if options.pilot else None
    return Prepared(spec, plan, store, environment, variants, planned, _invocation(spec.folder, options), pilot)


def _pilot_plan(spec: Spec, claims: Sequence[Claim], judged: Plan, runs: int) -> Plan:
    """Plan pilot runs of the claims with a spread: not of deterministic ones, nor of those that one exception refutes.

    Raises:
        UsageError: for a budget whose numbers are not compared with the paper's.
    """
    paper = spec.paper
    if not paper.comparable:
        raise UsageError(
            f"--pilot --budget {paper.budget}: numbers of {paper.name} under this budget are not comparable with the "
            "paper's, and neither is their spread; leave out --budget, or name one that is comparable"
        )
    spread = [
        claim
        for claim in claims
        if claim.id not in judged.deterministic and not claim.expected.relates.exception_refutes
    ]
    return make_plan(spec, spread, range(FIRST_PILOT, FIRST_PILOT + runs))


def work_words(prepared: Prepared, options: Options, deadline: Deadline) -> list[str]:
    """Return the command with which another process works on a pack's plan: ``work PACK …``."""
    paper = prepared.spec.paper
    chosen = (
        [word for claim in prepared.plan.wants for word in ("-k", f"{paper.name}/{claim}")] if options.patterns else []
    )
    named = {
        "--budget": options.budget,
        "--runs": options.runs,
        "--readings": options.readings,
        "--data-dir": options.data_dir,
        "--device": prepared.environment.device,
        "--store": options.store,
        "--time-limit": None if deadline.left is None else f"{deadline.left:.1f}s",
    }
    return [
        "work",
        str(prepared.spec.folder),
        *chosen,
        *(f"{name}={given}" for name, given in named.items() if given is not None),
        *(["--pilot"] if options.pilot else []),
    ]


def _patterns(prepared: Prepared) -> tuple[str, ...]:
    """Return patterns that select a pack's claims in a command for only this pack."""
    return tuple(f"{prepared.spec.paper.name}/{claim}" for claim in prepared.plan.wants)


def _refuse_beyond_looks(paper: Paper, runs: int | None) -> None:
    """Refuse runs after the last look before they are made, because a later look would increase the error rate.

    Raises:
        UsageError: with a repair.
    """
    if runs is None or not paper.comparable or runs <= paper.looks[-1]:
        return
    looks = ", ".join(map(str, paper.looks))
    raise UsageError(
        f"--runs {runs}: {paper.name} tests its claims at {looks} runs, and more would never be judged; write "
        f"--runs {paper.looks[-1]}, or, before any run is made, looks: [{looks}, {runs}] in the budget {paper.budget!r}"
    )


def _reader(spec: Spec) -> ReadPack:
    """Return the function that reads a pack again, under another budget or other readings."""

    def read_again(budget: str, readings: Mapping[str, str]) -> Spec:
        return load(spec.folder, budget=budget, readings=readings)

    return read_again


def _invocation(pack: Path, options: Options) -> Invocation:
    """Return the pack and those options that are not at their defaults."""
    given = {name: getattr(options, name) for name in Invocation.model_fields if name != "pack"}
    words = {"pack": pack} | {name: value for name, value in given.items() if value != getattr(Options, name)}
    # A file name need not be valid text, but a record is.
    return Invocation(**{name: str(word).encode(errors="replace").decode() for name, word in words.items()})


def select(specs: Sequence[Spec], patterns: Sequence[str]) -> list[tuple[Spec, list[Claim]]]:
    """Return each pack's claims that match any pattern (an id, a part or a glob of ``pack/claim-id``).

    Without a pattern these are all claims except infeasible ones and those that the pack's budget sets aside.
    """
    names = [f"{spec.paper.name}/{claim.id}" for spec in specs for claim in spec.paper.claims]
    without = inexpressible(spec.paper for spec in specs)
    papers = [] if patterns else [spec.paper for spec in specs]
    wanted = {
        f"{paper.name}/{claim.id}"
        for paper in papers
        for claim in paper.claims
        if claim.infeasible is None and not set_aside(claim.id, paper)
    }
    for pattern in patterns:
        try:
            wanted |= set(matching(pattern, names, without))
        except UsageError as error:
            plan = command("plan", *(spec.folder for spec in specs))
            raise UsageError(f"-k {error} (`{plan}` lists them)") from error
    return [(spec, [c for c in spec.paper.claims if f"{spec.paper.name}/{c.id}" in wanted]) for spec in specs]

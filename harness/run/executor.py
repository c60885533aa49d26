"""Executes a plan: looks up results in the store, does the missing jobs, and continues after failures."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.compiling import STOPWATCH
from harness.durations import duration
from harness.errors import FULL, ContractError, Invalid, NotRun, StoreError
from harness.examples import Examples, Trained, Value, Victim, Watch
from harness.journal import FileJournal, expire
from harness.kinds.data_files import Fetched
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.digest import package_of, source_digest
from harness.kinds.metric import MetricRecipe
from harness.kinds.model import ModelRecipe
from harness.plan import EXAMPLES, Input, Job, Plan, Verb
from harness.record.measurement import Missing
from harness.record.payloads import mistake, pack
from harness.record.upstream import upstream_status
from harness.run.agenda import Agenda
from harness.run.backlog import Backlog
from harness.run.costs import Costs
from harness.run.deadline import Deadline
from harness.run.display import Display, Took
from harness.run.environment import Environment, computing, standardise
from harness.run.failures import failure, is_expected, is_out_of_memory, write_traceback
from harness.run.interrupts import Interrupts
from harness.run.lookup import Lookup
from harness.run.memory import Memory
from harness.run.verbs import PERFORM, SECONDS
from harness.store import Damaged, Store, StoreEntry, unwritable


class Busy(Exception):
    """Another process is doing a job or one of its dependencies."""


class Unmeasured(Exception):
    """A job or one of its dependencies failed; carries the reason."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(missing.sentence)
        self.missing = missing


@dataclass
class Executor:
    """Executes the jobs of one plan, each at most once.

    Attributes:
        plan: the jobs to do.
        store: where results are kept.
        environment: backend, device and software with which the results are computed.
        folders: folders to search for data.
        display: shows progress.
        deadline: refuses jobs that would exceed the time limit; shared by all packs of an invocation.
        interrupts: handles Ctrl-C when no file is partly written; also shared.
        after_measure: called after each value that was measured or failed.
    """

    plan: Plan
    store: Store
    environment: Environment
    folders: tuple[Path, ...]
    display: Display
    deadline: Deadline = field(default_factory=Deadline)
    interrupts: Interrupts = field(default_factory=Interrupts)
    after_measure: Callable[[], None] = lambda: None
    costs: Costs = field(init=False)
    agenda: Agenda = field(init=False)
    backlog: Backlog = field(init=False)
    _failed: dict[str, Missing] = field(default_factory=dict)
    _memory: Memory = field(default_factory=Memory)
    _opened: ExitStack = field(default_factory=ExitStack)
    _computing: bool = False
    _lookup: Lookup = field(init=False)
    _loaded: set[str] = field(default_factory=set)
    _reported: set[str] = field(default_factory=set)
    _broken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.costs = Costs(self.plan, self.store)
        self.agenda = Agenda({}, self.costs)
        self._lookup = Lookup(self.plan, self.store, self.display)
        self.backlog = Backlog(self.plan, self.costs, self._lookup)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._opened.close()
        self._memory.clear()

    @property
    def all_stored(self) -> bool:
        """Whether every value is stored and no upstream job is damaged, so that no job is left."""
        keys = self.plan.all_keys
        stored = all(self._lookup.result(self.plan.jobs[key]) is not None for key in keys)
        return stored and not self._lookup.damaged(keys)

    def run(self) -> None:
        """Do every missing job of every claim, cheapest claim first, those in ``plan.later`` last."""
        expire(self._journals)
        self.costs.remove_drafts()
        self.display.total(self.costs.left(self.plan.all_keys))
        later = self.plan.later
        for claims in (self.plan.wants.keys() - later, later):
            wants = {claim: self.plan.keys(claim) for claim in self.plan.wants if claim in claims}
            self.agenda = Agenda(wants, self.costs)
            for claim in self.agenda:
                for key in self.plan.keys(claim):
                    with suppress(Unmeasured):
                        self._get(key)
                    self.after_measure()
                    self.interrupts.raise_if_interrupted()
        self._recompute_damaged()

    def note_failures(self, failures: Mapping[str, Missing]) -> None:
        """Record jobs that failed in other processes, and the jobs that depend on them; none of these is tried here.

        Under a time limit, the other jobs that they have not done were not reached.
        """
        for job in self.plan.upstream(self.plan.all_keys):
            if self.store.has(job.verb, job.key):
                continue
            upstream = (self._failed.get(value.key) for value in job.inputs.values())
            why = failures.get(job.key) or next((each for each in upstream if each is not None), None)
            if why is None and self.deadline.at is not None and job.verb.keeps_result:
                why = not_reached(job, self.costs.of(job))
            if why is not None:
                self._failed[job.key] = why

    def stored(self, key: str) -> Value | Missing:
        """Return one measured value if it is stored, else the reason; computes nothing."""
        if key in self._failed:
            return self._failed[key]
        value = self._lookup.result(self.plan.jobs[key])
        if value is None:
            return Missing(reason="not-yet-run", sentence="Not measured yet.")
        assert isinstance(value, Value)
        return value

    def _get(self, key: str) -> Any:
        """Return a job's result from memory, from the store, or by doing the job."""
        if key in self._failed:
            raise Unmeasured(self._failed[key])
        if key in self._memory:
            return self._memory[key]
        job = self.plan.jobs[key]
        result: Any = self._lookup.result(job) if job.verb.keeps_result else None
        if result is None:
            result = self._do(job)
        else:
            self._loaded.add(key)
        self._memory[key] = result
        return result

    def _recompute_damaged(self) -> None:
        """Repeat damaged jobs on which no missing value depends, because the record needs their facts."""
        for job in self._lookup.damaged(self.plan.all_keys):
            self._lookup.entry(job)
            with suppress(Unmeasured):
                self._get(job.key)

    def _do(self, job: Job) -> Any:
        """Do one job, and keep its result in the store.

        Raises:
            Unmeasured: if the job or a dependency failed, which is recorded.
            StoreError: if the store cannot be written.
        """
        try:
            if isinstance(job.recipe, ModelRecipe):
                job.recipe.beforehand(self.folders)
            given = {role: self._given(value) for role, value in job.inputs.items()}
            return self._timed(job, given | self._seconds(job))
        except Unmeasured as reason:
            self._failed[job.key] = reason.missing
            raise
        except (Busy, StoreError, KeyboardInterrupt):
            raise
        except BaseException as error:  # a kind of another package may raise anything, even SystemExit
            if isinstance(error, OSError) and error.errno in FULL:
                raise unwritable(Path(str(error.filename or self.store.root)), error) from error
            raise Unmeasured(self._remember(job, error)) from error
        finally:
            self.agenda.settle(job)

    def _timed(self, job: Job, given: Mapping[str, Any]) -> Any:
        """Do a job whose inputs are stored, within the remaining time; store its result and its seconds."""
        expected = self.costs.of(job)
        self._begin(job, expected)
        title = f"{job.verb} {job.name}" + (f", run {job.run}" if job.run is not None else "")
        watch = self.display.job(title, expected)
        standardise()
        start, compiled = time.monotonic(), STOPWATCH.seconds
        journal = self._journal(job)
        try:
            payload = self._perform(job, given, watch, journal)
        finally:
            journal.close()
        if journal.lost:
            self.display.say(
                f"{title}: no checkpoints are kept ({journal.lost}); if it is killed, it starts from the beginning"
            )
        took = Took(time.monotonic() - start, STOPWATCH.seconds - compiled)
        self.display.done(title, took, expected)
        if not job.verb.keeps_result:
            self._check_dataset(job, payload)
        else:
            self.deadline.worked = True
            self.costs.learn(job, took)
            with self.interrupts.finishing():
                entry = replace(pack(payload), facts=self._facts(job, took))
                if wrong := mistake(job.verb, entry.body, entry.facts):
                    raise ContractError(wrong)
                is_first = self.store.save(job.verb, job.key, entry, over=self._lookup.was_damaged(job))
                journal.forget()  # its result is in the store now
                self.costs.keep()
            if not is_first:  # another process did it too; others may already use its result, so this one does
                payload = self._lookup.result(job) or payload
        return payload

    def _perform(self, job: Job, given: Mapping[str, Any], watch: Watch, journal: FileJournal) -> Any:
        """Do a job; if it failed with the checkpoints of an earlier attempt, repeat it from the beginning."""
        perform = PERFORM[job.verb]
        try:
            return perform(job, given, self.folders, watch, journal)
        except Exception as error:
            if not journal.was_read or isinstance(error, NotRun) or is_out_of_memory(error):
                raise
            self.display.say(
                f"{job.verb} {job.name}: its checkpoints cannot be used ({type(error).__name__}); it starts from the beginning"
            )
            journal.forget()
            return perform(job, given, self.folders, watch, journal)

    def _journal(self, job: Job) -> FileJournal:
        """Return the job's journal; its checkpoints are only valid for this source, software and machine."""
        head = f"{source_digest(type(job.recipe))} {self.environment.digest}"
        return FileJournal(self._journals / job.key, head)

    @property
    def _journals(self) -> Path:
        return self.store.root / self.store.platform / "journal"

    def _begin(self, job: Job, expected: float) -> None:
        """Refuse a job that would exceed the time limit; start the backend before the first job that needs it."""
        if not job.verb.keeps_result:
            return
        if self.deadline.refuses(expected):
            raise Unmeasured(not_reached(job, expected))
        if not self._computing and (job.verb is not Verb.SHOW or self.given_a_model(job)):
            self._opened.enter_context(computing(self.environment))
            self._computing = True

    def given_a_model(self, job: Job) -> bool:
        """Whether a job has a model as input, so that it needs a backend."""
        return any(self.plan.jobs[value.key].verb is Verb.TRAIN for value in job.inputs.values())

    def _given(self, value: Input) -> Any:
        """Return an input in the form that the recipe expects: a split, a model's victim, or the result itself."""
        payload = self._get(value.key)
        if value.part:
            return payload[value.part]
        if isinstance(payload, Trained):
            return self._victim(value.key, payload)
        return payload

    def _seconds(self, job: Job) -> dict[str, float]:
        """Return the duration of the attack without compilation, for a metric that needs it."""
        if not isinstance(job.recipe, MetricRecipe) or SECONDS not in job.recipe.needs or EXAMPLES not in job.inputs:
            return {}
        crafted = self.plan.jobs[job.inputs[EXAMPLES].key]
        with suppress(Damaged):
            entry = self.store.load(crafted.verb, crafted.key, arrays=False)
            if entry is not None and "seconds" in entry.facts:
                return {SECONDS: max(0.0, entry.facts["seconds"] - entry.facts.get("compiling", 0.0))}
        return {}

    def _victim(self, key: str, trained: Trained) -> Victim:
        """Return a trained model as a victim, built once for all jobs that use it."""
        name = f"victim {key}"
        if name not in self._memory:
            job = self.plan.jobs[key]
            assert isinstance(job.recipe, ModelRecipe)
            others = {role: self._given(value) for role, value in job.inputs.items() if not value.part}
            try:
                victim = job.recipe.rebuilt(trained, **others)
            except Exception as error:
                if key not in self._loaded or is_out_of_memory(error):
                    raise
                self._lookup.report_damaged(job, f"{self.store.folder(job.verb, key)} is damaged ({error})")
                self._broken.add(key)
                victim = job.recipe.rebuilt(self._do(job), **others)
            self._memory[name] = victim
        return self._memory[name]  # type: ignore[no-any-return]

    def _check_dataset(self, job: Job, splits: Mapping[str, Examples]) -> None:
        """Store a data set's checksum.

        Raises:
            Invalid: if earlier results in the store were computed from other data of this name.
        """
        assert isinstance(job.recipe, DatasetRecipe)
        digest = job.recipe.digest(splits)
        origin = {}
        if isinstance(splits, Fetched):
            origin = {"origin": splits.origin}
            for note in splits.notes:
                self.display.say(f"{job.name}: {note}")
        entry = self._lookup.entry(job)
        if entry is None:
            mine = StoreEntry({"digest": digest}, facts=self._facts(job, Took(0.0)) | origin)
            entry = mine if self.store.save(job.verb, job.key, mine) else self._lookup.entry(job)
        if entry is not None and entry.body["digest"] != digest:
            msg = (
                f"the data set {job.name} has the digest {digest[:12]}, but earlier results in {self.store.root} "
                f"were computed from data with digest {entry.body['digest'][:12]}; restore the data, or give "
                "another --store"
            )
            raise Invalid(msg)

    def _facts(self, job: Job, took: Took) -> dict[str, Any]:
        """Return the provenance of a result."""
        return {
            "name": job.name,
            "verb": job.verb.value,
            "kind": job.recipe.kind,
            "run": job.run,
            "seed": job.seed,
            "seconds": round(took.seconds, 3),
            **({"compiling": round(took.compiling, 3)} if took.compiling else {}),
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "source": source_digest(type(job.recipe)),
            **package_of(type(job.recipe)),
            "environment": self.environment.facts,
            **(self._upstream_status(job) if job.verb is Verb.MEASURE else {}),
        }

    def _upstream_status(self, job: Job) -> dict[str, Any]:
        """Return ``upstream_status`` of a new value, because the store may lose its upstream jobs later."""
        bodies: dict[str, Mapping[str, Any]] = {}
        for other in self.plan.upstream([job.key]):
            with suppress(Damaged):
                entry = self.store.load(other.verb, other.key, arrays=False)
                bodies[other.key] = entry.body if entry else {}
        return upstream_status(job, bodies, {})

    def _remember(self, job: Job, error: BaseException) -> Missing:
        """Record why a job failed, and show the details that are not in its claims' sentence."""
        self._failed[job.key] = failure(job, error)
        what = f"{job.verb} {job.name}"
        if is_out_of_memory(error):
            self._memory.clear()
            self.display.say(f"{what}: not enough memory")
        elif not is_expected(error):
            sentence = f"{what} failed with {type(error).__name__}"
            if sentence not in self._reported:  # once, even if several runs of the job fail in the same way
                self._reported.add(sentence)
                place = write_traceback(job, error, self.store.root / "log", self.store.root)
                self.display.say(f"{sentence} ({place})")
        return self._failed[job.key]


def not_reached(job: Job, expected: float) -> Missing:
    """Return why a job with this expected duration in seconds was not started."""
    return Missing(
        reason="time-limit",
        sentence=f"Not reached within the time limit ({job.verb} {job.name} needs about {duration(expected)}); "
        "run the same command again to continue.",
    )

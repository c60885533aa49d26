"""Walks a plan: looks in the store, does what is missing, and goes on past failures."""

from __future__ import annotations

import hashlib
import os
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from harness.errors import FULL, ContractError, Infeasible, Insane, NotRun, StoreError, brief
from harness.examples import Chosen, Examples, Trained, Value, Victim, Watch
from harness.files import make_folder, open_regular
from harness.journal import FileJournal, expire
from harness.kinds.data_files import Fetched
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.digest import package_of, source_digest
from harness.kinds.model import ModelRecipe
from harness.plan import Input, Job, Plan, Verb
from harness.record.model import Missing
from harness.record.payloads import mistake, pack, unpack
from harness.run.agenda import Agenda
from harness.run.costs import Costs
from harness.run.deadline import Deadline
from harness.run.display import Display
from harness.run.environment import Surroundings, computing, standardise
from harness.run.exhaustion import is_out_of_memory, too_large
from harness.run.interrupts import Interrupts
from harness.run.verbs import PERFORM
from harness.store import Damaged, Entry, Store, unwritable

KEPT_BYTES = 2 * 2**30
"""How much of what jobs left behind stays in memory for the jobs that follow."""


class Unmeasured(Exception):
    """A job, or one it needs, could not be done; carries the reason."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(missing.sentence)
        self.missing = missing


@dataclass
class Executor:
    """Does the jobs of one plan, each at most once.

    Attributes:
        plan: what to do.
        store: where results are kept.
        surroundings: where they are made.
        places: folders to look for data in.
        display: who is told.
        deadline: refuses the jobs there is no time for; shared by all packs of an invocation.
        interrupts: lets Ctrl-C in where nothing is half-written; shared likewise.
        after_measure: called whenever one more value is known, or known not to be had.
    """

    plan: Plan
    store: Store
    surroundings: Surroundings
    places: tuple[Path, ...]
    display: Display
    deadline: Deadline = field(default_factory=Deadline)
    interrupts: Interrupts = field(default_factory=Interrupts)
    after_measure: Callable[[], None] = lambda: None
    costs: Costs = field(init=False)
    agenda: Agenda = field(init=False)
    worked: bool = False
    digests: dict[str, str] = field(default_factory=dict)
    _failed: dict[str, Missing] = field(default_factory=dict)
    _kept: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    _opened: ExitStack = field(default_factory=ExitStack)
    _computing: bool = False
    _said: set[str] = field(default_factory=set)
    _loaded: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.costs = Costs(self.plan, self.store)
        self.agenda = Agenda({}, self.costs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._opened.close()
        self._kept.clear()

    @property
    def keys(self) -> list[str]:
        """Every measure job of every claim, and every picture."""
        return self.plan.all_keys

    @property
    def all_stored(self) -> bool:
        """Whether every value is there, and all that is kept behind it whole, so that nothing need be done."""
        return all(self._look(self.plan.jobs[key]) is not None for key in self.keys) and not self._broken(self.keys)

    def run(self) -> None:
        """Do every missing job of every claim, always the claim next that needs least; those meant for later last."""
        expire(self._journals)
        self.costs.sweep()
        self.display.total(self.costs.left(self.keys))
        later = self.plan.later
        for claims in (self.plan.wants.keys() - later, later):
            self.agenda = Agenda(
                {claim: self.plan.keys(claim) for claim in self.plan.wants if claim in claims}, self.costs
            )
            for claim in self.agenda:
                for key in self.plan.keys(claim):
                    with suppress(Unmeasured):
                        self._get(key)
                    self.after_measure()
                    self.interrupts.heed()
        self._mend()

    def stored(self, key: str) -> Value | Missing:
        """Return one measured value if it is there already, else why it is not; computes nothing."""
        if key in self._failed:
            return self._failed[key]
        entry = self._look(self.plan.jobs[key])
        if entry is None:
            return Missing(reason="not-yet-run", sentence="Not measured yet.")
        payload = unpack(Verb.MEASURE, entry)
        assert isinstance(payload, Value)
        return payload

    def _get(self, key: str) -> Any:
        """Return a job's result from memory, from the store, or by doing the job."""
        if key in self._failed:
            raise Unmeasured(self._failed[key])
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        job = self.plan.jobs[key]
        entry = None if job.verb is Verb.FETCH else self._look(job)
        payload = self._do(job) if entry is None else unpack(job.verb, entry)
        if entry is not None:
            self._loaded.add(key)
        self._keep(key, payload)
        return payload

    def _broken(self, keys: Sequence[str]) -> list[Job]:
        """Return the jobs behind these whose kept facts are damaged; a record without them would not tell all."""
        return [job for job in self.plan.behind(keys) if self.store.is_damaged(job.verb, job.key)]

    def _mend(self) -> None:
        """Do the damaged jobs again that no value needed any more: the record tells their facts."""
        for job in self._broken(self.keys):
            self._look(job)
            with suppress(Unmeasured):
                self._get(job.key)

    def _look(self, job: Job) -> Entry | None:
        """Return the stored result, saying so where it is damaged."""
        try:
            entry = self.store.load(job.verb, job.key)
            if entry is not None and job.verb is not Verb.FETCH:
                unpack(job.verb, entry)
        except Damaged as error:
            self._say_damaged(job, str(error))
            return None
        except ValueError as error:
            self._say_damaged(job, f"{self.store.folder(job.verb, job.key)} is damaged ({error})")
            return None
        return entry

    def _say_damaged(self, job: Job, why: str) -> None:
        if job.key not in self._said:
            self._said.add(job.key)
            self.display.say(f"{why}; {job.name} is computed again")

    def _do(self, job: Job) -> Any:
        """Do one job, and keep its result in the store; a failure is remembered and raised as Unmeasured."""
        try:
            given = {role: self._given(value) for role, value in job.inputs.items()}
            return self._timed(job, given)
        except Unmeasured as reason:
            self._failed[job.key] = reason.missing
            raise
        except StoreError:
            raise
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a kind of another package may end in any way, even by SystemExit
            if isinstance(error, OSError) and error.errno in FULL:
                raise unwritable(Path(str(error.filename or self.store.root)), error) from error
            if is_out_of_memory(error):
                self._kept.clear()  # what is kept for the jobs that follow is in the store too
            self._failed[job.key] = self._why(job, error)
            raise Unmeasured(self._failed[job.key]) from error
        finally:
            self.agenda.settle(job)

    def _timed(self, job: Job, given: Mapping[str, Any]) -> Any:
        """Do a job whose inputs are at hand, within what is left of the time."""
        expected = self.costs.of(job)
        self._begin(job, expected)
        title = f"{job.verb} {job.name}" + (f", run {job.run}" if job.run is not None else "")
        watch = self.display.job(title, expected)
        standardise()
        start = time.monotonic()
        journal = self._journal(job)
        try:
            payload = self._perform(job, given, watch, journal)
        finally:
            journal.close()
        if journal.lost:
            self.display.say(f"{title}: no notes are kept ({journal.lost}); killed, it would begin anew")
        seconds = time.monotonic() - start
        self.display.done(title, seconds, expected)
        if job.verb is Verb.FETCH:
            self._vouch(job, payload)
        else:
            self.worked = self.deadline.worked = True
            self.costs.learn(job, seconds)
            with self.interrupts.finishing():
                entry = replace(pack(payload), facts=self._facts(job, seconds))
                if wrong := mistake(job.verb, entry.body, entry.facts):
                    raise ContractError(wrong)
                self.store.save(job.verb, job.key, entry)
                journal.forget()  # what it is for is in the store now
                self.costs.keep()
        return payload

    def _perform(self, job: Job, given: Mapping[str, Any], watch: Watch, journal: FileJournal) -> Any:
        """Do a job; once more, from its beginning, if it failed with notes that an earlier attempt left."""
        perform = PERFORM[job.verb]
        try:
            return perform(job, given, self.places, watch, journal)
        except Exception as error:
            if not journal.was_read or isinstance(error, NotRun) or is_out_of_memory(error):
                raise
            self.display.say(
                f"{job.verb} {job.name}: its notes cannot be used ({type(error).__name__}); it begins anew"
            )
            journal.forget()
            return perform(job, given, self.places, watch, journal)

    def _journal(self, job: Job) -> FileJournal:
        """Return the job's notes, which hold for this source, software and machine alone."""
        head = f"{source_digest(type(job.recipe))} {self.surroundings.digest}"
        return FileJournal(self._journals / job.key, head)

    @property
    def _journals(self) -> Path:
        return self.store.root / self.store.stratum / "journal"

    def _begin(self, job: Job, expected: float) -> None:
        """Refuse a job that would outlast the time; bring up the backend before the first one that needs it."""
        if job.verb is Verb.FETCH:
            return
        if self.deadline.refuses(expected):
            raise Unmeasured(
                Missing(
                    reason="time-limit",
                    sentence=f"Not reached within the time limit ({job.verb} {job.name} needs about {expected:.0f} s); "
                    "run the same command again to go on where it stopped.",
                )
            )
        if not self._computing and job.verb is not Verb.SHOW:
            self._opened.enter_context(computing(self.surroundings))
            self._computing = True

    def _given(self, value: Input) -> Any:
        """Return an input as the recipe wants it: a split, a model's victim, or the result itself."""
        payload = self._get(value.key)
        if value.part:
            return payload[value.part]
        if isinstance(payload, Trained):
            return self._victim(value.key, payload)
        return payload

    def _victim(self, key: str, trained: Trained) -> Victim:
        """Rebuild a trained model, once for all the jobs that look at it."""
        name = f"victim {key}"
        if name not in self._kept:
            job = self.plan.jobs[key]
            assert isinstance(job.recipe, ModelRecipe)
            others = {role: self._given(value) for role, value in job.inputs.items() if not value.part}
            try:
                victim = job.recipe.rebuilt(trained, **others)
            except Exception as error:
                if key not in self._loaded or is_out_of_memory(error):
                    raise
                self._say_damaged(job, f"{self.store.folder(job.verb, key)} is damaged ({error})")
                victim = job.recipe.rebuilt(self._do(job), **others)
            self._keep(name, victim)
        return self._kept[name]  # type: ignore[no-any-return]

    def _keep(self, key: str, payload: Any) -> None:
        """Keep a result in memory, letting go of the least recently used ones beyond the limit."""
        self._kept[key] = payload
        while len(self._kept) > 1 and sum(_size(held) for held in self._kept.values()) > KEPT_BYTES:
            self._kept.popitem(last=False)

    def _vouch(self, job: Job, splits: Mapping[str, Examples]) -> None:
        """Note a data set's digest, and refuse data that differ from those earlier results were made from."""
        assert isinstance(job.recipe, DatasetRecipe)
        digest = job.recipe.digest(splits)
        self.digests[job.name] = digest
        origin = {}
        if isinstance(splits, Fetched):
            origin = {"origin": splits.origin}
            for note in splits.notes:
                self.display.say(f"{job.name}: {note}")
        entry = self._look(job)
        if entry is None:
            self.store.save(job.verb, job.key, Entry({"digest": digest}, facts=self._facts(job, 0.0) | origin))
        elif entry.body["digest"] != digest:
            msg = (
                f"the data set {job.name} has the digest {digest[:12]}, but earlier results in {self.store.root} were made "
                f"from data with {entry.body['digest'][:12]}; restore the data, or give another --store"
            )
            raise Insane(msg)

    def _facts(self, job: Job, seconds: float) -> dict[str, Any]:
        """Return the provenance of a result."""
        return {
            "name": job.name,
            "verb": job.verb.value,
            "kind": job.recipe.kind,
            "run": job.run,
            "seed": job.seed,
            "seconds": round(seconds, 3),
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "source": source_digest(type(job.recipe)),
            **package_of(type(job.recipe)),
            "surroundings": self.surroundings.facts,
            **(self._standing(job) if job.verb is Verb.MEASURE else {}),
        }

    def _standing(self, job: Job) -> dict[str, Any]:
        """Return what the value's verdict hangs on in the jobs behind it, whose entries may be lost before the value."""
        bodies = {}
        for behind in self.plan.behind([job.key]):
            with suppress(Damaged):
                entry = self.store.load(behind.verb, behind.key, arrays=False)
                bodies[behind.key] = entry.body if entry else {}
        found = [bodies.get(given.key, {}).get("found") for given in job.inputs.values()]
        return {
            "settled": all(bool(body.get("settled", True)) for body in bodies.values()),
            "found": next((share for share in found if share is not None), None),
        }

    def _why(self, job: Job, error: BaseException) -> Missing:
        """Turn whatever ended a job into a reason and a sentence; an unexpected error leaves its traceback in a file.

        What the error says may hold a whole array, and is cut.
        """
        what, words = f"{job.verb} {job.name}", brief(str(error))
        if isinstance(error, NotRun):
            sentence = f"{words[:1].upper()}{words[1:]}"
            return Missing(reason=error.reason, sentence=sentence if sentence.endswith(".") else f"{sentence}.")
        if is_out_of_memory(error):
            self.display.say(f"{what}: not enough memory")
            return Missing(reason=Infeasible.reason, sentence=too_large(job))
        if isinstance(error, ContractError):
            return Missing(reason="insane", sentence=f"{what} was refused: {words}.")
        sentence = f"{what} failed with {type(error).__name__}: {words}."
        said = f"{what} failed with {type(error).__name__}"
        if said not in self._said:  # once, however many runs of the job fail alike; the verdict quotes the error
            self._said.add(said)
            self.display.say(f"{said} ({self._log(job, error)})")
        return Missing(reason="failed", sentence=sentence)

    def _log(self, job: Job, error: BaseException) -> str:
        """Write an unexpected error's traceback to a file; say where it is."""
        log = self.store.root / "log" / f"{hashlib.sha256(job.key.encode()).hexdigest()[:12]}.txt"
        try:
            make_folder(log.parent, below=self.store.root)
            with open_regular(log, os.O_RDWR | os.O_CREAT | os.O_TRUNC, follow=False) as file:
                file.write("".join(traceback.format_exception(error)).encode(errors="replace"))
        except OSError as trouble:
            return f"no traceback: {log} cannot be written, {trouble.strerror}"
        return f"traceback in {log}"


def _size(payload: Any) -> int:
    """Return roughly how many bytes a result holds."""
    if isinstance(payload, np.ndarray):
        return int(payload.nbytes)
    if isinstance(payload, Mapping):
        return sum(_size(part) for part in payload.values())
    if isinstance(payload, Chosen | Examples | Trained):
        return sum(_size(part) for part in vars(payload).values())
    return 0

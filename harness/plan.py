"""Turns a pack into a graph of jobs with content keys; pure: computes nothing and reads no disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from harness.kinds.metric import MetricRecipe
from harness.kinds.picture import Picture
from harness.kinds.recipe import Recipe
from harness.kinds.registry import kinds
from harness.spec.claim import Claim, Measure, Member, listed
from harness.spec.paper import Pilot, Spec
from harness.spec.sample import Sample

EDITION = 1
"""Bumped when the meaning of jobs, streams or the engine changes for every kind at once; part of every key."""


PICTURED = 1
"""Number of the run whose images a picture shows."""


class Verb(StrEnum):
    """What a job does."""

    FETCH = "fetch"
    TRAIN = "train"
    SELECT = "select"
    CRAFT = "craft"
    MEASURE = "measure"
    SHOW = "show"

    @property
    def keeps_result(self) -> bool:
        """Whether the store keeps the result; a data set is loaded anew each time, and its checksum alone is kept."""
        return self is not Verb.FETCH


@dataclass(frozen=True)
class Input:
    """One dependency of a job: the key of the job that makes it and, for a data set, the split."""

    key: str
    part: str = ""


@dataclass(frozen=True)
class Job:
    """One thing to do.

    Attributes:
        verb: what is done.
        recipe: how it is done.
        name: for progress and provenance; never part of the key.
        inputs: role -> input; roles are the recipe's argument names.
        run: the run whose random streams the recipe draws from; None if it draws nothing.
        seed: the paper's seed.
        key: the content key.
    """

    verb: Verb
    recipe: Recipe
    name: str
    inputs: Mapping[str, Input]
    run: int | None
    seed: int
    key: str


@dataclass(frozen=True)
class Wanted:
    """The measure jobs of one run of one claim; each side is the mean over its jobs."""

    run: int
    measured: tuple[str, ...]
    other: tuple[str, ...] = ()
    limit: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All jobs of the run."""
        return self.measured + self.other + self.limit


@dataclass(frozen=True)
class Plan:
    """Every job of the selected claims, dependencies first.

    Attributes:
        jobs: by key.
        wants: claim id -> one entry for each run, or a single one for a deterministic claim.
        deterministic: claims none of whose jobs draws random numbers.
        later: claims whose jobs are done when those of all others are.
        shows: claim id -> the job that draws its picture; no number depends on one.
    """

    jobs: Mapping[str, Job]
    wants: Mapping[str, tuple[Wanted, ...]]
    deterministic: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    shows: Mapping[str, str] = field(default_factory=dict)

    def keys(self, claim_id: str) -> list[str]:
        """Return the keys of one claim's jobs: those that measure it, then the one that draws its picture."""
        shown = [self.shows[claim_id]] if claim_id in self.shows else []
        return [key for wanted in self.wants[claim_id] for key in wanted.keys] + shown

    @property
    def all_keys(self) -> list[str]:
        """The keys of all claims' jobs, claim by claim."""
        return [key for claim in self.wants for key in self.keys(claim)]

    def followed_by(self, others: Mapping[str, Plan]) -> Plan:
        """Return one plan of this one and, later, the others by label, whose claims are named ``claim [label]``."""
        jobs, wants = dict(self.jobs), dict(self.wants)
        for label, other in others.items():
            jobs |= other.jobs
            wants |= {f"{claim} [{label}]": rows for claim, rows in other.wants.items()}
        later = frozenset(wants) - frozenset(self.wants) | self.later
        return Plan(jobs, wants, self.deterministic, later, self.shows)

    def only(self, claims: Collection[str]) -> Plan:
        """Return the plan of some of the claims, with the jobs their numbers need and no others."""
        wants = {claim: rows for claim, rows in self.wants.items() if claim in claims}
        keys = [key for rows in wants.values() for row in rows for key in row.keys]
        return Plan({job.key: job for job in self.upstream(keys)}, wants, self.deterministic & wants.keys())

    def upstream(self, keys: Sequence[str]) -> Iterator[Job]:
        """Yield the jobs with these keys and all jobs upstream of them, dependencies first, each once."""
        seen: set[str] = set()
        stack = [(key, False) for key in reversed(keys)]
        while stack:
            key, ready = stack.pop()
            if ready:
                yield self.jobs[key]
            elif key not in seen:
                seen.add(key)
                stack.append((key, True))
                stack += [(given.key, False) for given in self.jobs[key].inputs.values()]

    def inputs_digest(self, claim_id: str) -> str:
        """Return a digest of everything the claim's number depends on; it does not change with the number of runs.

        It is that of the first run planned: compare only plans that begin with the same run.
        """
        return hashlib.sha256("".join(self.wants[claim_id][0].keys).encode()).hexdigest()[:16]

    def outdated(self, pilots: Mapping[str, Pilot]) -> tuple[str, ...]:
        """Return the claims whose pilot runs measured something else than this plan, which begins with run 1."""
        known = (claim for claim in self.wants if claim in pilots)
        return tuple(claim for claim in known if pilots[claim].inputs != self.inputs_digest(claim))


def make_plan(spec: Spec, claims: Sequence[Claim], runs: Sequence[int]) -> Plan:
    """Plan the claims for the given run numbers.

    Args:
        spec: a loaded pack.
        claims: the claims wanted, all from ``spec``.
        runs: run numbers, for example 1, 2, 3.
    """
    planner = _Planner(spec)
    wants: dict[str, tuple[Wanted, ...]] = {}
    shows: dict[str, str] = {}
    deterministic = set()
    for claim in claims:
        rows = [planner.want(claim, run) for run in runs]
        if all(row.keys == rows[0].keys for row in rows[1:]) and not planner.draws(rows[0].keys):
            deterministic.add(claim.id)
            rows = rows[:1]
        wants[claim.id] = tuple(rows)
        if claim.picture is not None and PICTURED in runs:
            shows[claim.id] = planner.show(claim.picture, claim.measure, PICTURED)
    return Plan(planner.jobs, wants, frozenset(deterministic), shows=shows)


@dataclass
class _Planner:
    """Collects the jobs of one pack; the same key is the same job."""

    spec: Spec
    jobs: dict[str, Job] = field(default_factory=dict)

    def want(self, claim: Claim, run: int) -> Wanted:
        limit = self.limit(claim.measure, run)
        other = self.measure(claim.other, run) if claim.other else ()
        return Wanted(run, self.measure(claim.measure, run), other, limit)

    def draws(self, keys: Sequence[str]) -> bool:
        """Whether any of the jobs, or a job upstream, draws random numbers."""
        return any(job.run is not None for job in Plan(self.jobs, {}).upstream(keys))

    def measure(self, measure: Measure, run: int) -> tuple[str, ...]:
        """Plan one side of a claim: a job for each member of the measure."""
        return tuple(self._measure(measure, member, run) for member in measure.members)

    def show(self, picture: Picture, measure: Measure, run: int) -> str:
        """Plan the picture of what an attack made for the first member of a measure's lists."""
        assert measure.attack is not None
        data, victim = listed(measure.data)[0], listed(measure.crafted_on or measure.model)[0]
        made = self.craft(measure.attack, victim, data, measure.sample, run)
        inputs = {"clean": self.split(data), "made": made}
        return self.add(Verb.SHOW, picture, f"{measure.attack} for {victim} on {data}", inputs, run).key

    def limit(self, measure: Measure, run: int) -> tuple[str, ...]:
        """Plan the exact attack that bounds the measured one; nothing where it does not apply to every model."""
        if measure.limit is None:
            return ()
        exact = self.spec.attacks[measure.limit]
        if not all(exact.applies_to(self.spec.models[name]) for name in listed(measure.model)):
            return ()
        return self.measure(measure.model_copy(update={"attack": measure.limit, "limit": None}), run)

    def _measure(self, measure: Measure, member: Member, run: int) -> str:
        data, model, victim = member
        metric = kinds("metrics")[measure.metric].model_validate(measure.options)
        assert isinstance(metric, MetricRecipe)
        inputs = {"victim": self.train(model, run)} if metric.needs_victim else {}
        if measure.attack is None:
            inputs |= self.chosen(measure.sample, data, model, run)
        else:
            inputs["examples"] = self.craft(measure.attack, victim, data, measure.sample, run)
        fed = f"{model} on {data}" if measure.attack is None else f"{measure.attack} for {victim} on {data}"
        name = f"{metric.kind} of {fed}" if victim == model else f"{metric.kind} of {fed} fed to {model}"
        return self.add(Verb.MEASURE, metric, name, inputs, run).key

    def craft(self, attack: str, model: str, data: str, sample: Sample, run: int) -> Input:
        recipe = self.spec.attacks[attack]
        inputs = {"victim": self.train(model, run)} | self.chosen(sample, data, model, run)
        for role, (_, name) in recipe.referents().items():
            inputs[role] = self.craft(name, model, data, sample, run)
        return self.add(Verb.CRAFT, recipe, f"{attack} for {model} on {data}", inputs, run)

    def chosen(self, sample: Sample, data: str, model: str, run: int) -> dict[str, Input]:
        """Return the inputs that say which images: the split and, unless all are meant, a selection from it."""
        inputs = {"data": self.split(data)}
        if sample == Sample():
            return inputs
        if sample.which == "correct":
            selection = self.add(
                Verb.SELECT,
                sample,
                f"correct images of {data} for {model}",
                inputs | {"victim": self.train(model, run)},
                run,
            )
        else:
            selection = self.add(Verb.SELECT, sample, f"images of {data}", inputs, run)
        return inputs | {"rows": selection}

    def train(self, model: str, run: int) -> Input:
        recipe = self.spec.models[model]
        inputs: dict[str, Input] = {}
        for role, (room, name) in recipe.referents().items():
            if room == "datasets":
                inputs[role] = self.split(name)
            elif room == "models":
                inputs[role] = self.train(name, run)
        return self.add(Verb.TRAIN, recipe, model, inputs, run)

    def split(self, reference: str) -> Input:
        name, _, part = reference.partition("/")
        return Input(self.fetch(name).key, part)

    def fetch(self, name: str) -> Input:
        recipe = self.spec.data[name]
        inputs = {
            role: self.split(target) if "/" in target else self.fetch(target)
            for role, (_, target) in recipe.referents().items()
        }
        return self.add(Verb.FETCH, recipe, name, inputs, None)

    def add(self, verb: Verb, recipe: Recipe, name: str, inputs: Mapping[str, Input], run: int | None) -> Input:
        drawn = run if recipe.random else None
        key = _key(verb, recipe, inputs, drawn, self.spec.paper.seed)
        self.jobs.setdefault(key, Job(verb, recipe, name, inputs, drawn, self.spec.paper.seed, key))
        return Input(key)


def _key(verb: Verb, recipe: Recipe, inputs: Mapping[str, Input], run: int | None, seed: int) -> str:
    """Return the content key. Names never enter: renaming an entry of the pack recomputes nothing."""
    given = {role: [value.key, value.part] for role, value in inputs.items()}
    streams = None if run is None else [seed, run]
    text = json.dumps([EDITION, verb, recipe.fingerprint(), given, streams], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()

"""Plans a pack: turns its claims into the dependency graph of jobs; a pure function, without measurements or files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from harness.kinds.gallery import Gallery, GalleryDrawing
from harness.kinds.metric import MetricRecipe
from harness.kinds.picture import Picture
from harness.kinds.ready import ReadyAttack
from harness.kinds.recipe import Recipe
from harness.kinds.registry import kinds
from harness.plan import EXAMPLES, PICTURED, VICTIM, Input, Job, Plan, Verb, Wanted
from harness.spec.claim import Claim, Measure, Member, as_tuple
from harness.spec.paper import Spec
from harness.spec.sample import Sample

EDITION = 1
"""Increased when jobs, streams or the engine change their meaning for every kind; part of every key."""


def inputs_digests(spec: Spec) -> dict[str, str]:
    """Return, by claim id, the digest of everything on which its number depends, for run 1, as in records."""
    plan = make_plan(spec, spec.paper.claims, (1,))
    return {claim: plan.inputs_digest(claim) for claim in plan.wants}


def make_plan(spec: Spec, claims: Sequence[Claim], runs: Sequence[int]) -> Plan:
    """Plan the claims for the given run numbers.

    Args:
        spec: a loaded pack.
        claims: the claims to plan, all from ``spec``.
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
        elif claim.gallery is not None and PICTURED in runs:
            shows[claim.id] = planner.show_tops(claim.gallery, [claim.measure, claim.other], PICTURED)
    return Plan(planner.jobs, wants, frozenset(deterministic), shows=shows)


@dataclass
class _Planner:
    """Collects the jobs of one pack; equal keys mean the same job."""

    spec: Spec
    jobs: dict[str, Job] = field(default_factory=dict)
    _trained: dict[tuple[str, int], Input] = field(default_factory=dict)
    _fingerprints: dict[int, tuple[Recipe, str]] = field(default_factory=dict)

    def want(self, claim: Claim, run: int) -> Wanted:
        limit = self.limit(claim.measure, run)
        other = self.measure(claim.other, run) if claim.other else ()
        return Wanted(run, self.measure(claim.measure, run), other, limit)

    def draws(self, keys: Sequence[str]) -> bool:
        """Whether any of the jobs, or one of their upstream jobs, draws random numbers."""
        return any(job.run is not None for job in Plan(self.jobs, {}).upstream(keys))

    def measure(self, measure: Measure, run: int) -> tuple[str, ...]:
        """Plan one side of a claim: one job for each member of the measure, or one for all its models."""
        metric = kinds("metrics")[measure.metric].model_validate(measure.options)
        assert isinstance(metric, MetricRecipe)
        if "victims" not in metric.needs:
            return tuple(self._measure(metric, measure, member, (member.model,), run) for member in measure.members)
        models = as_tuple(measure.model)
        pairs = product(as_tuple(measure.data), as_tuple(measure.crafted_on or models[0]))
        return tuple(
            self._measure(metric, measure, Member(data, " and ".join(models), victim), models, run)
            for data, victim in pairs
        )

    def show(self, picture: Picture, measure: Measure, run: int) -> str:
        """Plan the picture of an attack's examples for the first member of a measure's lists."""
        assert measure.attack is not None
        data, victim = as_tuple(measure.data)[0], as_tuple(measure.crafted_on or measure.model)[0]
        made = self.craft(measure.attack, victim, data, measure.sample, run)
        inputs = {"clean": self.split(data), "made": made}
        return self.add(Verb.SHOW, picture, f"{measure.attack} for {victim} on {data}", inputs, run).key

    def show_tops(self, gallery: Gallery, measures: Sequence[Measure | None], run: int) -> str:
        """Plan the gallery of top-activating images of a measure and of the other measure; of lists, the first member."""
        inputs: dict[str, Input] = {}
        sides, names = [], []
        for place, measure in enumerate(filter(None, measures), start=1):
            data, model, victim = measure.members[0]
            given = {VICTIM: self.train(model, run)} | self.chosen(measure.sample, data, victim, run)
            inputs |= {f"{role}-{place}": value for role, value in given.items()}
            sides.append(kinds("metrics")[measure.metric].model_validate(measure.options))
            names.append(f"{model} on {data}")
        drawing = GalleryDrawing.model_validate({**dict(gallery), "sides": tuple(sides)})
        return self.add(Verb.SHOW, drawing, f"top images of {' and '.join(dict.fromkeys(names))}", inputs, run).key

    def limit(self, measure: Measure, run: int) -> tuple[str, ...]:
        """Plan the exact attack that bounds the measured one; nothing if it does not support every model."""
        if measure.limit is None:
            return ()
        exact = self.spec.attacks[measure.limit]
        if not all(exact.applies_to(self.spec.models[name]) for name in as_tuple(measure.model)):
            return ()
        return self.measure(measure.model_copy(update={"attack": measure.limit, "limit": None}), run)

    def _measure(self, metric: MetricRecipe, measure: Measure, member: Member, models: Sequence[str], run: int) -> str:
        """Plan one measurement; ``models`` are the metric's inputs."""
        data, model, victim = member
        inputs: dict[str, Input] = {}
        if metric.needs_victim():
            roles = [VICTIM] if len(models) == 1 else [f"{VICTIM}-{place:03}" for place in range(1, len(models) + 1)]
            inputs |= {role: self.train(name, run) for role, name in zip(roles, models, strict=True)}
        if measure.attack is None or "clean" in metric.needs:
            inputs |= self.chosen(measure.sample, data, victim, run)
        if measure.attack is not None:
            inputs[EXAMPLES] = self.craft(measure.attack, victim, data, measure.sample, run)
        fed = f"{model} on {data}" if measure.attack is None else f"{measure.attack} for {victim} on {data}"
        name = (
            f"{metric.kind} of {fed}"
            if measure.attack is None or victim == model
            else f"{metric.kind} of {fed} fed to {model}"
        )
        return self.add(Verb.MEASURE, metric, name, inputs, run).key

    def craft(self, attack: str, model: str, data: str, sample: Sample, run: int) -> Input:
        recipe = self.spec.attacks[attack]
        inputs = {"victim": self.train(model, run)} | self.chosen(sample, data, model, run)
        for role, (_, name) in recipe.referents().items():
            inputs[role] = self.craft(name, model, data, sample, run)
        return self.add(Verb.CRAFT, recipe, f"{attack} for {model} on {data}", inputs, run)

    def chosen(self, sample: Sample, data: str, model: str, run: int) -> dict[str, Input]:
        """Return the inputs that determine the images: the split and, unless all are used, a selection from it."""
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
        """Plan a model's training; cached, because thousands of measurements use the same few models."""
        if (model, run) not in self._trained:
            self._trained[model, run] = self._train(model, run)
        return self._trained[model, run]

    def _train(self, model: str, run: int) -> Input:
        recipe = self.spec.models[model]
        inputs: dict[str, Input] = {}
        for role, (group, name) in recipe.referents().items():
            if group == "datasets":
                inputs[role] = self.split(name)
            elif group == "models":
                inputs[role] = self.train(name, run)
        attacks = {}
        for path, (mark, name) in recipe.referents_within().items():
            role = ".".join(map(str, path))
            if mark.group == "attacks":
                attacks[role] = self.ready(name)
            elif mark.group == "models":
                inputs[role] = self.train(name, run)
            else:
                inputs[role] = self.fetch(name) if mark.whole else self.split(name)
        return self.add(Verb.TRAIN, recipe, model, inputs, run, attacks)

    def ready(self, attack: str) -> ReadyAttack:
        """Return an attack for a recipe that runs it itself, with the attacks from which it starts."""
        recipe = self.spec.attacks[attack]
        others = {role: self.ready(name) for role, (_, name) in recipe.referents().items()}
        return ReadyAttack(attack, recipe, others)

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

    def add(
        self,
        verb: Verb,
        recipe: Recipe,
        name: str,
        inputs: Mapping[str, Input],
        run: int | None,
        attacks: Mapping[str, ReadyAttack] | None = None,
    ) -> Input:
        drawn, attacks = run if recipe.random else None, attacks or {}
        key = _key(verb, self._fingerprint(recipe), inputs, drawn, self.spec.paper.seed, attacks)
        self.jobs.setdefault(key, Job(verb, recipe, name, inputs, drawn, self.spec.paper.seed, key, attacks))
        return Input(key)

    def _fingerprint(self, recipe: Recipe) -> str:
        """Return a recipe's fingerprint, computed once; recipes are frozen, and the cache keeps each object alive."""
        if id(recipe) not in self._fingerprints:
            self._fingerprints[id(recipe)] = recipe, recipe.fingerprint()
        return self._fingerprints[id(recipe)][1]


def _key(
    verb: Verb,
    fingerprint: str,
    inputs: Mapping[str, Input],
    run: int | None,
    seed: int,
    attacks: Mapping[str, ReadyAttack],
) -> str:
    """Return the content key, a hash of recipe, inputs and run, without names: renaming an entry recomputes nothing."""
    given: dict[str, Any] = {role: [value.key, value.part] for role, value in inputs.items()}
    given |= {role: each.key for role, each in attacks.items()}
    streams = None if run is None else [seed, run]
    text = json.dumps([EDITION, verb, fingerprint, given, streams], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()

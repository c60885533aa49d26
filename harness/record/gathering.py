"""Gathers the results of jobs into the measurements of a record, with the provenance of every job."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.examples import Grid, Value
from harness.plan import Job, Plan, Verb, Wanted
from harness.record.facts import JobFacts, wrong
from harness.record.measurement import Measurement, MemberValue, Missing, Run, Sampled
from harness.record.model import Drawn
from harness.record.payloads import unpack
from harness.record.upstream import upstream_status
from harness.spec.paper import Paper
from harness.store import Damaged, Store

GetValue = Callable[[str], Value | Missing]
"""Returns a measured value by key, or the reason why it is missing."""


@dataclass
class Gatherer:
    """Collects measurements, and the provenance of every job upstream.

    Attributes:
        plan: the jobs.
        paper: of the pack.
        store: has the facts of the jobs.
        value_of: returns a measured value.
        jobs: key -> facts, filled by gathering.
        provenance: digest -> environment, filled by gathering.
    """

    plan: Plan
    paper: Paper
    store: Store
    value_of: GetValue
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    provenance: dict[str, dict[str, Any]] = field(default_factory=dict)

    def measurement(self, claim: str) -> Measurement:
        """Return one claim's runs, and the reason if some are missing."""
        runs, missing = [], None
        for wanted in self.plan.wants[claim]:
            run = self._run(wanted)
            if isinstance(run, Missing):
                missing = missing or run
            else:
                runs.append(run)
        return Measurement(
            claim=claim,
            budget=self.paper.budget,
            comparable=self.paper.comparable,
            deterministic=claim in self.plan.deterministic,
            runs=tuple(runs),
            missing=missing,
            inputs=self.plan.inputs_digest(claim),
            provenance=self._environment(runs),
        )

    def picture(self, claim: str) -> Drawn | None:
        """Return one claim's picture; None if the claim has none, or if it is not drawn yet."""
        key = self.plan.shows.get(claim)
        try:
            entry = self.store.load(Verb.SHOW, key) if key else None
            grid = None if entry is None else unpack(Verb.SHOW, entry)
        except (Damaged, ValueError):
            grid = None
        if grid is None or key is None:
            return None
        for job in self.plan.upstream([key]):
            self._note(job)
        assert isinstance(grid, Grid)
        facts = {name: fact for name, fact in vars(grid).items() if name != "png"}
        return Drawn(png=base64.b64encode(grid.png.tobytes()).decode(), key=key, **facts)

    def _run(self, wanted: Wanted) -> Run | Missing:
        sides: dict[str, Sampled] = {}
        for side in ("measured", "other", "limit"):
            keys: tuple[str, ...] = getattr(wanted, side)
            if keys:
                values = [self.value_of(key) for key in keys]
                lost = next((value for value in values if isinstance(value, Missing)), None)
                if lost is not None:
                    return lost
                sides[side] = self._sampled(keys, [value for value in values if isinstance(value, Value)])
        return Run(run=wanted.run, **sides)

    def _sampled(self, keys: tuple[str, ...], values: Sequence[Value]) -> Sampled:
        """Combine the members of one side: the mean of the values, the sums of the counts."""
        status = [self._status(key) for key in keys]
        found = [each["found"] for each in status if each["found"] is not None]
        single = values[0] if len(values) == 1 else None
        counted = all(value.count is not None and value.of is not None for value in values)
        return Sampled(
            keys=keys,
            value=math.fsum(value.value for value in values) / len(values),
            count=sum(value.count or 0 for value in values) if counted else None,
            of=sum(value.of or 0 for value in values) or None,
            spread=single.spread if single else None,
            histogram=single.histogram if single else None,
            settled=all(each["settled"] for each in status),
            found=sum(found) / len(found) if found else None,
            failures=sum((Counter(each.get("failures", {})) for each in status), Counter()),
            members=() if single else tuple(MemberValue(value=v.value, count=v.count, of=v.of) for v in values),
        )

    def _status(self, key: str) -> dict[str, Any]:
        """Return ``upstream_status`` of one value; add the facts of all jobs upstream to ``jobs``."""
        bodies = {job.key: self._note(job) for job in self.plan.upstream([key])}
        return upstream_status(self.plan.jobs[key], bodies, self.jobs.get(key, {}))

    def _note(self, job: Job) -> Mapping[str, Any]:
        """Add a job's facts to ``jobs``; return the body of its result."""
        try:
            entry = self.store.load(job.verb, job.key, arrays=False)
        except Damaged:
            entry = None
        if entry is None:
            return {}
        if job.key not in self.jobs:
            facts = dict(entry.facts)
            environment = facts.pop("environment", {})
            digest = hashlib.sha256(json.dumps(environment, sort_keys=True).encode()).hexdigest()[:12]
            self.provenance[digest] = environment
            inputs = sorted({given.key for given in job.inputs.values()})
            result = {"result": entry.digest} if entry.digest else {}
            self.jobs[job.key] = {**facts, "provenance": digest, "inputs": inputs, **result, **_plain(entry.body)}
        return entry.body

    def _environment(self, runs: Sequence[Run]) -> str:
        """Return the digest of the environment of the first run."""
        return next(
            (self.jobs[run.measured.keys[0]]["provenance"] for run in runs if run.measured.keys[0] in self.jobs), ""
        )


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a result that the record keeps: a data set's digest, a training's facts, a sample's counts."""
    known = body.get("facts", {})
    facts = {name: fact for name, fact in known.items() if isinstance(fact, str | int | float | bool)}
    own = {name: body[name] for name in ("digest", "images", "of") if name in body}
    curve = {"loss_curve": known.get("loss_curve")}
    own |= curve if curve["loss_curve"] and not wrong(curve, JobFacts) else {}
    return ({"training": facts} if facts else {}) | own

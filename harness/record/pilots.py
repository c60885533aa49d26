"""The pilot runs for the lines of pilot.yaml; the record keeps their values, so that a line can be checked."""

from __future__ import annotations

from collections.abc import Mapping

from harness.examples import Value
from harness.plan import Verb
from harness.planner import make_plan
from harness.record.gathering import Gatherer
from harness.record.measurement import FIRST_PILOT, PILOT_RUNS, Missing, PilotRuns, Run, Sampled
from harness.record.payloads import unpack
from harness.spec.paper import Spec
from harness.store import Damaged, Store


def pilot_runs(spec: Spec, inputs: Mapping[str, str], store: Store) -> dict[str, PilotRuns]:
    """Return the stored pilot runs of every claim whose line in pilot.yaml is up to date; computes nothing.

    Args:
        spec: the pack, with its pilot.
        inputs: claim id -> digest of everything on which its number depends now.
        store: has the results of pilot runs, if they were made here.
    """
    lines = spec.paper.pilot
    claims = [claim for claim in spec.paper.claims if claim.id in lines]
    if not claims:
        return {}
    most = max(PILOT_RUNS, *(line.runs for line in lines.values()))
    plan = make_plan(spec, claims, range(FIRST_PILOT, FIRST_PILOT + most))
    gatherer = Gatherer(plan, spec.paper, store, lambda key: _value(store, key))
    found = {}
    for claim in claims:
        line = lines[claim.id]
        if line.inputs != inputs[claim.id]:
            continue
        runs = [run for run in gatherer.measurement(claim.id).runs if run.run >= FIRST_PILOT]
        if runs:
            when = [str(gatherer.jobs.get(key, {}).get("when") or "") for run in runs for key in run.measured.keys]
            kept = tuple(Run(run=run.run, **{side: _bare(value) for side, value in _sides(run)}) for run in runs)
            found[claim.id] = PilotRuns(runs=kept, inputs=line.inputs, when=max(when))
    return found


def merged(old: dict[str, PilotRuns], new: dict[str, PilotRuns], lines: dict[str, str]) -> dict[str, PilotRuns]:
    """Return the newer runs, or the older ones if these are more runs of the same inputs; none without a line.

    Args:
        old: the runs in the older record.
        new: the runs in the newer record.
        lines: claim -> inputs of its line in pilot.yaml.
    """
    kept = {}
    for claim, inputs in lines.items():
        candidates = [each for each in (new.get(claim), old.get(claim)) if each is not None and each.inputs == inputs]
        if candidates:
            kept[claim] = max(candidates, key=lambda each: len(each.runs))
    return kept


def _sides(run: Run) -> list[tuple[str, Sampled]]:
    named = (("measured", run.measured), ("other", run.other), ("limit", run.limit))
    return [(name, side) for name, side in named if side is not None]


def _bare(side: Sampled) -> Sampled:
    """Return a side without its histogram, which is not needed for the spread."""
    return side.model_copy(update={"histogram": None})


def _value(store: Store, key: str) -> Value | Missing:
    """Return a stored value."""
    try:
        entry = store.load(Verb.MEASURE, key, arrays=False)
        value = unpack(Verb.MEASURE, entry) if entry is not None else None
    except (Damaged, ValueError):
        value = None
    return value if isinstance(value, Value) else Missing(reason="not-yet-run", sentence="Not measured yet.")

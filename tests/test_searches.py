"""Packs by which settings are chosen: they hold nothing that an audit is judged by."""

from pathlib import Path

import pytest

from harness.kinds.registry import discover
from harness.plan import Verb
from harness.planner import make_plan
from harness.spec.reading.load import load

ROOT = Path(__file__).parent.parent
SEARCHES = [pytest.param(path, id=path.name) for path in sorted((ROOT / "searches").glob("*/"))]


@pytest.mark.parametrize("folder", SEARCHES)
def test_a_search_looks_at_no_test_split_and_draws_nothing_that_an_audit_draws(folder):
    discover()
    spec = load(folder)
    plan = make_plan(spec, spec.paper.claims, (1, 2, 3))
    assert {given.part for job in plan.jobs.values() for given in job.inputs.values()} == {"", "train", "held-out"}
    audits = [load(path) for path in sorted((ROOT / "specs").glob("*/"))]
    assert spec.paper.seed not in {each.paper.seed for each in audits}


@pytest.mark.parametrize("folder", SEARCHES)
def test_every_reading_of_a_search_trains_a_network_of_its_own(folder):
    """A reading that changes no key would be tried for nothing."""
    discover()
    spec = load(folder)
    own = make_plan(spec, spec.paper.claims, (1,))
    for name, assumption in spec.paper.assumptions.items():
        for reading in assumption.readings:
            if reading != assumption.chosen:
                other = load(folder, readings={name: reading})
                plan = make_plan(other, other.paper.claims, (1,))
                trained = [{key for key, job in each.jobs.items() if job.verb is Verb.TRAIN} for each in (own, plan)]
                assert trained[1] - trained[0], f"{name}: {reading}"

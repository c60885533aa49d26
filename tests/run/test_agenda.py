import pytest
from fakes import Chore, Shelf
from hypothesis import given
from hypothesis import strategies as st
from paces import least_seconds

from harness.plan import Input, Job, Plan, Verb
from harness.run.agenda import Agenda
from harness.run.costs import Costs
from harness.run.display import Took


def work(trainings, claims, runs=2):
    """A plan whose claims share trainings; every job of a claim is one of several runs."""
    jobs, wants = {}, {}
    for run in range(runs):
        for name, seconds in enumerate(trainings):
            key = f"train {name} {run}"
            jobs[key] = Job(Verb.TRAIN, Chore(f"train {name}", seconds), key, {}, run, 0, key)
        for name, (seconds, needs) in enumerate(claims):
            key = f"measure {name} {run}"
            given = {str(need): Input(f"train {need % len(trainings)} {run}") for need in needs}
            jobs[key] = Job(Verb.MEASURE, Chore(f"measure {name}", seconds), key, given, run, 0, key)
            wants.setdefault(f"claim {name}", []).append(key)
    costs = Costs(Plan(jobs, {}), Shelf())
    costs.__dict__["known"] = {}
    return costs, wants


def do(costs, agenda, keys, took=None):
    for job in costs.missing(keys):
        costs.store.there.add(job.key)
        costs.learn(job, Took(job.recipe.seconds if took is None else took(job)))
        agenda.settle(job)


seconds = st.integers(0, 100).map(float)
plans = st.tuples(
    st.lists(seconds, min_size=1, max_size=4),
    st.lists(st.tuples(seconds, st.lists(st.integers(0, 3), max_size=3)), min_size=1, max_size=6),
)


@given(plans, st.randoms(use_true_random=False))
def test_the_next_claim_is_always_the_one_whose_missing_jobs_cost_least_by_what_is_known_then(drawn, chance):
    costs, wants = work(*drawn)
    agenda, waiting = Agenda(wants, costs), dict(wants)
    for claim in agenda:
        left = {name: costs.left(keys) for name, keys in waiting.items()}
        assert left[claim] == pytest.approx(min(left.values()))
        do(costs, agenda, waiting.pop(claim), lambda _: float(chance.randint(0, 100)))
    assert not waiting


def test_work_done_for_one_claim_brings_forward_those_that_share_it():
    costs, wants = work([10.0, 7.0], [(1.0, [0]), (9.0, [1]), (2.0, [0])])
    agenda, order = Agenda(wants, costs), []
    for claim in agenda:
        order.append(claim)
        do(costs, agenda, wants[claim])
    assert order == ["claim 0", "claim 2", "claim 1"]


def test_a_claim_that_proves_dearer_than_hinted_puts_its_like_back():
    costs, wants = work([1.0, 1.0], [(1.0, [0]), (2.0, [0]), (5.0, [1])])
    wants["claim 0"] = wants["claim 0"][:1]
    agenda, order = Agenda(wants, costs), []
    for claim in agenda:
        order.append(claim)
        do(costs, agenda, wants[claim], lambda job: 100.0 if job.verb is Verb.TRAIN and "train 0" in job.name else 1.0)
    assert order == ["claim 0", "claim 2", "claim 1"]


def test_claims_of_equal_cost_keep_the_papers_order():
    costs, wants = work([1.0], [(1.0, [0])] * 5)
    assert list(Agenda(wants, costs)) == list(wants)


def test_a_thousand_claims_are_put_in_order_in_a_moment():
    def put_in_order():
        costs, wants = work([5.0] * 50, [(float(n % 7), [n % 50, n % 49]) for n in range(1000)], runs=3)
        agenda = Agenda(wants, costs)
        for claim in agenda:
            do(costs, agenda, wants[claim])

    assert least_seconds(put_in_order, enough=5) < 5

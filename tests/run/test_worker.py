import threading
import time
from contextlib import ExitStack
from dataclasses import replace

import fakes
import numpy as np
import pytest

from harness.errors import Infeasible
from harness.examples import Value
from harness.plan import Verb
from harness.planner import make_plan
from harness.record.payloads import mistake
from harness.run.crew import shared_processors
from harness.run.deadline import Deadline
from harness.run.environment import find_environment
from harness.run.executor import Executor
from harness.run.worker import SharedExecutor, Step, take_jobs
from harness.sharing.leases import Leases
from harness.sharing.presence import FOLDER, Roster, present, this_process
from harness.spec.reading.load import load
from harness.store import ARRAYS, ENTRY, Store


@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    with fakes.registered(monkeypatch):
        yield


@pytest.fixture
def worker(tmp_path):
    """Returns a function that gives the executor of a worker of its own on one store."""
    spec = load(fakes.write_pack(tmp_path / "pack"))
    plan, store = make_plan(spec, spec.paper.claims, (1, 2, 3)), Store(tmp_path / "store", "fake-cpu", mistake)
    with ExitStack() as stack:

        def make(machine="here", **given):
            me = replace(this_process(), machine=machine)
            (tmp_path / "store").mkdir(exist_ok=True)
            stack.enter_context(present(store.root, me))
            leases = Leases(store.root, store.platform, me, Roster(store.root))
            display = fakes.Told()
            return SharedExecutor(plan, store, find_environment("cpu"), (), display, **given, leases=leases)

        yield make


def job_of(executor, verb):
    return next(job for job in executor.begin() if job.verb is verb)


def stored(executor):
    return {key: executor.stored(key) for key in executor.plan.all_keys}


def test_a_worker_alone_does_everything_and_its_values_are_those_of_an_executor(worker, tmp_path):
    alone = worker()
    take_jobs([alone])
    plain = Executor(alone.plan, Store(tmp_path / "other", "fake-cpu"), alone.environment, (), fakes.Told())
    plain.run()
    assert stored(alone) == stored(plain)
    assert all(isinstance(value, Value) for value in stored(alone).values())
    assert len(alone.done) == len({job.key for job in alone.done})
    assert list((alone.leases.folder).iterdir()) == []


def test_two_workers_share_the_jobs_and_each_is_done_once(worker):
    one, two = worker(), worker()
    two._perform = lambda *given: (time.sleep(0.002), Executor._perform(two, *given))[1]
    threads = [threading.Thread(target=take_jobs, args=([each],)) for each in (one, two)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    kept = [[job.key for job in each.done if job.verb.keeps_result] for each in (one, two)]
    assert all(kept)
    assert sorted(kept[0] + kept[1]) == sorted(key for key, job in one.plan.jobs.items() if job.verb.keeps_result)
    assert stored(one) == stored(two)


def test_a_job_that_another_worker_has_waits_and_what_needs_it_too(worker):
    one, two = worker(), worker()
    train = job_of(one, Verb.TRAIN)
    lease = one.leases.claim(train.key)
    assert two.attempt(train) is Step.WAITS
    after = next(job for job in two.begin() if any(value.key == train.key for value in job.inputs.values()))
    assert two.attempt(after) is Step.WAITS
    one.leases.end(lease, done=False)
    assert two.attempt(train) is Step.DONE
    assert one.attempt(train) is Step.SETTLED


def test_a_worker_goes_on_with_what_a_dead_one_left(worker):
    one, two = worker(), worker()
    one.leases.claim(job_of(one, Verb.TRAIN).key)
    (one.store.root / FOLDER / one.leases.worker.name).unlink()
    take_jobs([two])
    assert all(isinstance(value, Value) for value in stored(two).values())


def test_a_result_that_was_published_since_is_used_and_not_made_again(worker):
    one, two = worker(), worker()
    train = job_of(one, Verb.TRAIN)
    one.attempt(train)
    fakes.CALLS.clear()
    two._do(train)  # as where a network file system says for a while that nothing is there
    assert fakes.CALLS["train"] == 0
    assert two.done == []


def test_who_was_taken_for_dead_goes_on_from_the_result_that_was_published_first(worker):
    one, two = worker(), worker()
    train = job_of(one, Verb.TRAIN)
    perform = two._perform

    def slow(job, *given):
        if job.key == train.key:
            made = perform(job, *given)
            (two.store.root / FOLDER / two.leases.worker.name).write_bytes(b"")  # silent, for whoever looks
            one.leases.roster.is_alive = lambda name: False
            assert one.attempt(train) is Step.DONE
            return replace(made, weights={"threshold": np.float64(0.25)})
        return perform(job, *given)

    two._perform = slow
    result = two._get(train.key)
    assert result.weights["threshold"] == one._get(train.key).weights["threshold"] != 0.25


def test_a_failure_is_noted_so_that_no_other_worker_of_the_machine_tries_it_and_one_of_another_machine_does(worker):
    fakes.FAIL["train"] = Infeasible("too large for any machine")
    one, two, three = worker("A"), worker("A"), worker("B")
    take_jobs([one])
    tried = fakes.CALLS["train"]
    assert tried > 0
    take_jobs([two])
    assert fakes.CALLS["train"] == tried
    assert stored(two) == stored(one)
    take_jobs([three])
    assert fakes.CALLS["train"] == 2 * tried


def test_what_was_noted_of_failures_gives_the_reasons_of_claims_without_trying(worker):
    fakes.FAIL["craft"] = Infeasible("too large for any machine")
    one = worker()
    take_jobs([one])
    plain = Executor(one.plan, one.store, one.environment, (), fakes.Told())
    own = {key: why for key, why in one.failures.items() if one.plan.jobs[key].verb is Verb.CRAFT}
    plain.note_failures(own)
    assert stored(plain) == stored(one)


@pytest.mark.parametrize("name", [ENTRY, ARRAYS])
def test_a_damaged_result_is_computed_again_by_one_worker(worker, name):
    one = worker()
    take_jobs([one])
    before = stored(one)
    train = next(job for job in one.plan.jobs.values() if job.verb is Verb.TRAIN)
    (one.store.folder("train", train.key) / name).write_bytes(b"damaged")
    measured = next(
        job for job in one.plan.jobs.values() if job.verb is Verb.MEASURE and train in one.plan.upstream([job.key])
    )
    one.store.remove("measure", measured.key)
    fakes.CALLS.clear()
    two, three = worker(), worker()
    take_jobs([two])
    take_jobs([three])
    assert stored(three) == before
    assert one.store.load("train", train.key) is not None
    assert fakes.CALLS["train"] <= 1


def test_no_job_is_begun_after_the_time_limit_and_the_reason_is_the_limit(worker):
    one = worker(deadline=Deadline.after(0))
    take_jobs([one])
    assert {value.reason for value in stored(one).values()} == {"time-limit"}
    assert one.done == []


def test_a_worker_whose_time_is_over_does_not_wait_for_what_others_do(worker):
    one, two = worker(), worker(deadline=Deadline(at=time.monotonic() - 1, worked=True))
    for job in one.begin():
        one.leases.claim(job.key)
    take_jobs([two])
    assert two.done == []


@pytest.mark.parametrize(("processors", "count", "shares"), [
    ([0, 1], 2, [[0], [1]]),
    ([0, 1, 2, 3, 4], 2, [[0, 1], [2, 3, 4]]),
    ([4, 7], 3, [[4], [7], [4]]),
    ([3], 1, [[3]]),
])  # fmt: skip
def test_processors_are_shared_out_whole_and_none_is_left_over(processors, count, shares, monkeypatch):
    monkeypatch.setattr("harness.run.crew._processors", lambda: processors)
    assert [shared_processors(place, count) for place in range(count)] == shares

from dataclasses import dataclass

import pytest
from fakes import Chore, Shelf

from harness.plan import Job, Plan, Verb
from harness.run.costs import Costs
from harness.run.display import Took


@dataclass(frozen=True)
class Training(Chore):
    """A recipe under a budget: another one than under other budgets."""

    budget: str = ""

    def fingerprint(self):
        return f"{self.name} {self.budget}"


def job(name, seconds, budget):
    return Job(Verb.TRAIN, Training(name, seconds, budget), name, {}, 1, 0, f"{name} {budget}")


def after(done):
    """The costs that a later process finds once these jobs took so long, without compiling."""
    before, later = Costs(Plan({}, {}), Shelf()), Costs(Plan({}, {}), Shelf())
    before.__dict__["known"] = {}
    for each, took in done:
        before.learn(each, took)
    later.__dict__["known"] = before.known
    return later


def test_a_rehearsal_tells_what_each_network_will_cost_by_its_own_pace():
    costs = after([(job("small", 10, "rehearsal"), Took(1.0)), (job("large", 20, "rehearsal"), Took(60.0))])
    assert costs.of(job("small", 500, "audit")) == pytest.approx(50)
    assert costs.of(job("large", 1000, "audit")) == pytest.approx(3000)


def test_a_network_that_was_never_trained_is_expected_to_keep_the_pace_of_its_kind():
    costs = after([(job("small", 10, "rehearsal"), Took(1.0)), (job("large", 20, "rehearsal"), Took(59.0))])
    assert costs.of(job("new", 100, "audit")) == pytest.approx(200)


def test_compiling_is_no_part_of_the_pace_and_is_expected_once_for_a_kind():
    costs = after([(job("small", 10, "rehearsal"), Took(4.0, compiling=3.0))])
    audit = [job("small", 500, "audit"), job("other", 10, "audit")]
    assert costs.of(audit[0]) == pytest.approx(50)
    assert costs.compiling(audit) == pytest.approx(3.0)

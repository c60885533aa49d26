"""The short form of `make faults`; and what watches the trials sees what it must not miss."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from faults import foreign, kept, machine, packs
from faults.found import FOUND
from faults.page import PAGE, page
from faults.results import Results
from faults.trials import BrokenPromiseError, Outcome, Sort, run
from faults.workers import CAME, come_of

SORTS = {sort.name: sort for sort in (*packs.SORTS, *kept.SORTS, *foreign.SORTS)}
TRIALS = {"packs": 40, "packs verified": 4, "records": 6, "bundles": 10, "exports": 6, "stores": 3}
ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize("name", SORTS)
def test_hostile_input_ends_in_a_use_or_a_clean_error(name):
    trials = TRIALS.get(name, 25)
    outcome = run(SORTS[name], range(trials), seed=1)
    assert outcome.broken == []
    assert outcome.count.total() == trials


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return machine.Machine(tmp_path_factory.mktemp("machine"))


@pytest.mark.slow
@pytest.mark.parametrize("name", machine.FAULTS)
def test_whatever_happens_to_the_machine_the_next_run_has_the_values_of_an_undisturbed_one(lab, name):
    outcome = machine.FAULTS[name](lab, **machine.QUICK.get(name, {}))
    assert outcome.broken == []
    assert outcome.count.total() > 1


SEEN = {"trials": 5, "killed": 17, "lost": 2, "equal": 5, "each once": 5, "left behind": 0}
"""What workers on one machine saw in trials in which no promise broke."""


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"equal": 4}, "1 of 5 trials ended with other values"), ({"each once": 3}, "2 of 5 trials ended"), ({"saved twice": 1}, "saved twice 1 times"),
        ({"left behind": 1}, "left behind"), ({"ended badly": 2}, "ended badly 2 times"), ({"late": 1}, "late 1 times"),
    ],
)  # fmt: skip
def test_workers_that_break_a_promise_are_told_and_their_trials_do_not_count(seen, said):
    outcome = come_of({"one machine": SEEN | seen}, "workers killed")
    assert [said in each for each in outcome.broken] == [True]
    assert outcome.count.total() == 5
    assert outcome.count[f"one machine: {CAME}"] == min(5, seen.get("equal", 5), seen.get("each once", 5))


def test_workers_of_many_machines_may_be_taken_for_dead_and_what_they_do_in_vain_is_told():
    outcome = come_of({"one machine": SEEN, "many machines": SEEN | {"late": 1, "beside another": 1}}, "workers killed")
    assert outcome.broken == []
    assert outcome.beside == {
        "SIGKILLs": 34,
        "jobs lost with their worker, and taken by another": 4,
        "jobs done twice": 1,
    }


def use(what):
    """A sort whose input is nothing, and whose use does this."""
    return Sort("probe", "nothing", lambda inside, drawn: "nothing", what)


def outside(inside):
    (inside.parent / "outside" / "mine").write_text("")
    return "used"


def renamed(inside):
    (inside / "a").write_text("")
    (inside / "a").rename(inside.parent / "a")
    return "used"


def through_a_link(inside):
    (inside / "link").symlink_to(inside.parent / "outside")
    (inside / "link" / "mine").write_text("")
    return "used"


def descriptor(inside):
    os.close(os.open(inside.parent / "outside" / "secret", os.O_WRONLY | os.O_TRUNC))
    return "used"


def program(inside):
    subprocess.run(["true"], check=True)
    return "used"


def endless(inside):
    while True:
        pass


def failing(inside):
    raise KeyError("x")


def dying(inside):
    os.kill(os.getpid(), signal.SIGSEGV)
    return "used"


def hungry(inside):
    return "used" if bytearray(2**33) else "refused"


def untidy(inside):
    (inside.parent / "scratch" / "left").write_text("")
    return "used"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "said"),
    [
        (outside, "open .*/outside/mine"), (renamed, "os.rename .*/a$"), (through_a_link, "open .*/outside/mine"), (descriptor, "open .*/outside/secret"),
        (program, "subprocess.Popen"), (failing, "KeyError: 'x'"), (dying, "ended with the status -11"), (hungry, "MemoryError"), (untidy, "left left in"),
    ],
)  # fmt: skip
def test_a_use_that_breaks_a_promise_is_seen_and_the_trials_go_on(what, said):
    outcome = run(use(what), range(2))
    assert outcome.count == {"broken": 2}
    assert all(re.search(said, each) for each in outcome.broken), outcome.broken


@pytest.mark.slow
def test_a_use_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr("faults.trials.STUCK", 0.5)
    assert "StuckError" in run(use(endless), range(1)).broken[0]


def test_a_trial_is_drawn_from_its_number_alone():
    def tell(inside, drawn):
        (inside / "x").write_text(str(drawn.random()))
        return "a number"

    def say(inside):
        raise BrokenPromiseError((inside / "x").read_text())

    sort = Sort("told", "a number", tell, say)
    both = run(sort, range(3)).broken
    assert both[1:] == run(sort, range(1, 3)).broken
    assert len(set(both)) == 3


@pytest.mark.parametrize("defect", FOUND, ids=lambda defect: defect.test.rpartition("::")[2])
def test_every_defect_that_was_found_has_a_test_that_names_it(defect):
    file, _, name = defect.test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_page_says_what_came_of_the_last_run():
    results = Results(HERE / "results.json")
    assert PAGE.read_text(encoding="utf-8") == page(results, SORTS)
    assert results.broken == []


def test_a_run_goes_on_where_another_stopped(tmp_path):
    results, came = Results(tmp_path / "r.json"), run(use(lambda inside: "used"), range(3))
    results.add("probe", came, range(3))
    results.add("probe", came, range(6, 9))
    again = Results(tmp_path / "r.json")
    assert (again.trials("probe"), again.left("probe", range(10))) == (6, [3, 4, 5, 9])
    came.beside["kills"] = 2
    again.add("probe", came, range(3, 6))
    again.add("probe", Outcome("probe", beside=came.beside))
    assert again.parts["probe"]["beside"] == {"kills": 4}
    assert Results(tmp_path / "r.json").parts["probe"]["done"] == [[0, 9]]
    assert Results(tmp_path / "r.json", anew=True).trials("probe") == 0


def test_a_trial_that_broke_a_promise_is_repeated_by_the_next_run(tmp_path):
    results = Results(tmp_path / "r.json")
    results.add("probe", run(use(failing), range(4, 6)), range(4, 6))
    assert len(results.broken) == 2
    assert results.take_broken("probe") == [4, 5]
    assert (results.broken, results.trials("probe"), results.take_broken("probe")) == ([], 0, [])

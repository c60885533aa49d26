import re

import fakes
import pytest
from rich.console import Console

from harness.audit import Audited, Options, prepare, verify
from harness.plan import Verb
from harness.report import Rendered
from harness.summary import outline, summarise


@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    with fakes.registered(monkeypatch):
        yield


@pytest.fixture
def pack(tmp_path):
    return fakes.write_pack(tmp_path / "specs" / "fakes", paper=fakes.PAPER + fakes.READINGS)


@pytest.fixture
def planned(pack, tmp_path):
    """What ``plan`` prints with these options, as lines."""

    def lines(**options):
        console = Console(width=120, record=True, file=(tmp_path / "console").open("w"))
        for prepared in prepare([pack], Options(store=tmp_path / "store", device="cpu", **options)):
            outline(prepared, console)
        return console.export_text().splitlines()

    return lines


def line_of(lines, label):
    return next(line for line in lines if line.startswith(label))


def test_a_plan_without_other_readings_does_not_speak_of_them(planned):
    assert not [line for line in planned() if "reading" in line]


def test_a_plan_says_which_other_readings_are_tried_and_what_each_costs(planned):
    lines = planned(readings="all")
    assert any("every combination" in line for line in lines)
    for label in ("luck=much", "distance=far", "luck=much, distance=far"):
        assert re.search(r"\d+ +\d+ +[\d.]+ s", line_of(lines, label))
    assert any(line.startswith("3 points") for line in lines)


def test_what_the_chosen_readings_need_anyway_is_no_cost_of_another_reading(planned, pack, tmp_path):
    (prepared,) = prepare([pack], Options(store=tmp_path / "store", device="cpu", readings="distance=far"))
    jobs = prepared.branches[0].plan.jobs.values()
    own = [job for job in jobs if job.key not in prepared.plan.jobs]
    assert {job.verb for job in own} == {Verb.CRAFT, Verb.MEASURE}
    assert int(line_of(planned(readings="distance=far"), "distance=far").split()[2]) == len(own)


def test_a_reading_that_touches_no_selected_claim_is_said(planned):
    lines = planned(readings="luck=much", patterns=("table-1/sure/error",))
    assert any("1 point; 1 point more touch no claim selected" in line for line in lines)


def test_readings_that_were_tried_cost_nothing_any_more(planned, pack, tmp_path):
    verify([pack], Options(store=tmp_path / "store", out=tmp_path / "reports", device="cpu", readings="distance=far"))
    assert line_of(planned(readings="distance=far"), "distance=far").split() == ["distance=far", "4"]


@pytest.mark.parametrize("why", ["", "Its data are others."])
def test_a_demonstration_is_called_that_where_its_outcome_is_told(why, tmp_path):
    console = Console(width=120, record=True, file=(tmp_path / "console").open("w"))
    summarise([Audited("p", (), tmp_path, Rendered((), ()), demonstration=why)], console)
    assert ("A demonstration, not a replication: Its data are others." in console.export_text()) == bool(why)

import re
from dataclasses import replace

import fakes
import pytest
from rich.console import Console

from harness.errors import UsageError
from harness.judge import exit_status
from harness.pipeline import prepare, verify
from harness.plan import Verb
from harness.prepared import Options
from harness.terminal.commands import outline, print_summary

pytestmark = pytest.mark.usefixtures("fakes_without_pdf")


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


def test_a_plan_says_in_one_line_how_many_printed_numbers_have_a_claim(planned):
    assert line_of(planned(), "coverage:") == (
        "coverage: all 4 printed numbers listed in the exhibits of this pack have a claim."
    )


def test_a_summary_says_what_has_no_claim_and_why(tmp_path):
    row = '  maxout: {label: Maxout, printed: ["0.9", "0.10"], not_expressible: no maxout units}\n'
    paper = fakes.PAPER + "printed_numbers: {table-5: 3}\n"
    pack = fakes.write_pack(tmp_path / "fakes", table=fakes.CLAIMS + row, paper=paper)
    options = Options(store=tmp_path / "store", out=tmp_path / "out", device="cpu")
    console = Console(width=160, record=True, file=(tmp_path / "console").open("w"))
    audited = verify([pack], options)
    print_summary(audited, console)
    lines = console.export_text().splitlines()
    told = [line.rstrip() for line in lines if "cannot be expressed" in line or line.startswith("coverage:")]
    assert told == [
        "2 printed numbers of Table 1 cannot be expressed: no maxout units.",
        "coverage: 4 of 9 printed numbers have a claim, 2 are not expressible and 3 are in Table 5, which this pack leaves out.",
    ]
    assert exit_status(audited[0].verdicts) == exit_status(verify([fakes.write_pack(pack)], options)[0].verdicts)


@pytest.mark.parametrize("pattern", ["maxout", "fakes/table-1/maxout/*"])
def test_asking_for_what_has_no_claim_is_answered_with_the_reason(tmp_path, pattern):
    row = '  maxout: {label: Maxout, printed: ["0.9", "0.10"], not_expressible: no maxout units}\n'
    pack = fakes.write_pack(tmp_path / "fakes", table=fakes.CLAIMS + row)
    with pytest.raises(UsageError, match="not expressible: no maxout units"):
        prepare([pack], Options(store=tmp_path / "store", device="cpu", patterns=(pattern,)))


def test_a_plan_without_other_readings_does_not_speak_of_them(planned):
    assert not [line for line in planned() if "reading" in line]


def test_a_plan_says_which_other_readings_are_tried_and_what_each_costs(planned):
    lines = planned(readings="all")
    assert any("every combination" in line for line in lines)
    for label in ("luck=much", "distance=far", "luck=much, distance=far"):
        assert re.search(r"\d+ +\d+ +[\d.]+ s", line_of(lines, label))
    assert any(line.startswith("3 variants") for line in lines)


def test_what_the_chosen_readings_need_anyway_is_no_cost_of_another_reading(planned, pack, tmp_path):
    (prepared,) = prepare([pack], Options(store=tmp_path / "store", device="cpu", readings="distance=far"))
    jobs = prepared.planned_variants[0].plan.jobs.values()
    own = [job for job in jobs if job.key not in prepared.plan.jobs]
    assert {job.verb for job in own} == {Verb.CRAFT, Verb.MEASURE}
    assert int(line_of(planned(readings="distance=far"), "distance=far").split()[2]) == len(own)


def test_a_reading_that_touches_no_selected_claim_is_said(planned):
    lines = planned(readings="luck=much", patterns=("table-1/sure/error",))
    assert any("1 variant; 1 variant more change no claim selected" in line for line in lines)


def test_readings_that_were_tried_cost_nothing_any_more(planned, pack, tmp_path):
    verify([pack], Options(store=tmp_path / "store", out=tmp_path / "reports", device="cpu", readings="distance=far"))
    assert line_of(planned(readings="distance=far"), "distance=far").split() == ["distance=far", "4"]


@pytest.mark.parametrize("why", ["", "Its data are others."])
def test_a_demonstration_is_called_that_where_its_outcome_is_told(pack, why, tmp_path):
    (audited,) = verify([pack], Options(store=tmp_path / "store", out=tmp_path / "reports", device="cpu"))
    bibliography = audited.paper.bibliography.model_copy(update={"demonstration": why})
    shown = replace(audited, paper=audited.paper.model_copy(update={"bibliography": bibliography}))
    console = Console(width=120, record=True, file=(tmp_path / "console").open("w"))
    print_summary([shown], console)
    assert ("A demonstration, not a replication: Its data are others." in console.export_text()) == bool(why)

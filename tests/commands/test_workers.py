import re
import time

import fakes
import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.errors import Infeasible
from harness.record.file import read
from harness.run.slurm import TIME_OVER
from harness.spec.reading.load import load
from harness.store import Store


@pytest.fixture
def call(tmp_path, fakes_without_pdf):
    pack = fakes.write_pack(tmp_path / "fakes")

    def run(name, *words, status=0):
        given = [name, str(pack), "--device", "cpu", "--store", str(tmp_path / "store"), *words]
        ended = CliRunner().invoke(main, given)
        assert ended.exit_code == status, ended.output
        return ended.output

    return run


def test_work_does_every_job_and_verify_then_does_none(call, tmp_path):
    reports = ("--out", str(tmp_path / "reports"))
    assert "fakes: 62 jobs done here" in call("work")
    fakes.CALLS.clear()
    assert "fakes: 0 jobs done here" in call("work")
    call("verify", *reports, status=3)
    assert not fakes.CALLS
    assert all(each.runs for each in read(tmp_path / "reports" / "fakes").measurements.values())


def test_work_ends_with_3_where_the_time_limit_left_jobs_and_with_4_where_one_could_not_be_done(call):
    assert "Not reached within the time limit" in call("work", "--time-limit", "0s", status=TIME_OVER)
    fakes.FAIL["craft"] = Infeasible("too large for any machine")
    said = call("work", status=4)
    assert "craft flip for bright on points/train: Too large for any machine." in said
    assert said.count("Too large") < 20  # what needs it is not told again


def test_a_store_that_verify_holds_is_refused_to_a_worker_and_one_that_workers_are_on_to_verify(
    call, tmp_path, monkeypatch
):
    monkeypatch.setattr("harness.store.PATIENCE", 0.1)
    platform = next(iter((tmp_path / "store").glob("*-cpu")), tmp_path / "store" / "tensorflow-cpu").name
    store = Store(tmp_path / "store", platform)
    with store.lock():
        assert "in use by another harness" in call("work", status=2)
    with store.shared():
        assert "in use by workers of harness" in call("verify", "--out", str(tmp_path / "reports"), status=2)
        assert "62 jobs done here" in call("work")


def test_slurm_writes_a_script_and_says_what_to_do_next(call, tmp_path):
    said = call("slurm", "--tasks", "3", "-o", str(tmp_path / "a.sbatch"))
    assert f"{tmp_path / 'a.sbatch'}: 3 workers for 62 jobs\nnext: sbatch {tmp_path / 'a.sbatch'}" in said
    assert "--array=1-3" in (tmp_path / "a.sbatch").read_text()


@pytest.mark.parametrize("jobs", ["0", "-1", "many", "1000"])
def test_a_number_of_workers_that_cannot_be_is_refused(call, jobs):
    assert "1 to 999, or auto" in call("verify", f"--jobs={jobs}", status=2)


def test_work_does_pilot_runs_and_verify_then_records_their_spread_and_does_none(call, tmp_path):
    assert "are not comparable" in call("work", "--pilot", "--budget", "rehearsal", status=2)
    assert "at least 3 pilot runs" in call("work", "--pilot", "--runs", "2", status=2)
    call("work", "--pilot")
    assert not (tmp_path / "fakes" / "pilot.yaml").exists()
    fakes.CALLS.clear()
    call("verify", "--pilot")
    assert not fakes.CALLS
    assert len(load(tmp_path / "fakes").paper.pilot) == 4


def test_a_cluster_takes_no_number_of_workers(call):
    assert "leave out --jobs" in call("verify", "--cluster", "auto", "--jobs", "2", status=2)


def test_margins_are_as_old_as_the_first_worker_and_one_that_is_changed_afterwards_is_late(call, tmp_path):
    call("work")
    time.sleep(1.1)  # the protocol is dated to the second
    assert "protocol-late" not in call("verify", "--out", str(tmp_path / "reports"), status=3)
    table = tmp_path / "fakes" / "claims" / "table-1.yaml"
    table.write_text(table.read_text().replace("margin: {absolute: 0.05,", "margin: {absolute: 0.06,", 1))
    call("work")
    found = call("verify", "--out", str(tmp_path / "another"), status=3)
    late = re.search(r"The protocol of (\d+) claims? begins after the first judged run", " ".join(found.split()))
    assert 0 < int(late[1]) < len(load(tmp_path / "fakes").paper.claims)

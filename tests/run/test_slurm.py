import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import fakes
import pytest
import scheduler

from harness.clusters import write_array_job
from harness.errors import UsageError
from harness.examples import Value
from harness.pipeline import Session
from harness.prepared import Options
from harness.run import slurm
from harness.run.slurm import Needs

TESTS = Path(__file__).resolve().parents[1]
NEEDS = Needs(tasks=3, processors=1, gpus=0, memory=None, time=3600, chunks=20)


@pytest.fixture(autouse=True)
def _workers_with_fakes(monkeypatch, tmp_path, fakes_without_pdf):
    monkeypatch.setattr(slurm, "PROGRAM", (sys.executable, str(TESTS / "driver.py")))
    monkeypatch.setenv("DRIVER_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS.parent), str(TESTS)]))
    (tmp_path / "log").touch()


@pytest.fixture
def written(tmp_path):
    """Returns a function that writes the array job of the pack of fakes."""
    pack, options = fakes.write_pack(tmp_path / "a pack"), Options(device="cpu", store=tmp_path / "store")

    def write(needs=NEEDS):
        return write_array_job(pack, options, needs, tmp_path / "fakes.sbatch"), pack, options

    return write


def all_values(pack, options):
    with Session(options, fakes.Told()) as session:
        (prepared,) = session.prepare([pack])
        executor = session.executor(prepared, prepared.whole)
        return [executor.stored(key) for key in executor.plan.all_keys]


def test_an_array_job_whose_node_fails_is_requeued_and_does_everything(written, tmp_path, monkeypatch):
    monkeypatch.setenv("DRIVER_SLEEP", '{"perform": 0.5}')
    job, pack, options = written()
    tasks = scheduler.run(job.file, tmp_path, failures=1)
    assert [task.statuses[-1] for task in tasks] == [0, 0, 0], (tmp_path / "task-1.log").read_text()
    assert sum(task.restarts for task in tasks) == 1
    assert all(isinstance(value, Value) for value in all_values(pack, options))


def test_a_task_whose_time_is_over_is_requeued_until_nothing_is_left(written, tmp_path):
    job, pack, options = written(replace(NEEDS, tasks=2))
    # The first chunk ends before any job is begun.
    limit = '--time-limit="$((600 * SLURM_RESTART_COUNT))s"'
    job.file.write_text(job.file.read_text().replace("--time-limit=3420s", limit))
    tasks = scheduler.run(job.file, tmp_path, failures=0)
    assert [task.statuses[-1] for task in tasks] == [0, 0]
    assert [task.restarts for task in tasks] == [1, 1]
    assert all(isinstance(value, Value) for value in all_values(pack, options))


def test_a_task_that_is_told_that_its_time_ends_stops_its_worker_and_is_requeued(written, tmp_path, monkeypatch):
    monkeypatch.setenv("DRIVER_SLEEP", '{"perform": 0.2}')
    job, _, options = written()
    task = scheduler.Task(1)
    scheduler.offer(tmp_path)
    scheduler.start(task, job.file, tmp_path)
    while (tmp_path / "log").read_text().count("perform") < 3:
        assert task.process.poll() is None
        time.sleep(0.05)
    task.process.terminate()
    asked = tmp_path / "requeue-7_1"
    while not asked.exists():
        assert task.process.poll() is None
        time.sleep(0.05)
    scheduler.end(task)
    task.process.wait()
    assert list((options.store / "workers").iterdir()) == []
    assert not list(options.store.glob("*/leases/*"))


def test_a_task_is_requeued_no_more_than_it_may(written, tmp_path, monkeypatch):
    job, *_ = written(Needs(1, 1, 0, None, 3600, 2))
    job.file.write_text(job.file.read_text().replace("--time-limit=3420s", "--time-limit=0s"))
    (task,) = scheduler.run(job.file, tmp_path, failures=0)
    assert task.restarts == 2
    assert task.statuses[-1] == slurm.TIME_OVER


def test_the_script_asks_for_what_was_asked_for_and_says_how_the_report_is_made(written):
    job, _pack, _ = written(Needs(4, 8, 1, 32, 5400, 3))
    script = job.file.read_text()
    said = scheduler.settings(script)
    assert (said["array"], said["cpus-per-task"], said["gpus-per-task"], said["mem"]) == ("1-4", "8", "1", "32G")
    assert said["time"] == "1:30:00"
    assert "--device=gpu" in script
    assert "verify" in next(line for line in script.splitlines() if "--dependency=afterany" in line)
    assert job.left > 30


def test_bash_finds_no_mistake_in_the_script_whatever_the_folders_are_called(written, tmp_path, monkeypatch):
    odd = tmp_path / "it's; $(odd)"
    odd.mkdir()
    monkeypatch.chdir(odd)
    job, *_ = written()
    assert subprocess.run(["bash", "-n", job.file], check=False).returncode == 0
    if (check := shutil.which("shellcheck")) is not None:
        assert subprocess.run([check, job.file], check=False).returncode == 0


def test_a_chunk_too_short_to_stop_in_is_refused(written):
    with pytest.raises(UsageError, match="at least 5 minutes"):
        written(Needs(1, 1, 0, None, 60, 1))

import os
import sys
import time
from pathlib import Path

import fakes
import pytest

from harness.errors import StoreError, UsageError
from harness.examples import Value
from harness.pilot import pilot
from harness.pipeline import Session, verify, work_words
from harness.plan import Verb
from harness.prepared import Options
from harness.record.file import read
from harness.record.measurement import Missing
from harness.run import crew
from harness.run.crew import Crew, chosen_count
from harness.sharing.presence import FOLDER
from harness.spec.reading.load import load

DRIVER = Path(__file__).resolve().parents[1] / "driver.py"


@pytest.fixture(autouse=True)
def _workers_with_fakes(monkeypatch, tmp_path, fakes_without_pdf):
    monkeypatch.setattr(crew, "PROGRAM", (sys.executable, str(DRIVER)))
    monkeypatch.setenv("DRIVER_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(DRIVER.parents[1]), str(DRIVER.parent)]))
    (tmp_path / "log").touch()


@pytest.fixture
def options(tmp_path):
    return Options(device="cpu", store=tmp_path / "store", out=tmp_path / "reports", jobs=2)


@pytest.fixture
def pack(tmp_path):
    return fakes.write_pack(tmp_path / "fakes")


def begun(tmp_path):
    lines = [line.split() for line in (tmp_path / "log").read_text().splitlines() if line.startswith("perform")]
    return [line[2] for line in lines if line[1] != "fetch"]


@pytest.fixture
def crew_of(options, pack):
    """Returns a function that gives a crew, and the executor of its plan, to look what is stored."""
    with Session(options, fakes.Told()) as session:

        def make(count=2, *, among=True):
            (prepared,) = session.prepare([pack])
            words = work_words(prepared, options, session.deadline)
            executor = session.executor(prepared, prepared.whole)
            if among:
                session.share(prepared)
            return Crew(words, count, "cpu", prepared.whole, prepared.store, executor.display), executor

        yield make


def test_two_workers_do_each_job_once_and_the_record_is_that_of_one(tmp_path, options, pack):
    verify([pack], options)
    (together,) = (read(tmp_path / "reports" / "fakes"),)
    assert len(begun(tmp_path)) == len(set(begun(tmp_path))) > 0
    verify([pack], Options(device="cpu", store=tmp_path / "alone", out=tmp_path / "reports-alone"))
    alone = read(tmp_path / "reports-alone" / "fakes")
    assert together.measurements == {
        claim: each.model_copy(update={"provenance": together.measurements[claim].provenance})
        for claim, each in alone.measurements.items()
    }
    assert together.jobs.keys() == alone.jobs.keys()


def test_two_workers_make_pilot_runs_and_the_spread_that_is_recorded_is_that_of_one(tmp_path, options, pack):
    pilot([pack], options)
    together = load(pack).paper.pilot
    assert len(begun(tmp_path)) == len(set(begun(tmp_path))) > 0
    (pack / "pilot.yaml").unlink()
    pilot([pack], Options(device="cpu", store=tmp_path / "alone"))
    assert together == load(pack).paper.pilot
    assert together


def test_workers_that_die_are_replaced_until_all_is_done(crew_of, monkeypatch):
    monkeypatch.setenv("DRIVER_DIES", "[60, 0]")
    mine, executor = crew_of()
    mine.run(lambda: None)
    assert all(isinstance(executor.stored(key), Value) for key in executor.plan.all_keys)
    assert any("died (SIGKILL)" in said for said in executor.display.said)
    assert mine.failures == {}


def test_a_job_that_ends_its_process_is_tried_twice_and_named_and_the_rest_is_done(crew_of, tmp_path, monkeypatch):
    mine, executor = crew_of()
    deadly = next(job for job in executor.plan.jobs.values() if job.verb is Verb.CRAFT)
    monkeypatch.setenv("DRIVER_DEADLY", f"perform craft {deadly.key}")
    mine.run(lambda: None)
    executor.note_failures(mine.failures)
    found = [executor.stored(key) for key in executor.plan.all_keys]
    lost = [each for each in found if isinstance(each, Missing)]
    assert mine.failures.keys() == {deadly.key}
    assert all("killed 2 processes, probably" in each.sentence for each in lost)
    assert 0 < len(lost) < len(found)
    assert begun(tmp_path).count(deadly.key) == 2


def test_a_user_who_stops_the_crew_stops_every_worker_and_what_is_done_is_kept(crew_of, tmp_path, options, monkeypatch):
    monkeypatch.setenv("DRIVER_SLEEP", '{"perform": 0.3}')
    mine, executor = crew_of()

    def stop_later():
        if len(begun(tmp_path)) >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mine.run(stop_later)
    assert len(list((options.store / FOLDER).iterdir())) == 1  # this process itself
    assert not list(options.store.glob("*/leases/*"))
    assert any(executor.store.has(job.verb, job.key) for job in executor.plan.jobs.values())


def test_workers_stop_when_the_process_that_started_them_is_killed(crew_of, tmp_path, options, monkeypatch):
    monkeypatch.setenv("DRIVER_SLEEP", '{"perform": 0.4}')
    mine, _ = crew_of(among=False)
    child = os.fork()
    if child == 0:
        mine.run(lambda: os._exit(1) if len(begun(tmp_path)) >= 2 else None)
    os.waitpid(child, 0)
    deadline = time.monotonic() + 60
    while list((options.store / FOLDER).iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_workers_that_cannot_be_started_are_not_started_for_ever(crew_of, monkeypatch):
    monkeypatch.setattr(crew, "PROGRAM", (sys.executable, "-c", "raise SystemExit(70)"))
    mine, _ = crew_of()
    with pytest.raises(UsageError, match="3 workers ended before they took a job"):
        mine.run(lambda: None)


def test_a_store_that_another_process_holds_is_said_so(crew_of, monkeypatch):
    mine, executor = crew_of(1, among=False)
    monkeypatch.setattr("harness.store.PATIENCE", 0.1)
    with executor.store.lock(), pytest.raises(StoreError, match=r"worker 1 ended: .*in use by another harness"):
        mine.run(lambda: None)


@pytest.mark.parametrize(("processors", "memory", "left", "count"), [
    (2, 64, 3600, 2),
    (2, 64, 59, 1),
    (8, 13, 3600, 3),
    (8, 1, 3600, 1),
    (64, 512, 3600, 16),
])  # fmt: skip
def test_the_number_of_workers_follows_processors_memory_and_work(monkeypatch, processors, memory, left, count):
    monkeypatch.setattr(crew, "_processors", lambda: list(range(processors)))
    monkeypatch.setattr(crew, "_free_memory", lambda: memory * 2**30)
    assert chosen_count("cpu", left)[0] == count


def test_on_gpus_there_is_one_worker_for_each_and_more_share_its_memory(crew_of, monkeypatch):
    monkeypatch.setattr(crew, "gpus", lambda: ["0", "3"])
    assert chosen_count("gpu", 3600)[0] == 2
    mine, _ = crew_of(3, among=False)
    mine.device = "gpu"
    assert [mine._gpu(place) for place in range(3)] == [{"CUDA_VISIBLE_DEVICES": each} for each in ("0", "3", "0")]
    shares = [mine._gpu_settings(place)["XLA_PYTHON_CLIENT_MEM_FRACTION"] for place in range(3)]
    assert shares == ["0.450", "0.900", "0.450"]


def test_the_gpus_a_user_allows_are_those_that_are_shared_out(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, GPU-5d")
    assert crew.gpus() == ["2", "GPU-5d"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert crew.gpus() == []

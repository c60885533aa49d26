import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from harness.sharing import presence
from harness.sharing.presence import FOLDER, Roster, present, started, this_process

ELSEWHERE = "another boot of another machine"


def elsewhere(seconds=30.0):
    """A worker of another machine, so that nothing but its file tells of it."""
    return replace(this_process(seconds), machine=ELSEWHERE)


@pytest.fixture
def sleeper():
    """A process of this machine, and how it is seen."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield child, replace(this_process(), process=child.pid, started=started(child.pid))
    child.kill()
    child.wait()


def leave(root, worker):
    """Leave a worker's file as a killed process does."""
    (root / FOLDER).mkdir(exist_ok=True)
    (root / FOLDER / worker.name).write_bytes(presence._content(worker, 0))


def test_a_worker_is_alive_while_its_block_runs_and_not_afterwards(tmp_path):
    worker, roster = this_process(), Roster(tmp_path)
    with present(tmp_path, worker):
        assert roster.is_alive(worker.name)
        assert [str(each) for each in roster.workers()] == [str(worker)]
    assert not roster.is_alive(worker.name)
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_process_of_this_machine_that_was_killed_is_dead_at_once_even_before_it_was_waited_for(tmp_path, sleeper):
    child, worker = sleeper
    leave(tmp_path, worker)
    assert Roster(tmp_path).is_alive(worker.name)
    os.kill(child.pid, signal.SIGKILL)
    while started(child.pid):
        time.sleep(0.01)
    assert not Roster(tmp_path).is_alive(worker.name)


def test_another_process_that_was_given_a_dead_workers_process_id_is_not_taken_for_it(tmp_path, sleeper):
    worker = replace(sleeper[1], started="1")
    leave(tmp_path, worker)
    assert not Roster(tmp_path).is_alive(worker.name)


def test_a_silent_worker_of_another_machine_is_dead_after_its_own_time_and_not_before(tmp_path, monkeypatch):
    worker, roster, now = elsewhere(seconds=20.0), Roster(tmp_path), 1000.0
    monkeypatch.setattr(presence.time, "monotonic", lambda: now)
    leave(tmp_path, worker)
    assert roster.is_alive(worker.name)
    now += 19.9
    assert roster.is_alive(worker.name)
    now += 0.2
    assert not roster.is_alive(worker.name)


def test_a_worker_that_renews_its_file_stays_alive_whatever_the_clocks_of_the_machines_say(tmp_path, monkeypatch):
    worker, roster, now = elsewhere(seconds=0.3), Roster(tmp_path), 1000.0
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(presence.time, "monotonic", lambda: now)
    file = tmp_path / FOLDER / worker.name
    with present(tmp_path, worker):
        os.utime(file, (0, 0))
        for _ in range(5):
            assert roster.is_alive(worker.name)
            before = file.read_bytes()
            while file.read_bytes() == before:
                time.sleep(0.01)
            now += 0.29
    assert now > 1000.0 + 4 * worker.seconds


def test_a_stopped_worker_of_this_machine_is_dead_after_its_time_and_alive_when_it_goes_on(
    tmp_path, sleeper, monkeypatch
):
    worker, roster, now = sleeper[1], Roster(tmp_path), 1000.0
    monkeypatch.setattr(presence.time, "monotonic", lambda: now)
    leave(tmp_path, worker)
    assert roster.is_alive(worker.name)
    now += 31
    assert not roster.is_alive(worker.name)
    (tmp_path / FOLDER / worker.name).write_bytes(presence._content(worker, 1))
    assert roster.is_alive(worker.name)


def test_who_wants_the_store_alone_waits_for_a_dead_worker_of_another_machine_and_forgets_it(tmp_path):
    leave(tmp_path, elsewhere(seconds=0.3))
    start = time.monotonic()
    assert Roster(tmp_path).living() == []
    assert time.monotonic() - start >= 0.3
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_who_wants_the_store_alone_is_told_of_a_worker_of_another_machine_as_soon_as_it_renews_its_file(tmp_path):
    worker = elsewhere(seconds=6.0)
    with present(tmp_path, worker):
        start = time.monotonic()
        assert Roster(tmp_path).living() == [str(worker)]
        assert time.monotonic() - start < 5.5  # it renews its file every second


def test_a_worker_that_ends_meanwhile_is_not_among_the_living(tmp_path):
    worker = elsewhere(seconds=5.0)
    leave(tmp_path, worker)
    child = os.fork()
    if child == 0:
        time.sleep(0.2)
        (tmp_path / FOLDER / worker.name).unlink()
        os._exit(0)
    assert Roster(tmp_path).living() == []
    os.waitpid(child, 0)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"name": 3}', b"null", b'{"seconds": 1e999}', b"\xff" * 100])
def test_a_file_that_is_not_whole_is_alive_until_its_time_is_over(tmp_path, content, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(presence.time, "monotonic", lambda: now)
    name, roster = "0" * 16, Roster(tmp_path)
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / name).write_bytes(content)
    assert not roster.forget_the_gone()
    assert roster.is_alive(name)
    now += presence.SECONDS + 1
    assert not roster.is_alive(name)


def test_files_of_other_origin_among_the_workers_stay(tmp_path):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "notes.txt").write_text("precious")
    assert Roster(tmp_path).forget_the_gone()
    assert Roster(tmp_path).living() == []
    assert (tmp_path / FOLDER / "notes.txt").read_text() == "precious"

import errno
import os
import signal
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.files import UnfitError
from harness.locks import InUseError, hold


def test_who_holds_a_lock_is_told_and_the_file_is_gone_afterwards(tmp_path):
    with hold(tmp_path / "lock"):
        with pytest.raises(InUseError, match=f"process {os.getpid()}"), hold(tmp_path / "lock"):
            pass
        assert (tmp_path / "lock").read_text() == str(os.getpid())
    assert not (tmp_path / "lock").exists()


def test_a_file_that_a_killed_process_left_is_taken_over(tmp_path):
    (tmp_path / "lock").write_text("12345678")
    with hold(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_a_lock_on_a_file_its_last_owner_has_just_removed_is_not_taken_for_one(tmp_path, monkeypatch):
    """The file goes between our opening it and our locking it; what we then hold, nobody else can see."""
    from harness import locks

    flock, times = locks.fcntl.flock, []

    def late(handle, how):
        times.append(handle)
        if len(times) == 1:
            (tmp_path / "lock").unlink()
        flock(handle, how)

    monkeypatch.setattr(locks.fcntl, "flock", late)
    with hold(tmp_path / "lock"), pytest.raises(InUseError), hold(tmp_path / "lock"):
        pass
    assert len(times) == 3


def test_an_error_in_the_block_lets_go_and_is_not_taken_for_one_of_the_lock(tmp_path):
    with pytest.raises(BlockingIOError, match="mine"), hold(tmp_path / "lock"):
        raise BlockingIOError("mine")
    with hold(tmp_path / "lock"):
        pass


@given(st.binary(min_size=1, max_size=40).filter(lambda content: not (content.isdigit() and content[:1] != b"0")))
def test_a_file_of_other_origin_is_refused_and_stays_as_it_is(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("held") / "lock"
    file.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.locks.PATIENCE", 0.0)
        with pytest.raises(UnfitError, match="found a file that harness did not write"), hold(file):
            pass
    assert file.read_bytes() == content


@pytest.mark.parametrize("kind", ["file", "folder", "nothing", "itself", "FIFO", "lock"])
def test_a_link_is_refused_and_what_it_leads_to_stays_as_it_is(tmp_path, kind):
    target = tmp_path / "target"
    if kind in {"file", "lock"}:
        target.write_text("precious" if kind == "file" else "12345")
    elif kind == "folder":
        target.mkdir()
    elif kind == "FIFO":
        os.mkfifo(target)
    (tmp_path / "lock").symlink_to("lock" if kind == "itself" else "target")
    with pytest.raises(UnfitError, match="found a symbolic link"), hold(tmp_path / "lock"):
        pass
    assert (tmp_path / "lock").is_symlink()
    assert target.exists() is (kind not in {"nothing", "itself"})
    assert kind not in {"file", "lock"} or target.read_text() == ("precious" if kind == "file" else "12345")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_whatever_else_has_the_name_of_a_lock_is_refused_at_once(tmp_path, make):
    make(tmp_path / "lock")
    with pytest.raises(UnfitError, match="expected a regular file"), hold(tmp_path / "lock"):
        pass
    assert (tmp_path / "lock").exists()


def test_a_file_put_in_a_locks_place_while_it_is_held_is_not_removed_with_it(tmp_path):
    with hold(tmp_path / "lock"):
        (tmp_path / "lock").unlink()
        (tmp_path / "lock").write_text("precious")
    assert (tmp_path / "lock").read_text() == "precious"


def test_a_lock_that_is_still_empty_is_waited_for_and_not_taken_for_a_file_of_other_origin(tmp_path):
    """Between making the file and writing its number into it, another process may look."""
    (tmp_path / "lock").write_bytes(b"")
    writes = threading.Timer(0.1, (tmp_path / "lock").write_text, ["12345"])
    writes.start()
    with hold(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == str(os.getpid())
    writes.join()


def test_an_empty_lock_that_a_process_killed_while_it_made_it_left_is_taken_over_and_not_waited_for_for_ever(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("harness.locks.PATIENCE", 0.2)
    child = os.fork()
    if child == 0:
        monkeypatch.setattr("harness.locks._sign", lambda _: os.kill(os.getpid(), signal.SIGKILL))
        with hold(tmp_path / "lock"):
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert (tmp_path / "lock").read_bytes() == b""
    with hold(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_an_empty_lock_that_a_process_holds_is_in_use(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.locks.PATIENCE", 0.1)
    with hold(tmp_path / "lock"):
        os.truncate(tmp_path / "lock", 0)
        with pytest.raises(InUseError, match="process that has just begun"), hold(tmp_path / "lock"):
            pass


def test_a_full_disk_leaves_no_empty_lock_behind(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("harness.locks._sign", full)
    with pytest.raises(OSError, match="No space left"), hold(tmp_path / "lock"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_file_that_cannot_be_removed_ends_nothing_and_is_taken_by_the_next(tmp_path, monkeypatch):
    file = tmp_path / "lock"

    def broken(*_, **__):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch, hold(file):
        patch.setattr(Path, "unlink", broken)
    assert file.read_text() == str(os.getpid())
    with hold(file):
        pass
    assert not file.exists()

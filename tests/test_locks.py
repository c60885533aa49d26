import os

import pytest

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

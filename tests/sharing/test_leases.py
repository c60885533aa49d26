import json
import multiprocessing
from contextlib import ExitStack
from dataclasses import replace

import pytest

from harness.errors import StoreError
from harness.sharing import presence
from harness.sharing.leases import Leases, all_leases, remove_leases
from harness.sharing.presence import FOLDER as WORKERS
from harness.sharing.presence import Roster, present, this_process

KEY, OTHER = "a1" * 32, "b2" * 32
WHY = {"reason": "failed", "sentence": "It broke."}


@pytest.fixture
def join(tmp_path):
    """Returns a function that has a worker join."""
    with ExitStack() as stack:

        def joined(machine="here"):
            worker = replace(this_process(), machine=machine)
            stack.enter_context(present(tmp_path, worker))
            return Leases(tmp_path, "x-cpu", worker, Roster(tmp_path))

        yield joined


def die(leases):
    """Make a worker dead, as far as others see."""
    (leases.root / WORKERS / leases.worker.name).unlink()


def files(leases):
    return sorted(path.name for path in leases.folder.iterdir())


def test_a_job_is_claimed_once_and_another_job_beside_it(join):
    one, two = join(), join()
    assert one.claim(KEY) is not None
    assert two.claim(KEY) is None
    assert two.claim(OTHER) is not None


def test_a_lease_that_was_given_back_can_be_claimed_again(join):
    one, two = join(), join()
    one.end(one.claim(KEY), done=False)
    assert two.claim(KEY).number == 1


def test_a_dead_workers_lease_passes_to_one_of_those_that_find_it(join):
    one, two, three = join(), join(), join()
    one.claim(KEY)
    die(one)
    taken = [each.claim(KEY) for each in (two, three)]
    assert [lease and lease.number for lease in taken] == [2, None]


def _claim(root, ready, go, won):
    worker = this_process()
    with present(root, worker):
        leases = Leases(root, "x-cpu", worker, Roster(root))
        ready.release()
        go.wait(30)
        lease = leases.claim(KEY)
        won.put((worker.process, lease.number if lease else 0))
        done.wait(30)


done = multiprocessing.get_context("fork").Event()


def test_of_processes_that_find_a_worker_dead_at_once_one_alone_takes_its_job(tmp_path, join):
    fork = multiprocessing.get_context("fork")
    for _ in range(5):
        dead = join()
        remove_leases(tmp_path, "x-cpu")
        dead.claim(KEY)
        die(dead)
        done.clear()
        ready, go, won = fork.Semaphore(0), fork.Event(), fork.Queue()
        crowd = [fork.Process(target=_claim, args=(tmp_path, ready, go, won)) for _ in range(6)]
        for each in crowd:
            each.start()
        for _ in crowd:
            assert ready.acquire(timeout=30)
        go.set()
        numbers = sorted(won.get(timeout=30)[1] for _ in crowd)
        done.set()
        for each in crowd:
            each.join()
        assert numbers == [0, 0, 0, 0, 0, 2]


def test_who_was_taken_for_dead_cannot_take_away_the_lease_of_who_followed(join):
    one, two, three = join(), join(), join()
    old = one.claim(KEY)
    die(one)
    new = two.claim(KEY)
    one.end(old, done=True)
    one.note_failure(old, WHY)
    assert three.claim(KEY) is None
    assert three.failure(KEY) is None
    two.end(new, done=True)
    assert files(two) == []


def test_who_was_taken_for_dead_claims_nothing_more(join):
    one = join()
    die(one)
    with pytest.raises(StoreError, match="taken for dead; start it again"):
        one.claim(KEY)


def test_a_lease_of_who_was_killed_before_it_wrote_its_name_is_lost_after_a_while(join, monkeypatch):
    one, now = join(), 1000.0
    monkeypatch.setattr(presence.time, "monotonic", lambda: now)
    one.folder.mkdir(parents=True)
    (one.folder / f"{KEY}.1").touch()
    assert one.claim(KEY) is None
    now += presence.SECONDS - 1
    assert one.claim(KEY) is None
    now += 2
    assert one.claim(KEY).number == 2


def test_a_failure_is_known_to_workers_of_the_same_machine_alone(join):
    one, same, other = join("A"), join("A"), join("B")
    one.note_failure(one.claim(KEY), WHY)
    assert same.failure(KEY) == WHY
    assert other.failure(KEY) is None
    lease = other.claim(KEY)
    assert lease.number == 2
    other.end(lease, done=False)
    assert same.failure(KEY) == WHY
    lease = other.claim(KEY)
    other.end(lease, done=True)
    assert files(one) == []


def test_the_workers_that_died_at_a_job_are_counted_and_those_that_gave_it_back_are_not(tmp_path, join):
    one, two, three = join(), join(), join()
    one.end(one.claim(KEY), done=False)
    one.claim(KEY)
    die(one)
    two.claim(KEY)
    die(two)
    lease = three.claim(KEY)
    assert three.deaths(lease) == 2
    assert [each.number for each in all_leases(tmp_path, "x-cpu")] == [1, 2, 3]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"worker": "../../x", "machine": "", "failed": null}', b"\xff\xff"])
def test_a_lease_that_is_not_whole_is_anothers_until_its_time_is_over(join, content):
    one = join()
    one.folder.mkdir(parents=True)
    (one.folder / f"{KEY}.1").write_bytes(content)
    assert one.claim(KEY) is None


def test_other_files_among_the_leases_stay(tmp_path, join):
    one = join()
    one.claim(KEY)
    (one.folder / "notes.txt").write_text("precious")
    (one.folder / f"{OTHER}.x").write_text("precious")
    remove_leases(tmp_path, "x-cpu")
    assert files(one) == [f"{OTHER}.x", "notes.txt"]


def test_a_link_in_the_leases_place_is_not_followed(tmp_path, join):
    one = join()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / f"{KEY}.1").write_text(json.dumps({"worker": "", "machine": "", "failed": None}))
    one.folder.parent.mkdir()
    one.folder.symlink_to(tmp_path / "elsewhere")
    remove_leases(tmp_path, "x-cpu")
    assert (tmp_path / "elsewhere" / f"{KEY}.1").exists()
    with pytest.raises(StoreError, match="symbolic link"):
        one.claim(KEY)

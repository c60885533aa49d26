import errno
import hashlib
import io
import os
import pickle
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.journal import KEPT_DAYS, FileJournal, expire


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "journal"


def written(path, count=3, head="here"):
    journal = FileJournal(path, head)
    for i in range(count):
        journal.note(number=np.int64(i), array=np.arange(4.0) + i)
    journal.close()
    return journal


def numbers(path, head="here"):
    journal = FileJournal(path, head)
    found = [int(note["number"]) for note in journal.notes()]
    journal.close()
    return found


def test_notes_come_back_in_order_with_their_arrays(path):
    written(path)
    notes = list(FileJournal(path, "here").notes())
    assert [int(note["number"]) for note in notes] == [0, 1, 2]
    np.testing.assert_array_equal(notes[2]["array"], np.arange(4.0) + 2)


def test_a_journal_never_written_holds_no_notes_and_makes_no_file(path):
    assert numbers(path) == []
    assert not path.exists()


def test_new_notes_follow_those_that_were_read(path):
    written(path)
    journal = FileJournal(path, "here")
    assert len(list(journal.notes())) == 3
    journal.note(number=np.int64(3))
    journal.close()
    assert numbers(path) == [0, 1, 2, 3]


def test_notes_of_other_source_or_another_machine_are_removed(path):
    written(path, head="there")
    assert numbers(path) == []
    assert not path.exists()


def test_a_file_cut_anywhere_keeps_the_whole_notes_before_the_cut(path):
    written(path)
    whole = path.read_bytes()
    for end in range(0, len(whole), 37):
        path.write_bytes(whole[:end])
        assert numbers(path) == list(range(len(numbers(path))))
        path.write_bytes(whole[:end])
        journal = FileJournal(path, "here")
        before = len(list(journal.notes()))
        journal.note(number=np.int64(before))
        journal.close()
        assert numbers(path) == list(range(before + 1))


def test_a_flipped_bit_ends_what_is_believed(path):
    written(path)
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    assert numbers(path) == [0, 1]


def test_a_length_that_cannot_be_is_no_reason_to_read_on(path):
    written(path, count=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\xff" * 40 + b"rest")
    assert numbers(path) == []


def test_forgetting_leaves_nothing(path):
    written(path).forget()
    assert not path.exists()
    assert numbers(path) == []


def test_a_folder_that_cannot_be_written_costs_the_notes_alone(path):
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_text("a file where the folder should be")
    written(path)
    assert path.parent.read_text() == "a file where the folder should be"
    assert numbers(path) == []


def test_only_journals_nobody_wrote_to_for_a_week_expire(path):
    written(path)
    fresh = path.with_name("fresh")
    written(fresh)
    old = time.time() - (KEPT_DAYS + 1) * 86_400
    os.utime(path, (old, old))
    expire(path.parent)
    assert not path.exists()
    assert numbers(fresh) == [0, 1, 2]


def test_where_there_are_no_journals_none_expire(tmp_path):
    expire(tmp_path / "nowhere")


def aged(path):
    old = time.time() - (KEPT_DAYS + 1) * 86_400
    os.utime(path, (old, old), follow_symlinks=False)


def framed(content):
    return hashlib.sha256(content).digest() + len(content).to_bytes(8, "big") + content


@pytest.mark.parametrize("content", [b"", b"notes of mine", b"\x00" * 200, b"x" * 5000])
def test_old_files_of_other_origin_do_not_expire(path, content):
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    aged(path)
    expire(path.parent)
    assert path.read_bytes() == content


def test_nothing_expires_through_a_link(path, tmp_path):
    written(path)
    elsewhere = tmp_path / "elsewhere"
    written(elsewhere / "kept")
    for old in (path, elsewhere / "kept"):
        aged(old)
    (tmp_path / "journal").symlink_to(elsewhere)
    (path.parent / "link").symlink_to(elsewhere / "kept")
    aged(path.parent / "link")
    expire(tmp_path / "journal")
    assert (elsewhere / "kept").exists()
    expire(path.parent)
    assert (elsewhere / "kept").exists()
    assert not path.exists()


@pytest.mark.parametrize("kind", ["a file", "zeros", "a link", "a broken link", "a FIFO", "a folder"])
def test_what_has_the_journals_name_and_is_none_stays_and_the_notes_are_kept_all_the_same(path, kind, tmp_path):
    path.parent.mkdir(parents=True)
    mine = tmp_path / "mine"
    mine.write_text("precious")
    if kind == "a file":
        path.write_text("precious")
    elif kind == "zeros":
        path.write_bytes(bytes(500))
    elif kind.startswith("a link"):
        path.symlink_to(mine if kind == "a link" else tmp_path / "nowhere")
    elif kind == "a FIFO":
        os.mkfifo(path)
    else:
        path.mkdir()
    before = path.lstat()
    written(path)
    assert numbers(path) == [0, 1, 2]
    FileJournal(path, "here").forget()
    after = path.lstat()
    assert (after.st_ino, after.st_mode, after.st_size) == (before.st_ino, before.st_mode, before.st_size)
    assert mine.read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


def test_a_journal_folder_that_is_a_link_gets_no_notes(path, tmp_path):
    (tmp_path / "mine").mkdir()
    path.parent.symlink_to(tmp_path / "mine")
    journal = FileJournal(path, "here")
    assert list(journal.notes()) == []
    journal.note(number=np.int64(1))
    assert journal.lost
    assert list((tmp_path / "mine").iterdir()) == []


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("executed",))


def crafted():
    objects = io.BytesIO()
    np.savez(objects, number=np.array([Evil()], dtype=object))
    return [b"", b"no archive", pickle.dumps(Evil()), objects.getvalue()]


@pytest.mark.parametrize("content", crafted(), ids=["empty", "text", "pickle", "objects"])
def test_a_crafted_note_is_not_believed_nor_executed_and_those_before_it_are(path, content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(path)
    with path.open("ab") as file:
        file.write(framed(content))
    assert numbers(path) == [0, 1, 2]
    assert not (tmp_path / "executed").exists()


@given(st.binary(max_size=300), st.booleans())
def test_whatever_follows_the_first_note_is_no_error(tmp_path_factory, content, whole):
    path = tmp_path_factory.mktemp("crafted") / "journal"
    path.write_bytes(framed(b"here") + (framed(content) if whole else content))
    assert numbers(path) == []


def test_a_length_beyond_any_note_asks_for_no_memory(path):
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.write(framed(b"here") + hashlib.sha256(b"").digest() + (2**39).to_bytes(8, "big"))
        file.truncate(2**40)
    assert numbers(path) == []
    assert path.stat().st_size < 1000


@pytest.mark.parametrize("fails_at", ["first", "later"])
def test_a_full_disk_costs_the_notes_alone_and_leaves_their_room_to_the_result(path, monkeypatch, fails_at):
    """The system says so when what was buffered is written: once for the note, and again when the file is closed."""
    journal = FileJournal(path, "here")
    if fails_at == "later":
        journal.note(number=np.int64(0), array=np.zeros(1000))

    class Full(io.BytesIO):
        def flush(self):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            self.flush()

        def fileno(self):
            return 0

    if fails_at == "later":
        journal._file.close()
        journal._file = Full()
    else:
        monkeypatch.setattr("harness.journal.open_regular", lambda *_, **__: Full())
    journal.note(number=np.int64(1), array=np.zeros(1000))
    journal.note(number=np.int64(2))
    journal.close()
    assert journal.lost == "No space left on device"
    assert not path.exists()

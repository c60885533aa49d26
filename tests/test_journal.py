import os
import time

import numpy as np
import pytest

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

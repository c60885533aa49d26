import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from harness.errors import StoreError
from harness.store import ARRAYS, DRAFT, ENTRY, Damaged, Entry, Store

KEY = "ab" + "0" * 62


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "kept", "tensorflow-cpu")


@pytest.fixture
def entry():
    return Entry({"settled": True}, {"w": np.arange(6.0).reshape(2, 3)}, {"seconds": 1.5})


def test_what_was_saved_is_loaded_again_with_body_arrays_and_facts(store, entry):
    store.save("train", KEY, entry)
    loaded = store.load("train", KEY)
    assert loaded.body == entry.body
    assert loaded.facts == entry.facts
    np.testing.assert_array_equal(loaded.arrays["w"], entry.arrays["w"])


def test_what_was_never_saved_is_none(store):
    assert store.load("train", KEY) is None
    assert not store.has("train", KEY)


def test_another_stratum_does_not_see_the_result(store, entry):
    store.save("train", KEY, entry)
    assert not Store(store.root, "jax-gpu").has("train", KEY)


@pytest.mark.parametrize("name", [ARRAYS, ENTRY])
@pytest.mark.parametrize("damage", ["emptied", "truncated", "flipped", "removed"])
def test_a_damaged_file_is_never_loaded_as_if_it_were_whole(store, entry, name, damage):
    store.save("train", KEY, entry)
    path = store.folder("train", KEY) / name
    content = bytearray(path.read_bytes())
    if damage == "removed":
        path.unlink()
        if name == ENTRY:
            assert store.load("train", KEY) is None
            return
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    else:
        path.write_bytes(content[: len(content) // 2 if damage == "truncated" else 0])
    with pytest.raises(Damaged, match=name):
        store.load("train", KEY)


def test_every_single_flipped_bit_of_an_entry_is_noticed(store):
    store.save("measure", KEY, Entry({"value": 0.5}))
    path = store.folder("measure", KEY) / ENTRY
    whole = path.read_bytes()
    good = store.load("measure", KEY)
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 1 << (place % 8)
        path.write_bytes(content)
        try:
            read = store.load("measure", KEY)
        except Damaged:
            continue
        assert read.body == good.body


def test_saving_over_a_damaged_result_mends_it(store, entry):
    store.save("train", KEY, entry)
    (store.folder("train", KEY) / ARRAYS).write_bytes(b"")
    store.save("train", KEY, entry)
    np.testing.assert_array_equal(store.load("train", KEY).arrays["w"], entry.arrays["w"])


def test_a_full_disk_leaves_no_half_result_and_says_what_to_do(store, entry, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"No space left on device; free some space"):
        store.save("train", KEY, entry)
    assert not store.has("train", KEY)
    assert list(store.folder("train", KEY).parent.iterdir()) == []


def test_a_store_that_is_a_file_is_a_clear_error(tmp_path, entry):
    (tmp_path / "kept").write_text("not a folder")
    with pytest.raises(StoreError, match="give another --store"):
        Store(tmp_path / "kept", "x").save("train", KEY, entry)


def _hold(root, ready, end):
    with Store(root, "x").lock():
        ready.set()
        end.wait(30)


def test_a_second_process_is_refused_while_the_first_holds_the_store(store):
    context = multiprocessing.get_context("spawn")
    ready, end = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(store.root, ready, end))
    other.start()
    try:
        assert ready.wait(30)
        with pytest.raises(StoreError, match=rf"in use by another harness \(process {other.pid}\)"), store.lock():
            pass
    finally:
        end.set()
        other.join(30)
    with store.lock():
        assert (store.root / "lock").read_text() == str(os.getpid())
    assert not (store.root / "lock").exists()


def test_an_entry_is_one_line_of_json_a_person_can_read(store, entry):
    store.save("train", KEY, entry)
    assert json.loads(json.loads((store.folder("train", KEY) / ENTRY).read_text())["content"])["body"] == {
        "settled": True
    }


@pytest.mark.parametrize("name", [ARRAYS, ENTRY])
def test_a_folder_in_a_files_place_is_damage_and_is_mended(store, entry, name):
    store.save("train", KEY, entry)
    (store.folder("train", KEY) / name).unlink()
    (store.folder("train", KEY) / name / "within").mkdir(parents=True)
    with pytest.raises(Damaged, match=name):
        store.load("train", KEY)
    store.save("train", KEY, entry)
    assert store.load("train", KEY).body == entry.body


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_file_or_a_link_in_a_folders_place_is_replaced_and_what_the_link_leads_to_stays(store, entry, kind, tmp_path):
    folder = store.folder("train", KEY)
    folder.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").write_text("mine")
    if kind == "file":
        folder.write_text("not a folder")
    else:
        folder.symlink_to(tmp_path / "elsewhere")
    assert store.load("train", KEY) is None
    store.save("train", KEY, entry)
    assert store.load("train", KEY).body == entry.body
    assert (tmp_path / "elsewhere" / "mine").read_text() == "mine"


@pytest.mark.parametrize("name", [ARRAYS, ENTRY])
@pytest.mark.parametrize("replaceable", [True, False])
def test_what_cannot_be_read_is_damage_where_it_can_be_replaced_and_else_an_error(
    store, entry, name, replaceable, monkeypatch
):
    """Root reads everything, so that the refusal is played."""
    store.save("train", KEY, entry)
    opened = os.open

    def refused(path, *flags):
        if Path(path).name == name:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *flags)

    monkeypatch.setattr(os, "open", refused)
    monkeypatch.setattr(os, "access", lambda *_: replaceable)
    with pytest.raises(StoreError, match="Permission denied") as caught:
        store.load("train", KEY)
    assert isinstance(caught.value, Damaged) is replaceable
    assert replaceable or "mend its permissions or give another --store" in str(caught.value)


def test_a_result_copied_to_another_key_is_not_taken_for_that_keys(store, entry):
    other = "cd" + "1" * 62
    store.save("train", KEY, entry)
    shutil.copytree(store.folder("train", KEY), store.folder("train", other))
    with pytest.raises(Damaged, match="holds the result of another job"):
        store.load("train", other)


def test_an_entry_that_does_not_name_its_key_as_the_first_ones_did_not_is_still_read(store):
    content = json.dumps({"body": {"value": 0.5}, "arrays": None, "facts": {}}, sort_keys=True)
    folder = store.folder("measure", KEY)
    folder.mkdir(parents=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    (folder / ENTRY).write_text(json.dumps({"sha256": digest, "content": content}))
    assert store.load("measure", KEY).body == {"value": 0.5}


def test_drafts_that_a_killed_process_left_are_swept_when_the_store_is_held_and_nothing_else_is(store, entry):
    store.save("train", KEY, entry)
    beside = store.folder("train", KEY).parent
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=beside))
    (draft / ARRAYS).write_bytes(b"half")
    others = [beside / ".draft-of-mine", beside / "draft-abcdefgh", store.root / ".draft-abcdefgh", beside / ".notes"]
    for other in others:
        other.mkdir()
    (beside / ".draft-linkedto").symlink_to(others[0])
    with store.lock():
        assert not draft.exists()
    assert all(other.exists() for other in (*others, beside / ".draft-linkedto"))
    assert store.load("train", KEY).body == entry.body


def test_an_interrupted_write_leaves_no_half_result(store, entry, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stopped)
    with pytest.raises(KeyboardInterrupt):
        store.save("train", KEY, entry)
    assert list(store.folder("train", KEY).parent.iterdir()) == []


def test_a_disk_too_full_even_for_the_lock_is_a_clear_error(store, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("harness.store.hold", full)
    with pytest.raises(StoreError, match="No space left on device; free some space"), store.lock():
        pass

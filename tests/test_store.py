import errno
import json
import multiprocessing
import os

import numpy as np
import pytest

from harness.errors import StoreError
from harness.store import ARRAYS, ENTRY, Damaged, Entry, Store

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


def test_an_entry_is_one_line_of_json_a_person_can_read(store, entry):
    store.save("train", KEY, entry)
    assert json.loads(json.loads((store.folder("train", KEY) / ENTRY).read_text())["content"])["body"] == {
        "settled": True
    }

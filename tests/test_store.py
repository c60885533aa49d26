import contextlib
import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import socket
import tempfile
from pathlib import Path

import numpy as np
import pytest

from harness.errors import StoreError
from harness.record.payloads import mistake
from harness.store import ARRAYS, DRAFT, ENTRY, Damaged, Store, StoreEntry

KEY = "ab" + "0" * 62


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "kept", "tensorflow-cpu")


@pytest.fixture
def entry():
    return StoreEntry({"settled": True}, {"w": np.arange(6.0).reshape(2, 3)}, {"seconds": 1.5})


def test_what_was_saved_is_loaded_again_with_body_arrays_and_facts(store, entry):
    store.save("train", KEY, entry)
    loaded = store.load("train", KEY)
    assert loaded.body == entry.body
    assert loaded.facts == entry.facts
    np.testing.assert_array_equal(loaded.arrays["w"], entry.arrays["w"])


def test_what_was_never_saved_is_none(store):
    assert store.load("train", KEY) is None
    assert not store.has("train", KEY)


def test_another_platform_does_not_see_the_result(store, entry):
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
    store.save("measure", KEY, StoreEntry({"value": 0.5}))
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
def test_a_folder_in_a_files_place_is_damage_and_is_repaired(store, entry, name):
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
    assert replaceable or "correct its permissions or give another --store" in str(caught.value)


def test_a_result_copied_to_another_key_is_not_taken_for_that_keys(store, entry):
    other = "cd" + "1" * 62
    store.save("train", KEY, entry)
    shutil.copytree(store.folder("train", KEY), store.folder("train", other))
    with pytest.raises(Damaged, match="holds the result of another job"):
        store.load("train", other)


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


def rewritten(store, verb, text, arrays=None):
    """Put another text into an entry, with a digest that is right; likewise other arrays."""
    folder = store.folder(verb, KEY)
    if arrays is not None:
        (folder / ARRAYS).write_bytes(arrays)
        text = json.dumps(json.loads(text) | {"arrays": hashlib.sha256(arrays).hexdigest()})
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    (folder / ENTRY).write_text(json.dumps({"sha256": digest, "content": text}))


def content_of(store, verb):
    return json.loads((store.folder(verb, KEY) / ENTRY).read_text())["content"]


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "null",
        "{",
        "5",
        '"text"',
        "{}",
        '{"body": {}}',
        '{"body": {}, "arrays": null}',
        "[" * 100_000,
        "9" * 5000,
        *(
            f'{{"body": {{}}, "arrays": null, "facts": {{"a": {odd}}}}}'
            for odd in ("NaN", "1e999", "1e200", r'"\ud800"')
        ),
    ],
)
def test_a_crafted_entry_is_damaged_though_its_digest_is_right(store, entry, text):
    store.save("train", KEY, entry)
    rewritten(store, "train", text)
    with pytest.raises(Damaged, match=ENTRY):
        store.load("train", KEY)
    store.save("train", KEY, entry)
    assert store.load("train", KEY).body == entry.body


@pytest.mark.parametrize("part", ["key", "body", "arrays", "facts"])
@pytest.mark.parametrize("value", [5, [1], "text", True, 1.5, {"a": 1}, None])
def test_a_part_of_another_type_is_damaged_or_is_that_part(store, entry, part, value):
    store.save("train", KEY, entry)
    rewritten(store, "train", json.dumps(json.loads(content_of(store, "train")) | {part: value}))
    try:
        loaded = store.load("train", KEY)
    except Damaged:
        return
    assert part in {"body", "facts"} or (part == "arrays" and value is None)
    assert value is None or getattr(loaded, part) == value


@pytest.mark.parametrize("arrays", [b"hello", b"", b"\x93NUMPY\x01\x00"])
def test_crafted_arrays_are_damaged_though_their_digest_is_right(store, entry, arrays):
    store.save("train", KEY, entry)
    rewritten(store, "train", content_of(store, "train"), arrays)
    with pytest.raises(Damaged, match=ARRAYS):
        store.load("train", KEY)


VALUE = {"value": 0.5, "count": 1, "of": 2, "spread": None, "histogram": [[0.0, 1.0], [2]]}


@pytest.mark.parametrize(
    ("verb", "body", "facts"),
    [
        ("measure", {}, {}),
        ("measure", VALUE | {"value": "0.5"}, {}),
        ("measure", VALUE | {"value": None}, {}),
        ("measure", VALUE | {"count": 3}, {}),
        ("measure", VALUE | {"histogram": [[1.0, 0.0], [2]]}, {}),
        ("measure", VALUE | {"histogram": 5}, {}),
        ("measure", VALUE | {"more": 1}, {}),
        ("measure", VALUE, {"seconds": "long"}),
        ("measure", VALUE, {"seconds": -1.0}),
        ("measure", VALUE, {"name": [1]}),
        ("measure", VALUE, {"environment": 5}),
        ("train", {"settled": 1, "facts": {}}, {}),
        ("train", {"settled": True}, {}),
        ("craft", {"found": 2.0}, {}),
        ("fetch", {}, {}),
        ("fetch", {"digest": 5}, {}),
        ("show", {"shown": "all"}, {}),
    ],
)
def test_what_is_no_result_of_its_verb_is_damaged(tmp_path, verb, body, facts):
    store = Store(tmp_path / "kept", "x", mistake)
    store.save(verb, KEY, StoreEntry(body, facts=facts))
    with pytest.raises(Damaged, match=ENTRY):
        store.load(verb, KEY)
    assert store.is_damaged(verb, KEY)


def test_a_true_result_is_no_mistake(tmp_path):
    store = Store(tmp_path / "kept", "x", mistake)
    store.save("measure", KEY, StoreEntry(VALUE, facts={"seconds": 1.5, "run": None, "when": "2026-01-01"}))
    assert store.load("measure", KEY).body == VALUE


@pytest.mark.parametrize("name", [ARRAYS, ENTRY])
@pytest.mark.parametrize("kind", ["FIFO", "socket", "endless device", "broken link"])
def test_a_special_file_in_a_files_place_is_damage_at_once_and_is_repaired(
    store, entry, name, kind, tmp_path, monkeypatch
):
    store.save("train", KEY, entry)
    place = store.folder("train", KEY) / name
    place.unlink()
    if kind == "FIFO":
        os.mkfifo(place)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            monkeypatch.chdir(place.parent)  # the path of a socket is short
            server.bind(name)
    else:
        place.symlink_to("/dev/zero" if kind == "endless device" else tmp_path / "nowhere")
    with contextlib.suppress(Damaged):
        assert store.load("train", KEY) is None
    store.save("train", KEY, entry)
    assert store.load("train", KEY).body == entry.body
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_no_link_in_the_store_is_written_or_swept_through(store, entry, depth, tmp_path):
    mine = tmp_path / "mine" / "ab" / ".draft-abcdefgh"
    mine.mkdir(parents=True)
    (mine / ENTRY).write_text("precious")
    place = store.folder("train", KEY).parents[depth - 1]
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "mine" / "ab" if depth == 1 else tmp_path / "mine")
    with contextlib.suppress(StoreError), store.lock():
        pass
    with pytest.raises(StoreError, match="expected a folder, found a symbolic link; move it away"):
        store.save("train", KEY, entry)
    assert (mine / ENTRY).read_text() == "precious"
    assert list((tmp_path / "mine").rglob("*")) == [mine.parent, mine, mine / ENTRY]


def test_a_draft_with_a_file_of_other_origin_is_not_swept(store, entry):
    store.save("train", KEY, entry)
    draft = store.folder("train", KEY).with_name(".draft-abcdefgh")
    draft.mkdir()
    (draft / "notes.txt").write_text("precious")
    with store.lock():
        pass
    assert (draft / "notes.txt").read_text() == "precious"


def test_files_of_other_origin_in_a_damaged_results_place_are_set_aside(store, entry):
    store.save("train", KEY, entry)
    folder = store.folder("train", KEY)
    (folder / ENTRY).write_text("damaged")
    (folder / "notes.txt").write_text("precious")
    store.save("train", KEY, entry)
    assert store.load("train", KEY).body == entry.body
    (kept,) = store.root.rglob("notes.txt")
    assert kept.read_text() == "precious"


@pytest.mark.parametrize(
    ("target", "found"), [("nowhere", "a broken link"), ("kept", "a link to itself"), ("file", "a link to a file")]
)
def test_a_store_that_is_a_link_to_no_folder_is_said_so(store, target, found, tmp_path):
    (tmp_path / "file").write_text("precious")
    store.root.symlink_to(tmp_path / target)
    with pytest.raises(StoreError, match=rf"kept: expected a folder, found {found}; move it away"), store.lock():
        pass
    assert (tmp_path / "file").read_text() == "precious"


def test_a_store_that_is_a_link_to_a_folder_is_one(store, entry, tmp_path):
    (tmp_path / "big disk").mkdir()
    store.root.symlink_to(tmp_path / "big disk")
    with store.lock():
        store.save("train", KEY, entry)
    assert store.load("train", KEY).body == entry.body


def test_a_lock_of_other_origin_is_named_and_stays(store):
    store.root.mkdir()
    (store.root / "lock").write_text("my own notes")
    with pytest.raises(StoreError, match=r"kept/lock: .*file that harness did not write; move it away"), store.lock():
        pass
    assert (store.root / "lock").read_text() == "my own notes"


def test_of_two_results_of_a_job_the_first_one_published_stays_and_the_second_is_told_so(store, entry):
    assert store.save("train", KEY, entry)
    other = StoreEntry({"n": 2}, {"w": np.zeros(3)})
    assert not store.save("train", KEY, other)
    assert store.load("train", KEY).body == entry.body
    assert store.save("train", KEY, other, over=True)
    assert store.load("train", KEY).body == other.body
    assert [path.name for path in store.folder("train", KEY).parent.iterdir()] == [KEY]


def test_workers_join_one_another_and_who_wants_the_store_alone_is_told_who_is_there(store):
    with store.shared() as (one, alone), store.shared() as (two, also_alone):
        assert (alone, also_alone) == (True, False)
        assert one.worker.name != two.worker.name
        with (
            pytest.raises(StoreError, match=rf"in use by workers of harness \(.*:{os.getpid()}.*`harness work`"),
            store.lock(),
        ):
            pass
    with store.lock():
        pass


def test_a_worker_waits_for_others_that_join_and_not_for_a_verify(store, monkeypatch):
    monkeypatch.setattr("harness.store.PATIENCE", 0.2)
    with store.lock(), pytest.raises(StoreError, match="in use by another harness"), store.shared():
        pass
    assert not any((store.root / "workers").iterdir()) if (store.root / "workers").exists() else True


def test_a_worker_holds_no_lock_while_it_works(store):
    with store.shared():
        assert not (store.root / "lock").exists()

import builtins
import gzip
import os
import pickle
import subprocess
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sources import Unsound
from harness.sources.pickled import gunzip, unpickle


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize("dtype", ["<f4", "<i8", "|u1", ">f8"])
def test_arrays_come_out_as_they_went_in(protocol, dtype):
    array = np.arange(12).reshape(3, 4).astype(dtype)
    (found, plain) = unpickle(pickle.dumps((array, {"a": 1}), protocol=protocol))
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    assert plain == {"a": 1}


def test_what_python_2_pickled_comes_out_too():
    old = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85"
        b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"U\x08\x00\x00\x80?\x00\x00\x00@tb."
    )
    np.testing.assert_array_equal(unpickle(old), np.array([1, 2], np.float32))


class Calls:
    def __init__(self, what, *given):
        self.what, self.given = what, given

    def __reduce__(self):
        return self.what, self.given


HOSTILE = {
    "a command": Calls(os.system, "touch ran"),
    "a process": Calls(subprocess.Popen, ["touch", "ran"]),
    "evaluated text": Calls(builtins.eval, "open('ran', 'w')"),
    "a file": Calls(open, "ran", "w"),
    "an import": Calls(__import__, "antigravity"),
    "a saved array": Calls(np.save, "ran", 1),
    "a method of arrays": Calls(np.ndarray.tofile, np.zeros(1), "ran"),
    "a loaded pickle": Calls(np.load, "ran"),
    "an attribute": Calls(getattr, np.ndarray, "tofile"),
}


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("thing", HOSTILE.values(), ids=HOSTILE)
def test_a_pickle_that_would_run_code_runs_none_and_is_refused_by_name(thing, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unsound, match="which is not an array type"):
        unpickle(pickle.dumps([np.zeros(1, "u1").tolist(), thing], protocol=protocol))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [
        b"", b".", b"\x80\x02", b"cos\nsystem\n(S'touch ran'\ntR.", b"\x82\x01.", b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
        b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.", b"P1\n.", b"\x80\x63.", b"(" * 1000 + b".", b"garbage",
        b"cnumpy\ndtype\n(I1\ntR.",
    ],
)  # fmt: skip
def test_a_damaged_or_hostile_stream_of_opcodes_is_refused(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unsound):
        unpickle(content)
    assert not list(tmp_path.iterdir())


@given(st.data())
def test_whatever_is_changed_in_a_pickle_it_is_read_or_refused(data):
    content = bytearray(pickle.dumps((np.arange(4, dtype=np.float32), 7), protocol=3))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place : place + 1] = data.draw(st.binary(max_size=3))
    with suppress(Unsound, MemoryError):
        unpickle(bytes(content))


def test_a_gzip_file_unpacks_to_no_more_than_its_size():
    packed = gzip.compress(b"abc")
    assert gunzip(packed, 3) == b"abc"
    with pytest.raises(Unsound, match="more than 2 bytes"):
        gunzip(packed, 2)
    with pytest.raises(Unsound, match="more than 1,000 bytes"):
        gunzip(gzip.compress(bytes(10**8)), 1000)
    with pytest.raises(Unsound, match="cut short"):
        gunzip(packed[:-9], 3)
    with pytest.raises(Unsound, match="is damaged"):
        gunzip(b"abc", 3)


def one_array(dtype=b"U\x02f4", state=b"K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t", shape=b"K\x02\x85"):
    """A pickle of the array [1, 2], with other bytes in the place of its type, that type's state or its shape."""
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01" + shape
        + b"cnumpy\ndtype\n" + dtype + b"K\x00K\x01\x87R(" + state + b"b\x89U\x08\x00\x00\x80?\x00\x00\x00@tb."
    )  # fmt: skip


FLAGS = b"K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\xfbt"
"""A state by which NumPy's own type would take numbers for addresses of objects."""


@pytest.mark.parametrize(
    "odd",
    [{"dtype": b"U\x02O8"}, {"dtype": b"U\x02V8"}, {"dtype": b"U\x02M8"}, {"state": FLAGS}, {"shape": b"K\x03\x85"},
     {"shape": b"N"}, {"shape": b"J\xff\xff\xff\xff\x85"}, {"dtype": b"N"}, {"state": b"Nt"}],
)  # fmt: skip
def test_an_array_of_anything_but_as_many_plain_numbers_as_there_are_is_refused(odd):
    np.testing.assert_array_equal(unpickle(one_array()), np.array([1, 2], np.float32))
    with pytest.raises(Unsound):
        unpickle(one_array(**odd))


def test_the_name_of_a_class_that_is_refused_is_cut():
    with pytest.raises(Unsound, match=r"refers to a+\.b+, which is not an array type") as caught:
        unpickle(b"\x80\x02c" + b"a" * 10**6 + b"\n" + b"b" * 10**6 + b"\n.")
    assert len(str(caught.value)) < 200


TWICE = b"K\x01" + b"2\x86" * 60
"""A tuple of one tuple twice, and so on sixty times: a few bytes, whose hash and whose text would never be finished."""


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02}" + TWICE + b"K\x01s.",
        b"\x80\x02}(" + TWICE + b"K\x01u.",
        b"\x80\x02(" + TWICE + b"K\x01d.",
        b"\x80\x04\x8f(" + TWICE + b"\x90.",
        b"\x80\x04(" + TWICE + b"\x91.",
        b"\x80\x02cnumpy\ndtype\n" + TWICE + b"\x85R.",
        one_array(state=b"K\x03" + TWICE + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"),
        pickle.dumps({k << 61: 1 for k in range(3)}, 3),
    ],
    ids=["a key", "keys", "a dictionary", "a set", "a frozen set", "a type", "an order of bytes", "large numbers"],
)
def test_what_a_few_bytes_make_endless_is_refused_at_once(content):
    with pytest.raises(Unsound):
        unpickle(content)


@pytest.mark.parametrize("state", [b"}U\x01aK\x01s", b"}U\x0c__defaults__)s", b"N}U\x0c__defaults__)s\x86"])
@pytest.mark.parametrize("name", [b"numpy.core.multiarray\n_reconstruct", b"numpy\ndtype", b"numpy\nndarray"])
def test_a_pickle_gives_no_state_to_the_functions_that_read_the_next_one(name, state):
    with pytest.raises(Unsound):
        unpickle(b"\x80\x02c" + name + b"\n" + state + b"b.")
    np.testing.assert_array_equal(unpickle(one_array()), np.array([1, 2], np.float32))


@pytest.mark.parametrize("index", [2**27, 2**32 - 1])
def test_a_large_number_of_a_part_takes_no_memory(index):
    tracemalloc.start()
    with suppress(Unsound):
        unpickle(b"\x80\x02K\x07r" + index.to_bytes(4, "little") + b".")
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_a_short_pickle_that_names_its_parts_again_and_again_is_refused():
    tree = ()
    for _ in range(40):
        tree = (tree, tree)
    with pytest.raises(Unsound, match="holds more than 10,000 parts"):
        unpickle(pickle.dumps(tree, protocol=3))
    loop = []
    loop.append(loop)
    with pytest.raises(Unsound, match="is damaged: RecursionError"):
        unpickle(pickle.dumps(loop, protocol=3))

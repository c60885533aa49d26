"""Arrays from a file: exactly what was saved, or an error; never an object, never more memory than the file is long."""

import io
import os
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.arrays import ArchiveError, read_arrays

numeric = arrays.arrays(
    st.sampled_from(["?", "u1", "<i8", ">i4", "<f4", "<f8", "<c16"]), arrays.array_shapes(min_dims=0, min_side=0)
)


def saved(**given):
    stream = io.BytesIO()
    np.savez(stream, **given)
    return stream.getvalue()


def npy(header, body=b"", version=b"\x01\x00"):
    text = header.encode("latin1").ljust(118) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + body


def zipped(content, *, how=zipfile.ZIP_STORED, name="w.npy"):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("executed",))


def described(descr="'<f8'", shape="(1,)", order="False"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


CRAFTED = {
    "no archive": b"hello",
    "nothing": b"",
    "a pickle": pickle.dumps(Evil()),
    "objects": saved(w=np.array([Evil()], dtype=object)),
    "a bare array": npy(described(), bytes(8)),
    "a member that is no array": zipped(b"notnpy"),
    "an empty member": zipped(b""),
    "745 GiB promised": zipped(npy(described(shape="(99999999999,)"))),
    "more promised than there is": zipped(npy(described(shape="(3,)"), bytes(8))),
    "less promised than there is": zipped(npy(described(), bytes(16))),
    "elements without a size": zipped(npy(described("'|V0'", "(99999999999,)"))),
    "text": saved(w=np.array(["text"])),
    "a structure": saved(w=np.zeros(1, [("a", "f8")])),
    "a negative shape": zipped(npy(described(shape="(-1, -1)"), bytes(8))),
    "compressed": zipped(npy(described(), bytes(8)), how=zipfile.ZIP_DEFLATED),
    "brackets without end": zipped(npy("(" * 110)),
    "a header that is no literal": zipped(npy("__import__('os').mkdir('executed')")),
    "an unclosed quote": zipped(npy("{'descr': '")),
    "a later version": zipped(npy(described(), bytes(8), b"\x09\x00")),
    "a shape that is no tuple": zipped(npy(described(shape="'x'"), bytes(8))),
}


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9/-]{0,8}", fullmatch=True), numeric, max_size=3))
def test_what_numpy_saved_is_read_as_numpy_reads_it(given_arrays):
    content = saved(**given_arrays)
    found = read_arrays(io.BytesIO(content))
    assert found.keys() == given_arrays.keys()
    for name, array in given_arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("content", CRAFTED.values(), ids=CRAFTED)
def test_a_crafted_archive_is_unsound_executes_nothing_and_asks_for_no_memory(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError):
            read_arrays(io.BytesIO(content))
        assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
    finally:
        tracemalloc.stop()
    assert list(tmp_path.iterdir()) == []


@given(st.data())
def test_a_changed_byte_is_an_error_or_changes_numbers_alone(data):
    content = bytearray(saved(w=np.arange(6.0).reshape(2, 3), b=np.zeros(2, np.float32)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content
    try:
        found = read_arrays(io.BytesIO(bytes(content)))
    except ArchiveError:
        return
    assert sum(array.nbytes for array in found.values()) <= len(content)

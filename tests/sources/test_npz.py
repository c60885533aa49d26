import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from written import npz

from harness.sources import Unsound
from harness.sources.npz import Npz

KINDS = st.sampled_from([np.float16, np.float32, np.float64, np.dtype(">f4"), np.uint8, np.int64, np.bool_])
ARRAYS = arrays_of.arrays(KINDS, arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))


@given(array=ARRAYS, fortran=st.booleans(), compressed=st.booleans())
def test_what_numpy_saved_is_read_to_the_bit_in_either_order(array, fortran, compressed):
    file = Npz(npz({"a/b": np.asarray(array, order="F" if fortran else "C")}, compressed=compressed))
    stored = file.stored("a/b")
    assert file.names == ("a/b",)
    assert (stored.shape, stored.size, stored.dtype) == (array.shape, array.nbytes, str(array.dtype))
    assert stored.read().tobytes() == array.tobytes()


def zipped(content, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("x.npy", content)
    return packed.getvalue()


def header(text, version=(1, 0), length=None):
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text) if length is None else length)
    return b"\x93NUMPY" + bytes(version) + size + text.encode()


PLAIN = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
UNREADABLE = {
    "no header": (b"nothing", "header of x cannot be read"),
    "a header that claims gigabytes": (header(PLAIN, (2, 0), 2**32 - 1), "header of x cannot be read"),
    "a long header": (header(PLAIN + " " * 20_000, (2, 0)), "header of x cannot be read"),
    "a header that is code": (header("__import__('os').system('touch ran')\n"), "header of x cannot be read"),
    "a negative side": (header(PLAIN.replace("2,", "-2,")), "gives the shape"),
    "objects": (header(PLAIN.replace("<f4", "|O")), "Python objects in x, which are never unpickled"),
    "objects in fields": (header(PLAIN.replace("'<f4'", "[('a', '|O')]")), "Python objects in x"),
}


@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_header_that_cannot_be_is_refused_and_nothing_is_run(tmp_path, monkeypatch, fault):
    content, said = UNREADABLE[fault]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unsound, match=said):
        Npz(zipped(content)).stored("x")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [0, 4, 7, 9, 12])
def test_an_array_with_other_than_its_bytes_is_damaged(size):
    stored = Npz(zipped(header(PLAIN) + bytes(size))).stored("x")
    with pytest.raises(Unsound, match="is damaged"):
        stored.read()


def test_a_header_that_promises_terabytes_allocates_nothing():
    stored = Npz(zipped(header(PLAIN.replace("2,", "10000000000000,")) + bytes(8))).stored("x")
    assert stored.size == 40_000_000_000_000
    with pytest.raises(Unsound, match="is damaged: x has 8 bytes, its header says 40,000,000,000,000"):
        stored.read()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_numpy_does_not_write_is_refused(method):
    with pytest.raises(Unsound, match="expected deflate or none"):
        Npz(zipped(header(PLAIN) + bytes(8), method)).stored("x")


@given(data=st.data())
def test_a_damaged_file_is_refused_or_reads_as_what_was_saved(data):
    array = np.arange(60, dtype=np.float32).reshape(5, 12)
    content = bytearray(npz({"x": array}))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    whole = content[: data.draw(st.sampled_from([len(content), place]))]
    try:
        file = Npz(bytes(whole))
        read = file.stored("x").read() if "x" in file.names else array
    except Unsound:
        return
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x04K\x01.", npz({"x": np.zeros(9)})[:-30]])
def test_what_is_no_archive_is_refused(content):
    with pytest.raises(Unsound, match=r"is not a \.npz file, or is damaged"):
        Npz(content)

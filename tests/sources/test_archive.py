import hashlib
import io
import struct
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sources import Unsound
from harness.sources.archive import check, extract, read_known_arrays, unpack_arrays

PIXELS = np.arange(60, dtype=np.uint8).reshape(5, 12)
KNOWN = {"x": (PIXELS.shape, hashlib.sha256(PIXELS.tobytes()).hexdigest())}
HEADER = "{'descr': '|u1', 'fortran_order': False, 'shape': (5, 12), }\n"


def npz(content, method=zipfile.ZIP_DEFLATED, name="x.npy"):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


BODY = PIXELS.tobytes()


def array(header, version=(1, 0), body=BODY):
    text = header if isinstance(header, bytes) else header.encode("latin1")
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", len(text)) + text + body


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_an_array_is_the_same_in_every_version_of_the_format(version):
    np.testing.assert_array_equal(unpack_arrays(npz(array(HEADER, version)), KNOWN, "it")["x"], PIXELS)


HEADERS = {
    "an unclosed bracket": "{'descr': ('|u1', \n",
    "an unclosed text": "'''abc\n",
    "deep brackets": "(" * 3000 + "\n",
    "deep signs": "-" * 3000 + "1\n",
    "a huge number": "{'descr': '|u1', 'fortran_order': False, 'shape': (" + "9" * 3000 + ",), }\n",
    "odd indentation": "  {'descr'\n x\n",
    "a zero byte": "{'descr'\0: 1}\n",
    "a list as type": "{'descr': [('a','|u1')], 'fortran_order': False, 'shape': (5, 12), }\n",
    "a mapping as type": "{'descr': {'a': 1}, 'fortran_order': False, 'shape': (5, 12), }\n",
    "no type": "{'descr': None, 'fortran_order': False, 'shape': (5, 12), }\n",
    "a huge type": "{'descr': '|V99999999999', 'fortran_order': False, 'shape': (5, 12), }\n",
    "bytes as type": "{'descr': b'|u1', 'fortran_order': False, 'shape': (5, 12), }\n",
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (5, 12), }\n",
    "a list as key": "{[]: 1}\n",
    "a set": "{1, 2}\n",
    "a number as key": "{'descr': '|u1', 1: False, 'shape': (5, 12), }\n",
    "the wrong order": "{'descr': '|u1', 'fortran_order': True, 'shape': (5, 12), }\n",
    "nothing": "",
}


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0), (9, 9)])
@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_an_array_with_a_broken_header_is_refused_by_name_and_without_a_warning(header, version):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Unsound, match="x"):
            unpack_arrays(npz(array(header, version)), KNOWN, "it")


@given(st.data())
def test_whatever_is_changed_in_a_file_it_is_the_same_arrays_or_refused(data):
    content = bytearray(npz(array(HEADER), data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        found = unpack_arrays(bytes(content), KNOWN, "it")
    except Unsound:
        return
    np.testing.assert_array_equal(found["x"], PIXELS)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_unpacks_without_measure_is_refused(method):
    with pytest.raises(Unsound, match="is compressed by method"):
        unpack_arrays(npz(array(HEADER), method), KNOWN, "it")


def test_a_member_that_would_unpack_to_gigabytes_is_refused_unread():
    bomb = npz(bytes(50 * 2**20))
    assert len(bomb) < 2**17
    with pytest.raises(Unsound, match=r"would unpack to 52,428,800 bytes, expected at most 4,156"):
        unpack_arrays(bomb, KNOWN, "it")


def test_a_member_whose_size_is_a_lie_is_read_no_further_than_what_is_wanted():
    content = npz(array(HEADER, body=bytes(2**20)), zipfile.ZIP_DEFLATED)
    place = content.index(b"PK\x01\x02") + 24
    small = content[:place] + struct.pack("<I", 200) + content[place + 4 :]
    with pytest.raises(Unsound):
        unpack_arrays(small, KNOWN, "it")


def test_a_member_is_taken_out_only_up_to_its_size():
    assert extract(npz(b"abc", name="a/b"), "a/b", 3) == b"abc"
    with pytest.raises(Unsound, match="would unpack to 3 bytes, expected at most 2"):
        extract(npz(b"abc", name="a/b"), "a/b", 2)
    with pytest.raises(Unsound, match="lacks a/c"):
        extract(npz(b"abc", name="a/b"), "a/c", 3)
    with pytest.raises(Unsound, match="is damaged"):
        extract(b"abc", "a/b", 3)


def test_arrays_are_accepted_by_their_digests_alone():
    check({"x": np.asfortranarray(PIXELS)}, KNOWN, "it")
    with pytest.raises(Unsound, match="the SHA-256 of x"):
        check({"x": PIXELS + np.uint8(1)}, KNOWN, "it")
    with pytest.raises(Unsound, match=r"x is int64 \(5, 12\)"):
        check({"x": PIXELS.astype(np.int64)}, KNOWN, "it")


def test_a_file_too_large_is_refused_unread(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(Unsound, match="expected at most 67,108,864 bytes"):
        read_known_arrays(tmp_path / "sparse", KNOWN, "it")


def test_a_lack_of_memory_is_not_the_files_fault(monkeypatch):
    def none(*_):
        raise MemoryError

    content = npz(array(HEADER))
    monkeypatch.setattr("zipfile.ZipFile.open", none)
    with pytest.raises(MemoryError):
        unpack_arrays(content, KNOWN, "it")

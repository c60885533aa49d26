import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from written import NAMES, safetensors

from harness.sources import Unsound
from harness.sources.safetensors import Safetensors

ARRAYS = arrays_of.arrays(
    st.sampled_from(sorted(NAMES)), arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
)


@given(
    arrays=st.dictionaries(
        st.text(min_size=1, max_size=8).filter(lambda name: name != "__metadata__"), ARRAYS, max_size=4
    )
)
def test_every_array_is_read_to_the_bit(arrays):
    file = Safetensors(safetensors(arrays))
    assert set(file.names) == set(arrays)
    for name, array in arrays.items():
        stored = file.stored(name)
        assert (stored.dtype, stored.shape, stored.size) == (NAMES[str(array.dtype)], array.shape, array.nbytes)
        assert stored.read().tobytes() == array.tobytes()


@given(arrays_of.arrays(np.float32, 5, elements=st.floats(width=32, allow_nan=False)))
def test_bfloat16_is_the_upper_half_of_float32(numbers):
    upper = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    header = {"x": {"dtype": "BF16", "shape": [5], "data_offsets": [0, 10]}}
    text = json.dumps(header).encode()
    read = Safetensors(struct.pack("<Q", len(text)) + text + upper.tobytes()).stored("x").read()
    np.testing.assert_array_equal(read.view(np.uint32), upper.astype(np.uint32) << 16)


ONE = {"x": np.arange(6, dtype=np.float32).reshape(2, 3)}


def entry(dtype="F32", shape=(2, 3), offsets=(0, 24), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}


HEADERS = {
    "another shape": entry(shape=(2, 4)),
    "another dtype": entry(dtype="F64"),
    "offsets beyond the end": entry(shape=(2, 4), offsets=(0, 32)),
    "offsets that leave a hole": entry(shape=(1, 3), offsets=(12, 24)),
    "too few bytes": entry(shape=(1, 3), offsets=(0, 12)),
    "backward offsets": entry(offsets=(24, 0)),
    "negative offsets": entry(offsets=(-24, 0)),
    "a negative side": entry(shape=(-2, -3)),
    "a side that is no number": entry(shape=("2", 3)),
    "a side that is true": entry(shape=(True, 6)),
    "fractions": entry(offsets=(0, 24.0)),
    "huge sides": entry(shape=(2**62, 2**62)),
    "sides beyond 64 bits": entry(shape=(10**4000,)),
    "many axes": entry(shape=(1,) * 3000),
    "an unknown dtype of backward offsets": entry(dtype="F8_E4M3", offsets=(24, 0)),
    "three offsets": entry(offsets=(0, 12, 24)),
    "an unknown field": entry(code="1"),
    "no mapping": [1],
    "nothing": None,
}


@pytest.mark.parametrize("fault", HEADERS)
def test_a_header_that_does_not_fit_its_bytes_is_damaged(fault):
    with pytest.raises(Unsound, match="is damaged"):
        Safetensors(safetensors(ONE, x=HEADERS[fault]))


def test_two_arrays_may_not_share_bytes():
    with pytest.raises(Unsound, match="do not fill"):
        Safetensors(safetensors(ONE, y=entry()))


def raw(text, body=b"", length=None):
    return struct.pack("<Q", len(text) if length is None else length) + text + body


FILES = {
    "nothing": b"",
    "seven bytes": bytes(7),
    "a header longer than the file": raw(b"{}", length=3),
    "a header of exabytes": raw(b"{}", length=2**64 - 1),
    "no JSON": raw(b"{'x': 1}"),
    "no text": raw(b"\xff\xfe"),
    "deep brackets": raw(b"[" * 100_000),
    "a list": raw(b"[]"),
    "a number of too many digits": raw(b'{"x": ' + b"9" * 5000 + b"}"),
    "a name twice": raw(b'{"x": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}, "x": 1}'),
    "bytes that belong to nothing": raw(b"{}", b"more"),
    "a pickle": b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00cos\nsystem\n",
}


@pytest.mark.parametrize("fault", FILES)
def test_what_is_no_such_file_is_refused_in_one_line(fault):
    with pytest.raises(Unsound, match=r"is no \.safetensors file|is damaged") as caught:
        Safetensors(FILES[fault])
    assert "\n" not in str(caught.value)


@given(data=st.data())
def test_any_changed_or_missing_byte_is_refused_or_leaves_the_number_of_elements(data):
    content = bytearray(safetensors(ONE))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        file = Safetensors(bytes(content))
        shapes = {name: file.stored(name).shape for name in file.names}
    except Unsound:
        return
    assert all(np.prod(shape) == 6 for shape in shapes.values())


@pytest.mark.parametrize("cut", [1, 4, 24, 25, 90])
def test_a_file_cut_short_is_refused(cut):
    with pytest.raises(Unsound):
        Safetensors(safetensors(ONE)[:-cut])

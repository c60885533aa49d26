import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paces import least_seconds
from written import blob, caffemodel, field, varint

from harness.sources import Unsound
from harness.sources.caffemodel import MOST_AXES, CaffeModel

RNG = np.random.default_rng(0)
LAYERS = {
    "conv2": [RNG.normal(size=(4, 3, 5, 5)).astype(np.float32), RNG.normal(size=4).astype(np.float32)],
    "fc6": [RNG.normal(size=(7, 12)).astype(np.float32), RNG.normal(size=7).astype(np.float32)],
}


@pytest.mark.parametrize("version", [0, 1, 2])
def test_the_arrays_of_every_version_of_the_format_are_read_to_the_bit(version):
    file = CaffeModel(caffemodel(LAYERS, version=version))
    assert file.names == ("conv2/0", "conv2/1", "fc6/0", "fc6/1")
    for name in file.names:
        layer, number = name.split("/")
        array, stored = LAYERS[layer][int(number)], file.stored(name)
        assert (stored.dtype, stored.kind, stored.itemsize) == ("float32", "f", 4)
        assert stored.has(array.shape)
        assert not stored.has((*array.shape[1:], 99))
        assert stored.shape == array.shape if version == 2 else len(stored.shape) == 4
        assert stored.read().tobytes() == array.tobytes()


def test_an_array_of_two_pieces_with_differences_beside_it_and_one_of_doubles_are_read():
    first, second = np.arange(4, dtype=np.float32), np.arange(4, 6, dtype=np.float32)
    split = field(7, field(1, 6)) + field(6, b"\0" * 24) + field(5, first.tobytes()) + field(5, second.tobytes())
    doubles = blob(np.arange(3.0))
    net = field(100, field(1, b"x") + field(7, split) + field(7, doubles))
    file = CaffeModel(net)
    np.testing.assert_array_equal(file.stored("x/0").read(), np.arange(6))
    assert file.stored("x/1").dtype == "float64"
    np.testing.assert_array_equal(file.stored("x/1").read(), np.arange(3))


def layer(content):
    return field(100, field(1, b"x") + field(7, content))


def shaped(*sides):
    return layer(field(7, field(1, b"".join(map(varint, sides)))) + field(5, bytes(24)))


REFUSED = {
    "nothing": b"",
    "no layer with weights": field(1, b"AlexNet") + field(100, field(1, b"data")),
    "a text for a number": field(100, field(1, 5) + field(7, b"")),
    "a name that is no text": field(100, field(1, b"\xff\xfe") + field(7, b"")),
    "a number for a layer": field(100, 5),
    "a number for an array": field(100, field(7, 5)),
    "a layer twice": shaped(6) * 2,
    "a negative side": shaped(2**64 - 1),
    "many sides": shaped(*[1] * (MOST_AXES + 1)),
    "a pickle": b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00cos\nsystem\n.",
    "an archive": b"PK\x03\x04" + bytes(100),
    "a length of exabytes": varint(100 << 3 | 2) + varint(2**62) + b"x",
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_no_such_file_is_refused_in_one_line(fault):
    with pytest.raises(Unsound, match=r"is not a \.caffemodel file, or is damaged") as caught:
        CaffeModel(REFUSED[fault])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("sides", [(7,), (2, 2), (2**31, 2**31), (0,)])
def test_a_shape_that_its_numbers_do_not_fill_is_damaged_and_allocates_nothing(sides):
    file = CaffeModel(shaped(*sides))
    tracemalloc.start()
    with pytest.raises(Unsound, match="is damaged"):
        file.stored("x/0").read()
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_file_of_too_many_fields_is_refused_within_a_second():
    content = field(100, b"") * 2_000_000

    def read():
        with pytest.raises(Unsound, match="has too many fields"):
            CaffeModel(content)

    assert least_seconds(read, enough=1) < 1


def test_reading_a_file_copies_none_of_its_numbers():
    content = caffemodel({"fc6": [np.zeros((1000, 2500), np.float32)]})
    tracemalloc.start()
    assert CaffeModel(content).stored("fc6/0").read().shape == (1000, 2500)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@given(data=st.data())
def test_any_changed_or_missing_byte_is_refused_or_leaves_an_array_of_the_bytes_there_are(data):
    content = bytearray(caffemodel(LAYERS))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        file = CaffeModel(bytes(content[: data.draw(st.integers(0, len(content)))]))
        sizes = [file.stored(name).read().nbytes for name in file.names]
    except Unsound:
        return
    assert sum(sizes) <= len(content)

import pytest
from hypothesis import given
from hypothesis import strategies as st
from written import field, varint

from harness.sources import Unsound
from harness.sources.protobuf import Message, varints

VALUES = st.one_of(st.integers(0, 2**64 - 1), st.binary(max_size=40))


def fields(content, most=1000):
    found = Message(most).fields(memoryview(content))
    return [(number, value if isinstance(value, int) else bytes(value)) for number, value in found]


@given(st.lists(st.tuples(st.integers(1, 2**29 - 1), VALUES), max_size=10))
def test_every_field_is_read_as_it_was_written(written):
    assert fields(b"".join(field(number, value) for number, value in written)) == written


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_packed_numbers_are_read_as_they_were_written(written):
    assert list(varints(memoryview(b"".join(map(varint, written))))) == written


def test_numbers_of_fixed_length_are_bytes():
    assert fields(bytes([3 << 3 | 5, 1, 2, 3, 4, 4 << 3 | 1, *range(8)])) == [
        (3, bytes([1, 2, 3, 4])),
        (4, bytes(range(8))),
    ]


FAULTS = {
    "a tag without an end": b"\x80",
    "a number without an end": field(1, 5)[:1] + b"\xff" * 11,
    "a number beyond 64 bits": field(1, 5)[:1] + b"\xff" * 9 + b"\x7f",
    "a length of exabytes": varint(1 << 3 | 2) + varint(2**63),
    "a length one too long": varint(1 << 3 | 2) + varint(4) + b"abc",
    "half of four bytes": bytes([1 << 3 | 5, 1, 2]),
    "a group": bytes([1 << 3 | 3, 1 << 3 | 4]),
    "a type that is none": bytes([1 << 3 | 7]),
    "the field zero": varint(2) + varint(0),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_message_is_refused(fault):
    with pytest.raises(Unsound, match=r"damaged|no end"):
        fields(FAULTS[fault])


def test_no_more_fields_are_read_than_were_allowed():
    assert len(fields(field(1, 0) * 10, most=10)) == 10
    with pytest.raises(Unsound, match="too many fields"):
        fields(field(1, 0) * 11, most=10)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(content):
    try:
        fields(content)
    except Unsound:
        return

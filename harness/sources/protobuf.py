"""Takes a message of Protocol Buffers apart into its fields, without its schema (protobuf.dev, "Encoding")."""

from __future__ import annotations

from collections.abc import Iterator

from harness.sources import Unsound

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
"""Wire types: how a field's value is written. Groups (3 and 4) are not read: no message here has any."""
_LONGEST = 10
"""Bytes of the longest number of 64 bits."""

Value = int | memoryview
"""A number, or the bytes of a text, a message or packed numbers."""


class Message:
    """Reads fields, and counts them: a file of millions of tiny fields is refused."""

    def __init__(self, most: int) -> None:
        """Begin to count.

        Args:
            most: fields that all messages read with it may have together.
        """
        self.left = most

    def fields(self, message: memoryview) -> Iterator[tuple[int, Value]]:
        """Yield number and value of every field, in the order of the message; nothing is copied.

        Raises:
            Unsound: if it is damaged, or has too many fields.
        """
        place = 0
        while place < len(message):
            self.left -= 1
            if self.left < 0:
                raise Unsound("has too many fields")
            tag, place = varint(message, place)
            field, wire = tag >> 3, tag & 7
            if wire == _VARINT:
                value, place = varint(message, place)
                yield field, value
                continue
            if wire == _BYTES:
                size, place = varint(message, place)
            elif wire in {_EIGHT, _FOUR}:
                size = 8 if wire == _EIGHT else 4
            else:
                raise Unsound(f"is damaged: it has a field of the wire type {wire}")
            if not field or size > len(message) - place:
                raise Unsound(
                    f"is damaged or cut short: field {field} would have {size:,} bytes, {len(message) - place:,} are left"
                )
            yield field, message[place : place + size]
            place += size


def varint(message: memoryview, place: int) -> tuple[int, int]:
    """Return the number of variable length at a place, and where it ends.

    Raises:
        Unsound: if it is cut short, or longer than 64 bits.
    """
    found = 0
    for k, byte in enumerate(message[place : place + _LONGEST]):
        found |= (byte & 0x7F) << (7 * k)
        if byte < 0x80:
            if found >= 2**64:
                break
            return found, place + k + 1
    raise Unsound("is damaged or cut short: a number is not terminated")


def varints(value: Value) -> Iterator[int]:
    """Yield the numbers of a repeated field: one, or all of those packed together.

    Raises:
        Unsound: if they are damaged.
    """
    if isinstance(value, int):
        yield value
        return
    place = 0
    while place < len(value):
        found, place = varint(value, place)
        yield found

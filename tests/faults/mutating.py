"""Draws mutations of bytes, and of trees of plain data; each says in a few words what it did."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
"""Numbers at which parsers fail."""


def mutated_bytes(
    content: bytes, drawn: random.Random, tokens: Sequence[bytes] = (b"\0",), most: int = 4
) -> tuple[bytes, str]:
    """Return bytes with one to ``most`` mutations."""
    found, done = bytearray(content), []
    for _ in range(drawn.randint(1, most)):
        step = drawn.choice(_BYTES)
        at = drawn.randrange(len(found) + 1)
        step(found, at, drawn, tokens)
        done.append(f"{step.__name__.strip('_')} at {at}")
    return bytes(found), ", ".join(done)


def _flip(found: bytearray, at: int, drawn: random.Random, tokens: Sequence[bytes]) -> None:
    if at < len(found):
        found[at] ^= 1 << drawn.randrange(8)


def _set(found: bytearray, at: int, drawn: random.Random, tokens: Sequence[bytes]) -> None:
    found[at : at + 1] = bytes([drawn.randrange(256)])


def _delete(found: bytearray, at: int, drawn: random.Random, tokens: Sequence[bytes]) -> None:
    del found[at : at + drawn.choice((1, 2, 16, 300, 10**6))]


def _repeat(found: bytearray, at: int, drawn: random.Random, tokens: Sequence[bytes]) -> None:
    found[at:at] = bytes(found[at : at + drawn.choice((1, 8, 200, 2000))]) * drawn.choice((1, 2, 20))


def _insert(found: bytearray, at: int, drawn: random.Random, tokens: Sequence[bytes]) -> None:
    found[at:at] = drawn.choice(tokens)


def _overwrite(found: bytearray, at: int, drawn: random.Random, tokens: Sequence[bytes]) -> None:
    token = drawn.choice(tokens)
    found[at : at + len(token)] = token


def _noise(found: bytearray, at: int, drawn: random.Random, tokens: Sequence[bytes]) -> None:
    size = drawn.choice((2, 8, 64))
    found[at : at + size] = drawn.randbytes(size)


def _number(found: bytearray, at: int, drawn: random.Random, tokens: Sequence[bytes]) -> None:
    size = drawn.choice((1, 2, 4, 8))
    value = drawn.choice(EXTREMES) % 256**size
    found[at : at + size] = value.to_bytes(size, drawn.choice(("little", "big")))


def _move(found: bytearray, at: int, drawn: random.Random, tokens: Sequence[bytes]) -> None:
    size, to = drawn.choice((4, 40, 400)), drawn.randrange(len(found) + 1)
    piece = bytes(found[at : at + size])
    found[to : to + size] = piece


_BYTES = (_flip, _set, _delete, _repeat, _insert, _overwrite, _noise, _number, _move)


def paths_within(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all parts of a tree, itself left out."""
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [place for name, part in parts for place in ((*path, name), *paths_within(part, (*path, name)))]


def part_of(tree: Any, path: Sequence[Any]) -> Any:
    """Return the part of a tree at a path."""
    for step in path:
        tree = tree[step]
    return tree


def mutated_tree(
    tree: Any, drawn: random.Random, odd: Sequence[Any], names: Sequence[str], most: int = 3
) -> tuple[Any, str]:
    """Return a tree with one to ``most`` parts replaced, dropped, doubled, renamed or moved."""
    found, done = copy.deepcopy(tree), []
    for _ in range(drawn.randint(1, most)):
        paths = paths_within(found)
        if not paths:
            return drawn.choice(odd), "everything replaced"
        path = drawn.choice(paths)
        within, last = part_of(found, path[:-1]), path[-1]
        what = drawn.choice(("replace", "replace", "replace", "drop", "graft", "rename", "wrap", "repeat"))
        if what == "replace":
            within[last] = copy.deepcopy(drawn.choice(odd))
        elif what == "drop":
            del within[last]
        elif what == "graft":
            within[last] = copy.deepcopy(part_of(found, drawn.choice(paths)))
        elif what == "rename" and isinstance(within, dict):
            within[drawn.choice(names)] = within.pop(last)
        elif what == "wrap":
            within[last] = drawn.choice(([within[last]], {"kind": within[last]}, {drawn.choice(names): within[last]}))
        elif isinstance(within, list):
            within[last:last] = [copy.deepcopy(within[last])] * drawn.choice((1, 3, 500))
        done.append(f"{what} {'.'.join(map(str, path))[:80]}")
    return found, ", ".join(done)

"""The first number of many random generators at once, to the bit what NumPy's own would draw one by one.

``default_rng(entropy).integers(high)`` takes 25 µs, of which the number itself is a thousandth: for the 60,000 images an
attack on a GPU is done with in two seconds, the drawing of their targets took another. Sources: ``SeedSequence`` is
O'Neill's seed_seq_fe128 (2015), the generator PCG64 XSL-RR (O'Neill 2014), the bound Lemire's (2019), all as in NumPy's
policy of streams that never change (NEP 19); the tests hold each number against NumPy's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Long = NDArray[np.uint64]
Wide = tuple[Long, Long]
"""128 bits: the high and the low half."""

POOL = 4
"""Words of a seed sequence's pool."""
HASHED, HASHED_OUT = (0x43B0D7E5, 0x931E8875), (0x8B51F9DD, 0x58F38DED)
"""Start and factor of the constants that hash words into the pool, and out of it."""
MIXED = 0xCA01F9DD, 0x4973F715
FACTOR = 0x2360ED05_1FC65DA4, 0x4385DF64_9FCCF645
"""PCG64's multiplier, its high and low half."""


def integers(entropy: Sequence[int], index: NDArray[np.int64], high: int) -> NDArray[np.int64]:
    """Return ``[default_rng((*entropy, i)).integers(high) for i in index]`` as int64 ``(n,)``.

    Args:
        entropy: integers, not negative.
        index: int64 ``(n,)``, not negative.
        high: at least 1 and below 2**32; the numbers are smaller.
    """
    if high == 1 or not len(index):
        return np.zeros(len(index), np.int64)
    words = [np.full(len(index), word, np.uint32) for each in entropy for word in _words(each)]
    drawn = _first(_state(_pool([*words, index.astype(np.uint32)])))
    product = drawn.astype(np.uint64) * np.uint64(high)
    numbers = (product >> np.uint64(32)).astype(np.int64)
    # Lemire's rule may refuse the first draw; and an index of more than 32 bits has more words.
    doubtful = ((product & np.uint64(0xFFFFFFFF)) < high) | (index >= 2**32)
    for row in np.flatnonzero(doubtful):
        numbers[row] = np.random.default_rng((*entropy, int(index[row]))).integers(high)
    return numbers


def _words(number: int) -> list[int]:
    """Cut an integer into words of 32 bits, lowest first; zero is one word."""
    count = max(1, -(-number.bit_length() // 32))
    return [number >> 32 * k & 0xFFFFFFFF for k in range(count)]


class _Hash:
    """Hashes words, each with the next constant."""

    def __init__(self, start: int, factor: int) -> None:
        self.constant, self.factor = start, factor

    def __call__(self, word: Words) -> Words:
        word = word ^ np.uint32(self.constant)
        self.constant = self.constant * self.factor & 0xFFFFFFFF
        word = word * np.uint32(self.constant)
        hashed: Words = word ^ word >> np.uint32(16)
        return hashed


def _pool(words: list[Words]) -> list[Words]:
    """Return the pools of seed sequences of these words, each ``(n,)``."""
    hashed, none = _Hash(*HASHED), np.zeros_like(words[0])
    pool = [hashed(words[k] if k < len(words) else none) for k in range(POOL)]
    for source in range(POOL):
        for k in range(POOL):
            if k != source:
                pool[k] = _mixed(pool[k], hashed(pool[source]))
    for word in words[POOL:]:
        pool = [_mixed(each, hashed(word)) for each in pool]
    return pool


def _mixed(one: Words, other: Words) -> Words:
    product = np.uint32(MIXED[0]) * one - np.uint32(MIXED[1]) * other
    mixed: Words = product ^ product >> np.uint32(16)
    return mixed


def _state(pool: list[Words]) -> tuple[Wide, Wide]:
    """Return the state and the increment of freshly seeded generators."""
    hashed = _Hash(*HASHED_OUT)
    low_and_high = [hashed(pool[k % POOL]).astype(np.uint64) for k in range(2 * POOL)]
    seed = [low_and_high[2 * k] | low_and_high[2 * k + 1] << np.uint64(32) for k in range(POOL)]
    one = np.uint64(1)
    increment = seed[2] << one | seed[3] >> np.uint64(63), seed[3] << one | one
    return _stepped(_sum(increment, (seed[0], seed[1])), increment), increment


def _first(seeded: tuple[Wide, Wide]) -> Words:
    """Return the first 32 bits generators give."""
    high, low = _stepped(*seeded)
    turn, folded = high >> np.uint64(58), high ^ low
    return (folded >> turn | folded << (np.uint64(64) - turn & np.uint64(63))).astype(np.uint32)


def _stepped(state: Wide, increment: Wide) -> Wide:
    high, low = state
    top, bottom = (np.uint64(half) for half in FACTOR)
    return _sum((_high_product(low, bottom) + high * bottom + low * top, low * bottom), increment)


def _sum(one: Wide, other: Wide) -> Wide:
    low = one[1] + other[1]
    return one[0] + other[0] + (low < one[1]), low


def _high_product(one: Long, other: np.uint64) -> Long:
    """Return the high half of a product of 64 bits."""
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    a, b, c, d = one >> half, one & mask, other >> half, other & mask
    middle = (b * d >> half) + (a * d & mask) + b * c
    product: Long = a * c + (a * d >> half) + (middle >> half)
    return product

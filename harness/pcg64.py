"""The first numbers of many random generators at once, bit-identical to NumPy's own generators.

``default_rng(entropy).integers(high)`` takes 25 µs, nearly all of it for seeding. A GPU attacks 60,000 images in two
seconds, and drawing their targets one by one took a third of that. Sources: ``SeedSequence`` is O'Neill's
seed_seq_fe128 (2015), the generator PCG64 XSL-RR (O'Neill 2014), the bounded integer Lemire's (2019). NumPy keeps these
streams (NEP 19), and the tests compare each number with NumPy's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Words32 = NDArray[np.uint32]
Words64 = NDArray[np.uint64]
Words128 = tuple[Words64, Words64]
"""The high and the low half."""

POOL = 4
"""Words32 of a seed sequence's pool."""
HASH_INTO, HASH_OUT_OF = (0x43B0D7E5, 0x931E8875), (0x8B51F9DD, 0x58F38DED)
"""Initial value and factor of the constants that hash words into the pool, and out of it."""
MIX = 0xCA01F9DD, 0x4973F715
MULTIPLIER = 0x2360ED05_1FC65DA4, 0x4385DF64_9FCCF645
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
    # Lemire's rule may reject the first draw, and an index of more than 32 bits has more words: NumPy draws these.
    special = ((product & np.uint64(0xFFFFFFFF)) < high) | (index >= 2**32)
    for row in np.flatnonzero(special):
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

    def __call__(self, word: Words32) -> Words32:
        word = word ^ np.uint32(self.constant)
        self.constant = self.constant * self.factor & 0xFFFFFFFF
        word = word * np.uint32(self.constant)
        hashed: Words32 = word ^ word >> np.uint32(16)
        return hashed


def _pool(words: list[Words32]) -> list[Words32]:
    """Return the pools of seed sequences of these words, each ``(n,)``."""
    hashed, none = _Hash(*HASH_INTO), np.zeros_like(words[0])
    pool = [hashed(words[k] if k < len(words) else none) for k in range(POOL)]
    for source in range(POOL):
        for k in range(POOL):
            if k != source:
                pool[k] = _mixed(pool[k], hashed(pool[source]))
    for word in words[POOL:]:
        pool = [_mixed(each, hashed(word)) for each in pool]
    return pool


def _mixed(one: Words32, other: Words32) -> Words32:
    """Mix two words of the pool."""
    product = np.uint32(MIX[0]) * one - np.uint32(MIX[1]) * other
    mixed: Words32 = product ^ product >> np.uint32(16)
    return mixed


def _state(pool: list[Words32]) -> tuple[Words128, Words128]:
    """Return the state and the increment of freshly seeded generators."""
    hashed = _Hash(*HASH_OUT_OF)
    low_and_high = [hashed(pool[k % POOL]).astype(np.uint64) for k in range(2 * POOL)]
    seed = [low_and_high[2 * k] | low_and_high[2 * k + 1] << np.uint64(32) for k in range(POOL)]
    one = np.uint64(1)
    increment = seed[2] << one | seed[3] >> np.uint64(63), seed[3] << one | one
    return _stepped(_sum(increment, (seed[0], seed[1])), increment), increment


def _first(seeded: tuple[Words128, Words128]) -> Words32:
    """Return the first 32 bits that seeded generators draw."""
    high, low = _stepped(*seeded)
    turn, folded = high >> np.uint64(58), high ^ low
    return (folded >> turn | folded << (np.uint64(64) - turn & np.uint64(63))).astype(np.uint32)


def _stepped(state: Words128, increment: Words128) -> Words128:
    """Advance the linear congruential generator by one step."""
    high, low = state
    top, bottom = (np.uint64(half) for half in MULTIPLIER)
    return _sum((_high_product(low, bottom) + high * bottom + low * top, low * bottom), increment)


def _sum(one: Words128, other: Words128) -> Words128:
    low = one[1] + other[1]
    return one[0] + other[0] + (low < one[1]), low


def _high_product(one: Words64, other: np.uint64) -> Words64:
    """Return the high half of a product of 64 bits."""
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    a, b, c, d = one >> half, one & mask, other >> half, other & mask
    middle = (b * d >> half) + (a * d & mask) + b * c
    product: Words64 = a * c + (a * d >> half) + (middle >> half)
    return product

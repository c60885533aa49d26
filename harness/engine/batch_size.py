"""The number of images in a batch, from the device and the floats held for each image."""

from __future__ import annotations

from typing import NamedTuple

from harness.engine import backend


class BatchLimit(NamedTuple):
    """What a batch may hold.

    Attributes:
        on_cpu: float32 numbers on a CPU.
        on_gpu: float32 numbers on a GPU.
        images: images, at most.
    """

    on_cpu: int
    on_gpu: int
    images: int


FORWARD = BatchLimit(2**26, 2**26, 2**12)
"""For evaluating a network, by its widest array: 256 MiB on any device, as nothing is read twice."""
GRADIENT_STEPS = BatchLimit(2**20, 2**26, 2**14)
"""For attacks of gradient steps, by the network's widest array: every step reads it, so it should fit a CPU's cache."""
C_SEARCH = BatchLimit(2**22, 2**28, 2**14)
"""For the search over c, by the state of each image: 16 MiB fit a CPU's cache; 1 GiB is small on a GPU."""


LEAST_PADDED = 64
"""Images: a smaller batch is not taken to save padding."""


class LeastImages(NamedTuple):
    """The images a full batch must have for something to pay, on a CPU and on a GPU."""

    on_cpu: int
    on_gpu: int


WORTH_COMPACTING = LeastImages(64, 2**12)
"""For compacting the last images into a small batch: in a smaller full batch, compiling the small one takes longer than
it saves. A GPU takes as long for 32 images as for 256."""
LEAST_PRODUCTS = 2**25
"""On a CPU, products of a weight and a number in one evaluation of the full batch, from which compacting pays too. 128 images
of 784-100-100-10 make 11 million: compacting saves 0.1 s on 256 images, compiling a second program takes 1.5 to 2.5 s. Those
of 784-500-150-10 make 60 million, and 0.4 s are saved each time."""


def fitting(limit: BatchLimit, floats: int) -> int:
    """Return how many images of so many floats each fit on the device, at least 1."""
    return max(1, (limit.on_gpu if backend.on_gpu() else limit.on_cpu) // floats)


def full_batch(limit: BatchLimit, floats: int, *, base: int = 2) -> int:
    """Return the size of a full batch: the largest power of ``base`` that fits and that the limit allows."""
    return power_below(min(fitting(limit, floats), limit.images), base)


def sparing_batch(full: int, count: int, *, base: int = 4) -> int:
    """Return the size of the batches that so many images are attacked in, each padded to it.

    On a CPU the largest power of ``base``, at most ``full``, with which padding adds no more than a quarter to the images; LEAST_PADDED
    where none does, for smaller ones are slow. On a GPU, where a few images take as long as many, a full batch, or one of all.
    """
    size = min(full, power_above(count, base))
    if not backend.computes_on_gpu():
        while size > LEAST_PADDED and -(-count // size) * size * 4 > count * 5:
            size //= base
    return size


def worth_compacting(full: int, weights: int | None = None) -> bool:
    """Whether a full batch of this size is compacted for its last images, on the device the engine computes on now.

    Args:
        full: images in a full batch.
        weights: of the network, where each takes part once in an image's logits; None where they are shared, as those of
            convolutions are, so that images cost more than they tell.
    """
    if backend.computes_on_gpu():
        return full >= WORTH_COMPACTING.on_gpu
    return full >= WORTH_COMPACTING.on_cpu and (weights is None or full * weights >= LEAST_PRODUCTS)


def power_below(number: int, base: int = 2) -> int:
    """Return the largest power of ``base``, 2 or 4, that is at most ``number``; programs know few sizes only."""
    bits = base.bit_length() - 1
    return 1 << (number.bit_length() - 1) // bits * bits


def power_above(number: int, base: int = 2) -> int:
    """Return the smallest power of ``base``, 2 or 4, that is at least ``number``, 1 for none."""
    bits = base.bit_length() - 1
    return 1 << -(-max(0, number - 1).bit_length() // bits) * bits

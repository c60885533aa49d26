"""How the attack `lbfgs` scales: with the size of its batch and the number of images, in time and in memory.

    HARNESS_DATA_DIR=… python benchmarks/scaling.py [--quick] [--json FILE]

The batch's size is what the product chooses from the device's memory, but for the first table, which forces others.
Peaks of memory are those of processes of their own (``many.py``).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from unittest import mock

import numpy as np
import pinned
from figures import Row, Table, alone, asking, publish
from numpy.typing import NDArray

from harness.attacks.lbfgs import LBFGSAttack
from harness.engine import backend, refill
from harness.engine.batch_size import C_SEARCH, BatchLimit, full_batch, power_above
from harness.engine.refill import floats_held
from harness.examples import Examples, unwatched
from harness.streams import Streams

SIZES = (16, 64, 256, 1024)
IMAGES = (1_000, 4_000, 16_000)
HELD = (1_000, 20_000)


def seconds(victim: Any, images: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """Return the seconds of one attack."""
    start = time.perf_counter()
    clean = Examples(images, (targets + 1) % 10, np.arange(len(images)), targets)
    LBFGSAttack().run(victim, clean, Streams(0, 0), unwatched)
    return time.perf_counter() - start


def by_batch(work: pinned.Pinned, sizes: Sequence[int]) -> list[Row]:
    """Time the pinned images in batches of forced sizes, each warm."""
    pixels, memory, count = 784, LBFGSAttack().memory, len(work.images)
    held = floats_held(pixels, memory)
    chosen = min(full_batch(C_SEARCH, held), power_above(count))
    rows: list[Row] = []
    for size in sorted({*sizes, chosen}):
        with mock.patch.object(refill, "C_SEARCH", BatchLimit(size * held, size * held, size)):
            first = seconds(work.victim, work.images, work.targets)
            warm = min(seconds(work.victim, work.images, work.targets) for _ in range(2))
        label = f"{size} (chosen)" if size == chosen else str(size)
        rows.append({"batch": label, "images": count, "images/s": count / warm, "first call, s": first})
    return rows


def by_count(victim: Any, data: Examples, counts: Sequence[int]) -> list[Row]:
    """Time more and more training images, each with a random wrong class, in the chosen batch."""
    rng = np.random.default_rng(0)
    targets = (data.labels + rng.integers(1, 10, len(data))) % 10
    seconds(victim, data.images[: counts[0]], targets[: counts[0]])
    taken = {count: seconds(victim, data.images[:count], targets[:count]) for count in counts}
    return [{"images": count, "images/s": count / taken[count], "seconds": taken[count]} for count in counts]


def memory(counts: Sequence[int]) -> list[Row]:
    """Measure the peak of processes that attack so many images, beside what must grow: images and examples."""
    rows: list[Row] = []
    for count in counts:
        row = alone("many.py", "--images", count)["rows"][0]
        arrays = 2 * count * 784 * 4 / 2**20
        rows.append(
            {"images": count, "peak MiB": row["peak MiB"], "images and examples, MiB": arrays}
            | {"the rest": row["peak MiB"] - arrays}
        )
    return rows


def main() -> None:
    parser = asking(__doc__)
    parser.add_argument("--batches", type=int, nargs="+", help="forced sizes")
    parser.add_argument("--counts", type=int, nargs="+", help="numbers of images to time")
    parser.add_argument("--held", type=int, nargs="*", help="numbers of images to measure the memory of")
    asked = parser.parse_args()
    sizes, counts, held = ((32,), (100, 400), (100, 1_000)) if asked.quick else (SIZES, IMAGES, HELD)
    sizes, counts = asked.batches or sizes, asked.counts or counts
    held = held if asked.held is None else asked.held
    data = pinned.mnist()
    work = pinned.load(data).first(min(1_000, counts[0]))
    with backend.on():
        tables = [
            Table("`lbfgs` by the size of its batch", by_batch(work, sizes)),
            Table("`lbfgs` by the number of images", by_count(work.victim, data, counts)),
        ]
    if held:
        tables.append(Table("Memory of `lbfgs` by the number of images", memory(held)))
    publish(asked, *tables)


if __name__ == "__main__":
    main()

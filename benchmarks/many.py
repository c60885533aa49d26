"""Attacks many MNIST images on one network or on six, and prints device, seconds and peak memory, with a progress bar.

    HARNESS_DATA_DIR=… python benchmarks/many.py [--images 60000] [--models 1|6] [--attack lbfgs] [--again 0]
        [--json FILE]

On a GPU: ``KERAS_BACKEND=jax python benchmarks/many.py --models 6``, which is the distortion of Table 1's six networks
over all training images; ``make bench-gpu`` includes it. The six are trained as ``specs/szegedy2013/models.yaml`` says
(``--iterations`` cuts that short); the time printed is that of the attacks, compilation included. One network is the
pinned one.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pinned
from figures import Table, asking, mib, publish
from rich.console import Console

from harness.durations import duration
from harness.engine import backend
from harness.examples import Examples, Victim
from harness.kinds.registry import discover, kinds
from harness.run.display import Took
from harness.spec.reading.load import load
from harness.streams import Streams
from harness.terminal.progress import display

PACK = Path(__file__).parents[1] / "specs" / "szegedy2013"
SIX = ("fc10-1e-4", "fc10-1e-2", "fc10-1", "fc100-100-10", "fc200-200-10", "ae400-10")
"""The networks of Table 1."""


def trained(train: Examples, iterations: int | None, show) -> Iterator[tuple[str, Victim, float]]:
    """Yield the six networks, trained on MNIST as the pack says, or on a shorter schedule, and the seconds it took."""
    recipes, made, took = load(PACK).models, {}, {}
    for name in ("autoencoder", *SIX):
        recipe = recipes[name]
        cut = {"iterations": iterations, "epochs": max(1, iterations // 20)} if iterations else {}
        recipe = recipe.model_copy(update={"training": _shortened(recipe.training, cut)})
        inputs = {"starts_from": made[recipe.starts_from]} if recipe.starts_from else {}
        start, watch = time.perf_counter(), show.job(f"train {name}", recipe.seconds)
        weights = recipe(train_on=train, streams=Streams(1312, 1), watch=watch, **inputs)
        made[name] = recipe.victim(weights, **inputs)
        took[name] = time.perf_counter() - start
        show.done(f"train {name}", Took(took[name]), recipe.seconds)
    yield from ((name, made[name], took[name]) for name in SIX)


def _shortened(training: Any, cut: Mapping[str, int]) -> Any:
    """Return a training with those of the fields that it has."""
    return training.model_copy(update={name: value for name, value in cut.items() if hasattr(training, name)})


def peak() -> float:
    """Return the most memory this process has held, in MiB."""
    return mib(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def again(recipe, victim: Victim, clean: Examples, times: int) -> dict[str, float]:
    """Attack the same images so many times more, now that all is compiled; return the best time."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        recipe(victim, clean, Streams(1312, 1))
        seconds.append(time.perf_counter() - start)
    return {"again, s": min(seconds), "again, images/s": len(clean) / min(seconds)} if seconds else {}


def main() -> None:
    parser = asking(__doc__)
    parser.add_argument("--images", type=int, default=60_000, help="training images attacked, the first ones")
    parser.add_argument("--models", type=int, choices=(1, 6), default=1)
    parser.add_argument("--attack", default="lbfgs", help="a kind of attack")
    parser.add_argument("--iterations", type=int, help="cuts the training of the six networks short")
    parser.add_argument("--again", type=int, default=0, help="attack so many times more, and print the best time")
    asked = parser.parse_args()
    discover()
    train, recipe = pinned.mnist(), kinds("attacks")[asked.attack]()
    clean = train.take(np.arange(min(asked.images, len(train))))
    rows, total = [], 0.0
    with display(Console(stderr=True)) as show, backend.on():
        one = [("fc100-100-10, pinned", pinned.load(train).victim, None)]
        for name, victim, training in one if asked.models == 1 else trained(train, asked.iterations, show):
            before, start = peak(), time.perf_counter()
            made = recipe(victim, clean, Streams(1312, 1), show.job(f"{asked.attack} {name}", recipe.seconds))
            seconds = time.perf_counter() - start
            show.done(f"{asked.attack} {name}", Took(seconds), recipe.seconds)
            total += seconds
            rows.append(
                {
                    "model": name,
                    "images": len(clean),
                    "mean distortion": float(made.distortion[made.found].mean()),
                    "found": f"{made.found.mean():.1%}",
                    "seconds": seconds,
                    "images/s": len(clean) / seconds,
                    **again(recipe, victim, clean, asked.again),
                    **({"training, s": training} if training else {}),
                    "peak MiB": peak(),
                    "of it before the attack": before,
                }
            )
    devices = ", ".join(f"{name} ({kind})" if kind else name for name, kind in backend.devices().items())
    note = f"{len(rows)} × {len(clean):,} images in {duration(total)}, {backend.BACKEND} on {devices}."
    publish(asked, Table(f"`{asked.attack}` on many images", rows, [note]))


if __name__ == "__main__":
    main()

"""Runs a compiled attack on any number of images, batch by batch, and says in float64 which ones met their criterion.

All batches have the size of one power of four, so that few programs are compiled; images never interact, so the padding
changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float
from keras import ops
from numpy.typing import NDArray

from harness.engine.batch_size import GRADIENT_STEPS, full_batch, sparing_batch
from harness.engine.criterion import Criterion
from harness.engine.objective import network_of
from harness.engine.shapes import Points
from harness.examples import AttackFailure, Examples, Victim, Watch
from harness.kinds.confirmation import exact_margin

Program = Callable[..., Points]
"""Compiled: (weights, origins ``(n, d)``, Criterion, settings by name, further arrays ``(n, …)``) -> crafted ``(n, d)``."""
Builder = Callable[..., Program]
"""Makes the program for a ``TraceableNetwork``, its only argument; keeps those it has made."""


def attack_in_batches(
    build: Builder,
    victim: Victim,
    clean: Examples,
    settings: Mapping[str, float | int],
    watch: Watch,
    *,
    beside: tuple[Float[np.ndarray, "n ..."], ...] = (),
    copies: int = 1,
) -> Examples:
    """Attack every image, also those that meet the criterion already.

    Args:
        build: makes the attack's program.
        victim: the network attacked; one with an ``architecture`` shares its programs with all others of it.
        clean: images in [0, 1], and what is wanted of each (``criterion``).
        settings: the attack's numbers; they enter the program as arrays, so other numbers need no other program.
        watch: called with the share of images done.
        beside: further arrays with a row or a number for each image, given to the program batch by batch, each laid flat.
        copies: how many copies of each image the program holds at once.

    Returns:
        The examples: the clean image where the crafted one is not finite; found is what met its criterion in float64, and
        failure says where it was not finite.
    """
    images, (classes, reach) = clean.images, clean.criterion
    network, weights = network_of(victim)
    widest = max(math.prod(images.shape[1:]), getattr(network, "widest", 0))
    program = build(network)
    size = sparing_batch(full_batch(GRADIENT_STEPS, widest * copies, base=4), len(images))
    numbers = {
        name: ops.convert_to_tensor(value, "int32" if isinstance(value, int) else "float32")
        for name, value in settings.items()
    }
    sign = ops.convert_to_tensor(1.0 if reach else -1.0, "float32")
    crafted, failure = images.copy(), np.full(len(images), AttackFailure.UNREACHED, np.int8)
    for start in range(0, len(images), size):
        rows = np.arange(start, min(start + size, len(images)))
        padded = np.pad(rows, (0, size - len(rows)), mode="edge")
        origins, *others = (_flat(array[padded]) for array in (images, *beside))
        criterion = Criterion(ops.convert_to_tensor(classes[padded], "int32"), sign)
        made = ops.convert_to_numpy(program(weights, ops.convert_to_tensor(origins), criterion, numbers, *others))
        # A network that overflows leaves NaN: the clean image takes its place.
        usable = np.isfinite(made[: len(rows)]).all(axis=1)
        failure[rows[~usable]] = AttackFailure.NOT_FINITE
        crafted[rows[usable]] = made[: len(rows)][usable].reshape(-1, *images.shape[1:])
        watch(int(rows[-1] + 1) / len(images), f"{rows[-1] + 1} of {len(images)} images")
    return clean.crafted(crafted, exact_margin(victim, crafted, classes, reach) > 0, failure)


def attack_unmet(
    build: Builder,
    victim: Victim,
    clean: Examples,
    settings: Mapping[str, float | int],
    watch: Watch,
    *,
    copies: int = 1,
) -> Examples:
    """Attack, as ``attack_in_batches``, the images whose criterion is not met; any other is its own example."""
    return of_the_unmet(
        victim, clean, lambda rest: attack_in_batches(build, victim, rest, settings, watch, copies=copies)
    )


def of_the_unmet(victim: Victim, clean: Examples, attack: Callable[[Examples], Examples]) -> Examples:
    """Return what an attack makes of the images whose criterion is not met; any other is its own example."""
    found = exact_margin(victim, clean.images, *clean.criterion) > 0
    rest = np.flatnonzero(~found)
    return clean.crafted(clean.images, found).with_rows(rest, attack(clean.take(rest)))


def _flat(images: NDArray[np.float32]) -> Float[np.ndarray, "n d"]:
    """Return images as rows of pixels, and a number for each image as a row of one."""
    return images.reshape(len(images), -1)

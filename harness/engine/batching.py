"""Runs a compiled attack over any number of images, batch by batch, and says in float64 which ones reached their goal.

Batches are padded to a power of four, so that few sizes are compiled; images never interact, so the padding changes
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.criterion import Goal
from harness.engine.objective import Sealed
from harness.examples import Examples, Victim, Watch
from harness.kinds.success import exact_margin

Images = NDArray[np.float32]
Program = Callable[..., Any]
"""Compiled: (weights, origins ``(n, d)``, Goal, settings by name, further arrays ``(n, …)``) -> crafted ``(n, d)``."""
Builder = Callable[..., Program]
"""Makes the program for a ``Network``, its only argument; keeps those it has made."""

FLOATS_ON_CPU = 2**20
"""Float32 numbers of the widest array of a batch on a CPU: of images, or between two layers."""
FLOATS_ON_GPU = 2**26
"""Float32 numbers of the widest array of a batch on a GPU."""
LARGEST = 2**14
"""Images in a batch, at most."""


def sweep(
    build: Builder,
    victim: Victim,
    clean: Examples,
    settings: Mapping[str, float],
    watch: Watch,
    *,
    beside: tuple[Images, ...] = (),
    copies: int = 1,
) -> Examples:
    """Attack every image, whatever the network says of it as it is.

    Args:
        build: makes the attack's program.
        victim: the network attacked; one with an ``architecture`` shares its programs with all others of it.
        clean: images in [0, 1], and what is wanted of each (``criterion``).
        settings: the attack's numbers; they enter the program as arrays, so other numbers need no other program.
        watch: told the share of images done.
        beside: further arrays of the images' shape, given to the program batch by batch.
        copies: how many copies of each image the program holds at once.

    Returns:
        The examples: the clean image where the crafted one is not finite; found is what met its criterion in float64.
    """
    images, (classes, reach) = clean.images, clean.criterion
    network = getattr(victim, "architecture", None) or Sealed(victim)
    weights = getattr(victim, "on_device", None) or dict(victim.weights)
    widest = max(math.prod(images.shape[1:]), getattr(network, "widest", 0))
    program, size = build(network), _size(widest * copies)
    numbers = {
        name: ops.convert_to_tensor(value, "int32" if isinstance(value, int) else "float32")
        for name, value in settings.items()
    }
    sign = ops.convert_to_tensor(1.0 if reach else -1.0, "float32")
    crafted = images.copy()
    for start in range(0, len(images), size):
        rows = np.arange(start, min(start + size, len(images)))
        padded = np.pad(rows, (0, _padded(len(rows)) - len(rows)), mode="edge")
        origins, *others = (array[padded].reshape(len(padded), -1) for array in (images, *beside))
        goal = Goal(ops.convert_to_tensor(classes[padded], "int32"), sign)
        made = ops.convert_to_numpy(program(weights, ops.convert_to_tensor(origins), goal, numbers, *others))
        usable = np.isfinite(made[: len(rows)]).all(axis=1)
        crafted[rows[usable]] = made[: len(rows)][usable].reshape(-1, *images.shape[1:])
        watch(int(rows[-1] + 1) / len(images), f"{rows[-1] + 1} of {len(images)} images")
    return clean.crafted(crafted, exact_margin(victim, crafted, classes, reach) > 0)


def nearest(
    build: Builder, victim: Victim, clean: Examples, settings: Mapping[str, float], watch: Watch, *, copies: int = 1
) -> Examples:
    """Attack every image that does not meet its criterion as it is, which is its own example; otherwise as ``sweep``."""
    crafted, found = clean.images.copy(), exact_margin(victim, clean.images, *clean.criterion) > 0
    rest = np.flatnonzero(~found)
    made = sweep(build, victim, clean.take(rest), settings, watch, copies=copies)
    crafted[rest], found[rest] = made.images, made.found
    return clean.crafted(crafted, found)


def _size(floats: int) -> int:
    """Return how many images of so many floats a batch holds: a power of four that suits the device."""
    on_gpu = any(name.startswith("gpu") for name in backend.devices())
    fits = (FLOATS_ON_GPU if on_gpu else FLOATS_ON_CPU) // floats
    return 1 << (max(1, min(fits, LARGEST)).bit_length() - 1) // 2 * 2


def _padded(images: int) -> int:
    """Return the smallest power of four that is at least so many images."""
    return 1 << ((images - 1).bit_length() + 1) // 2 * 2

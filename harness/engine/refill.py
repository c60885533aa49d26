"""Runs the search over any number of images in a fixed number of places, refilled as images are done.

Compiled programs know their batch size, so only two sizes are used: a full one, whose places are given to the next
images whenever a quarter of them is free, and a small one for the last stragglers. Memory does not depend on the
number of images.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.c_search import NONE_YET, Bracket, Limits, Search, advance, enter
from harness.engine.objective import Network, Problem, Sealed
from harness.engine.state import State
from harness.engine.transfer import fetching, spread
from harness.examples import Victim, Watch

FLOATS_IN_CACHE = 2**22
"""Float32 numbers a batch's state may hold on a CPU: 16 MiB, so that it stays in the cache."""
FLOATS_ON_GPU = 2**28
"""Float32 numbers a batch's state may hold on a GPU: 1 GiB."""
LARGEST = 2**14
"""Images in a batch, at most."""
VECTORS = 16
"""Vectors of the image's size each member holds beside its curvature pairs, roughly."""
SMALL = 8
"""The full batch is this many times the small one."""
WORTH_SQUEEZING = 64
"""A full batch smaller than this gains less from a small one than compiling that takes."""
WORTH_SQUEEZING_ON_GPU = 2**12
"""The same on a GPU, which takes as long for 32 images as for 256."""


@dataclass(frozen=True, eq=False)
class Ends:
    """Where each image's search ended, in the order the images were given.

    Attributes:
        images: float32 ``(n, h, w, c)`` in [0, 1]: the minimiser of the largest c that succeeded, the clean image where
            it has the target class already, the last minimiser where none succeeded.
        reached: bool ``(n,)``, whether the image has the target class, in float32.
        c: float64 ``(n,)``, the largest c that succeeded; NaN where there is none.
        solves: int64 ``(n,)``, values of c tried.
        evaluations: int64 ``(n,)``, gradients computed.
    """

    images: NDArray[np.float32]
    reached: NDArray[np.bool_]
    c: NDArray[np.float64]
    solves: NDArray[np.int64]
    evaluations: NDArray[np.int64]


def search_all(
    search: Search,
    limits: Limits,
    victim: Victim,
    images: NDArray[np.float32],
    targets: NDArray[np.int64],
    watch: Watch,
) -> Ends:
    """Search for every image's largest c that succeeds.

    Args:
        search: the minimiser and the penalty.
        limits: the settings of the search.
        victim: the network attacked; one with an ``architecture`` shares its compiled programs with all others of it.
        images: clean images, float32 ``(n, h, w, c)`` in [0, 1].
        targets: the classes to reach, int64 ``(n,)``.
        watch: told the share of images done.
    """
    flat, waiting = images.reshape(len(images), math.prod(images.shape[1:])), np.arange(len(images))
    ends = Ends(images.copy(), *(np.zeros(len(images), kind) for kind in (bool, float, np.int64, np.int64)))
    network = getattr(victim, "architecture", None) or Sealed(victim)
    weights = getattr(victim, "on_device", None) or dict(victim.weights)
    run, on_gpu = _program(search, network), backend.computes_on_gpu()
    full = _full_size(flat.shape[1], search.method.memory, len(images))
    small = full // SMALL if full >= (WORTH_SQUEEZING_ON_GPU if on_gpu else WORTH_SQUEEZING) else full
    limits = Limits(*(np.asarray(value, np.float32) for value in limits))
    places = _blank(search, limits, network, weights, flat.shape[1], full)
    write: Callable[[], None] = _nothing
    while len(waiting) or (places.rows >= 0).any():
        places, newcomers, fresh = _admit(places, flat, targets, waiting)
        waiting = waiting[fresh.sum() :]
        size = len(places.rows)
        enough = size * 3 // 4 if len(waiting) else small if size > small else 0
        stages = run(limits, weights, places.stages, newcomers, fresh, np.asarray(enough, np.int32))
        write()  # what the last call made, while a GPU is busy with this one
        places, write = _dismiss(_Places(places.rows, *stages), ends)
        if not len(waiting) and size > small:
            places = _squeeze(places, small)
        finished = len(images) - len(waiting) - int((places.rows >= 0).sum())
        watch(finished / len(images), f"{finished} of {len(images)} images")
    write()
    return ends


def _nothing() -> None:
    """Write nothing down: nobody is done yet."""


@dataclass(frozen=True, eq=False)
class _Places:
    """A batch of fixed size: who sits where, and where each one's search stands.

    Attributes:
        rows: int64 ``(places,)``, the image in each place; -1 for nobody.
        problem: what each is asked.
        state: the minimiser's state.
        bracket: the search's state.
    """

    rows: NDArray[np.int64]
    problem: Problem
    state: State
    bracket: Bracket

    @property
    def stages(self) -> tuple[Problem, State, Bracket]:
        """What the compiled program takes and returns."""
        return self.problem, self.state, self.bracket


def _blank(search: Search, limits: Limits, network: Network, weights: Any, pixels: int, places: int) -> _Places:
    """Return places with nobody in them: all zeros, in the shapes a search has, and done."""
    one = Problem(ops.zeros((1, pixels)), ops.zeros((1,), dtype="int32"))

    def empty(array: Any) -> Any:
        shape = list(array.shape)
        if shape:
            shape[_axis(array)] = places
        return ops.zeros(shape, dtype=array.dtype)

    entry = _entry(search, network)  # type: ignore[arg-type]  # a protocol cannot ask for a hash
    outline = backend.outlined(entry, limits, weights, one)
    problem, state, bracket = keras.tree.map_structure(empty, outline)
    return _Places(np.full(places, -1), problem, state, bracket._replace(done=ops.ones((places,), dtype="bool")))


@lru_cache(maxsize=32)
def _entry(search: Search, network: Network) -> Callable[..., tuple[Problem, State, Bracket]]:
    """Return what starts the search of a problem; the same function for equal networks, so that it is traced once."""

    def entered(limits: Limits, weights: Any, problem: Problem) -> tuple[Problem, State, Bracket]:
        return (problem, *enter(search, limits, network, weights, problem))

    return entered


def _admit(
    places: _Places, flat: NDArray[np.float32], targets: NDArray[np.int64], waiting: NDArray[np.int64]
) -> tuple[_Places, Problem, NDArray[np.bool_]]:
    """Give the free places to the first of the waiting; return their problems and which places are newly taken."""
    rows = places.rows.copy()
    free = np.flatnonzero(rows < 0)[: len(waiting)]
    rows[free] = waiting[: len(free)]
    fresh = np.zeros(len(rows), bool)
    fresh[free] = True
    newcomers = (flat[rows[free]], targets[rows[free]].astype(np.int32))
    return replace(places, rows=rows), Problem(*(spread(each, free, places.bracket.low) for each in newcomers)), fresh


def _dismiss(places: _Places, ends: Ends) -> tuple[_Places, Callable[[], None]]:
    """Free the places of the images that are done; return also what waits for the images and writes them down."""
    bracket = places.bracket
    done, *told = backend.together(bracket.done, bracket.low, bracket.margin, bracket.solves, bracket.evaluations)
    out = np.flatnonzero(done & (places.rows >= 0))
    rows, (low, margin, solves, evaluations) = places.rows[out], (each[out] for each in told)
    succeeded = low > -NONE_YET
    arriving = [
        (rows[who], fetching(made, out[who])) for who, made in ((succeeded, bracket.best), (~succeeded, places.state.x))
    ]
    ends.solves[rows] = solves
    ends.reached[rows] = succeeded | ((solves == 0) & (margin > 0))
    ends.c[rows] = np.where(succeeded, np.exp(low.astype(np.float64)), np.nan)
    ends.evaluations[rows] = evaluations
    left = places.rows.copy()
    left[out] = -1

    def write() -> None:
        for which, arrived in arriving:
            ends.images[which] = arrived().reshape(-1, *ends.images.shape[1:])

    return replace(places, rows=left), write


def _squeeze(places: _Places, size: int) -> _Places:
    """Return a smaller batch with everybody who is still there."""
    seats = np.argsort(places.rows < 0, kind="stable")[:size].astype(np.int32)
    problem, state, bracket = keras.tree.map_structure(
        lambda array: ops.take(array, seats, axis=_axis(array)) if len(array.shape) else array, places.stages
    )
    return _Places(places.rows[seats], problem, state, bracket)


def _axis(array: Any) -> int:
    """Return which axis counts the batch's members: the first, but the second of a ring of pairs."""
    return 1 if len(array.shape) == 3 else 0


@lru_cache(maxsize=32)
def _program(search: Search, network: Network) -> Callable[..., tuple[Problem, State, Bracket]]:
    """Return the compiled loop; one for all victims of an architecture."""

    def run(
        limits: Limits,
        weights: Any,
        places: tuple[Problem, State, Bracket],
        newcomers: Problem,
        fresh: Any,
        enough: Any,
    ) -> tuple[Problem, State, Bracket]:
        """Admit the newcomers, then go on until at most ``enough`` images are still being searched."""

        def take(new: Any, old: Any) -> Any:
            if len(new.shape) == 0:
                return old
            shape = [1] * len(new.shape)
            shape[_axis(new)] = -1
            return ops.where(ops.reshape(fresh, shape), new, old)

        entering = (newcomers, *enter(search, limits, network, weights, newcomers))
        problem, state, bracket = keras.tree.map_structure(take, entering, places)
        state, bracket = ops.while_loop(
            lambda _, bracket: ops.sum(ops.cast(~bracket.done, "int32")) > enough,
            lambda state, bracket: advance(search, limits, network, weights, problem, state, bracket),
            (state, bracket),
        )
        return problem, state, bracket

    return backend.jit(run, fuse=network.fuses)


def _full_size(pixels: int, memory: int, images: int) -> int:
    """Return the full batch's size: a power of two that fits the device, not much above the number of images."""
    on_gpu = any(name.startswith("gpu") for name in backend.devices())
    fits = (FLOATS_ON_GPU if on_gpu else FLOATS_IN_CACHE) // (pixels * (2 * memory + VECTORS))
    below = 1 << (max(1, min(fits, LARGEST)).bit_length() - 1)
    return min(below, 1 << max(0, images - 1).bit_length())

"""Continuous batching of the search over c: batches of fixed size, refilled as images are done.

Compiled programs know their batch size, so only two sizes are used: a full batch, whose free seats are given to the
next images whenever a quarter of them is free, and a small one for the last images. Memory does not depend on the
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
from jaxtyping import Bool, Float, Int, Shaped
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.batch_size import C_SEARCH, full_batch, power_above, worth_compacting
from harness.engine.c_search import NONE_YET, Bracket, CSearch, CSearchSettings, begin_search, step_search
from harness.engine.objective import TargetedImages, TraceableNetwork, network_of
from harness.engine.shapes import Count, Flags, Weights
from harness.engine.state import Reason, State
from harness.engine.transfer import scatter_rows, start_fetch
from harness.examples import AttackFailure, Victim, Watch

VECTORS = 16
"""Approximate number of vectors of the image's size that each member holds besides its curvature pairs."""
SMALL = 8
"""The full batch is this many times the small one."""

Stages = tuple[TargetedImages, State, Bracket]
"""What the compiled program takes and returns: the images of a batch, its minimisers' states and its searches'."""
SearchInputs = tuple[Float[np.ndarray, "n d"], Int[np.ndarray, " n"], Float[np.ndarray, "n s"]]
"""All images, their targets and their starts, as ``TargetedImages`` holds those of a batch."""


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Where each image's search ended, in the order the images were given.

    Attributes:
        images: float32 ``(n, h, w, c)`` in [0, 1]: the minimiser of the largest c that succeeded, the clean image where
            it has the target class already, the last minimiser where none succeeded.
        reached: bool ``(n,)``, whether the image has the target class, in float32.
        c: float64 ``(n,)``, the largest c that succeeded; NaN where there is none.
        tried: int64 ``(n,)``, values of c tried.
        evaluations: int64 ``(n,)``, gradients computed.
        failure: int8 ``(n,)``, an ``AttackFailure``: why no value of c succeeded.
    """

    images: Float[np.ndarray, "n h w c"]
    reached: Bool[np.ndarray, " n"]
    c: Float[np.ndarray, " n"]
    tried: Int[np.ndarray, " n"]
    evaluations: Int[np.ndarray, " n"]
    failure: Int[np.ndarray, " n"]


def search_with_refill(
    search: CSearch,
    settings: CSearchSettings,
    victim: Victim,
    images: Float[np.ndarray, "n h w c"],
    targets: Int[np.ndarray, " n"],
    watch: Watch,
    starts: Float[np.ndarray, "n h w c"] | None = None,
) -> SearchResult:
    """Search for every image's largest c that succeeds.

    Args:
        search: the minimiser and the penalty.
        settings: the settings of the search.
        victim: the network attacked; one with an ``architecture`` shares its compiled programs with all others of it.
        images: clean images, float32 ``(n, h, w, c)`` in [0, 1].
        targets: the classes to reach, int64 ``(n,)``.
        watch: called with the share of images done.
        starts: where each search starts, float32 ``(n, h, w, c)`` in [0, 1]; None: the clean images.
    """
    waiting, pixels = np.arange(len(images)), math.prod(images.shape[1:])
    flat = images.reshape(-1, pixels)
    given = (flat, targets.astype(np.int32), flat[:, :0] if starts is None else starts.reshape(-1, pixels))
    kinds = (bool, float, np.int64, np.int64, np.int8)
    result = SearchResult(images.copy(), *(np.zeros(len(images), kind) for kind in kinds))
    network, weights = network_of(victim)
    run = _program(search, network)
    full = min(full_batch(C_SEARCH, floats_held(pixels, search.method.memory)), power_above(len(images)))
    # Networks that XLA fuses have no convolutions.
    each = sum(math.prod(weight.shape) for weight in weights.values()) if network.fuses and weights else None
    small = full // SMALL if worth_compacting(full, each) else full
    settings = CSearchSettings(*(np.asarray(value, np.float32) for value in settings))
    batch = _blank(search, settings, network, weights, given, full)
    write: Callable[[], None] = _write_nothing
    while len(waiting) or (batch.rows >= 0).any():
        batch, newcomers, fresh = _admit(batch, given, waiting)
        waiting = waiting[fresh.sum() :]
        size = len(batch.rows)
        # The loop on the device returns when only this many images still search. Refilling after each image that ends
        # would stop the whole batch each time; waiting for the last image would leave most seats idle. So it returns
        # when a quarter is free. Once no image waits, the full batch runs until the rest fit the small one, which runs
        # to the end.
        enough = size * 3 // 4 if len(waiting) else small if size > small else 0
        stages = run(settings, weights, batch.stages, newcomers, fresh, np.asarray(enough, np.int32))
        write()  # the images that the last call finished, while a GPU computes this one
        batch, write = _dismiss(_Batch(batch.rows, *stages), result, settings)
        if not len(waiting) and size > small:
            batch = _compact(batch, small)
        finished = len(images) - len(waiting) - int((batch.rows >= 0).sum())
        watch(finished / len(images), f"{finished} of {len(images)} images")
    write()
    return result


def _write_nothing() -> None:
    """Write nothing: no image is done yet."""


def floats_held(pixels: int, memory: int) -> int:
    """Return roughly how many floats the search holds for an image: two vectors a curvature pair, and its state."""
    return pixels * (2 * memory + VECTORS)


@dataclass(frozen=True, eq=False)
class _Batch:
    """A batch of fixed size: the image in each seat, and the state of its search.

    Attributes:
        rows: int64 ``(seats,)``, the image in each seat; -1 where it is free.
        images: the images themselves.
        state: the minimisers' states.
        bracket: the searches' states.
    """

    rows: NDArray[np.int64]
    images: TargetedImages
    state: State
    bracket: Bracket

    @property
    def stages(self) -> Stages:
        """What the compiled program takes and returns."""
        return self.images, self.state, self.bracket


def _blank(
    search: CSearch,
    settings: CSearchSettings,
    network: TraceableNetwork,
    weights: Weights,
    given: SearchInputs,
    seats: int,
) -> _Batch:
    """Return a batch of free seats: all zeros, in the shapes a search has, and done."""
    one = TargetedImages(*(ops.zeros((1, *each.shape[1:]), dtype=str(each.dtype)) for each in given))

    def empty(array: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
        shape = list(array.shape)
        if shape:
            shape[_axis(array)] = seats
        return ops.zeros(shape, dtype=array.dtype)

    begun = backend.eval_shape(_first_stages(search, network), settings, weights, one)
    images, state, bracket = keras.tree.map_structure(empty, begun)
    return _Batch(np.full(seats, -1), images, state, bracket._replace(done=ops.ones((seats,), dtype="bool")))


@lru_cache(maxsize=32)
def _first_stages(search: CSearch, network: TraceableNetwork) -> Callable[..., Stages]:
    """Return what begins the search of images; the same function for equal networks, so that it is traced once."""

    def begun(settings: CSearchSettings, weights: Weights, images: TargetedImages) -> Stages:
        return (images, *begin_search(search, settings, network, weights, images))

    return begun


def _admit(
    batch: _Batch, given: SearchInputs, waiting: NDArray[np.int64]
) -> tuple[_Batch, TargetedImages, Bool[np.ndarray, " seats"]]:
    """Give the free seats to the first waiting images; return these images, and which seats are newly taken."""
    rows = batch.rows.copy()
    free = np.flatnonzero(rows < 0)[: len(waiting)]
    rows[free] = waiting[: len(free)]
    fresh = np.zeros(len(rows), bool)
    fresh[free] = True
    newcomers = TargetedImages(*(scatter_rows(each[rows[free]], free, batch.bracket.low) for each in given))
    return replace(batch, rows=rows), newcomers, fresh


def _dismiss(batch: _Batch, result: SearchResult, settings: CSearchSettings) -> tuple[_Batch, Callable[[], None]]:
    """Free the seats of the images that are done; return also what waits for their pixels and writes them down."""
    bracket = batch.bracket
    done, *others = backend.to_numpy(
        bracket.done, bracket.low, bracket.margin, bracket.tried, bracket.evaluations, batch.state.reason
    )
    out = np.flatnonzero(done & (batch.rows >= 0))
    rows, (low, margin, tried, evaluations, reason) = batch.rows[out], (each[out] for each in others)
    succeeded = low > -NONE_YET
    fetched = [
        (rows[who], start_fetch(points, out[who]))
        for who, points in ((succeeded, bracket.best), (~succeeded, batch.state.x))
    ]
    result.tried[rows] = tried
    result.reached[rows] = succeeded | ((tried == 0) & (margin > 0))
    result.c[rows] = np.where(succeeded, np.exp(low.astype(np.float64)), np.nan)
    result.evaluations[rows] = evaluations
    failed = [result.reached[rows], reason == int(Reason.NOT_FINITE), tried >= settings.steps]
    why = [AttackFailure.NONE, AttackFailure.NOT_FINITE, AttackFailure.BUDGET]
    result.failure[rows] = np.select(failed, why, AttackFailure.UNREACHED)
    left = batch.rows.copy()
    left[out] = -1

    def write() -> None:
        for where, fetch in fetched:
            result.images[where] = fetch().reshape(-1, *result.images.shape[1:])

    return replace(batch, rows=left), write


def _compact(batch: _Batch, size: int) -> _Batch:
    """Return a smaller batch with all images that are still being searched."""
    seats = np.argsort(batch.rows < 0, kind="stable")[:size].astype(np.int32)
    images, state, bracket = keras.tree.map_structure(
        lambda array: ops.take(array, seats, axis=_axis(array)) if len(array.shape) else array, batch.stages
    )
    return _Batch(batch.rows[seats], images, state, bracket)


def _axis(array: Shaped[Any, "..."]) -> int:
    """Return which axis counts the batch's members: the first, but the second of a ring of curvature pairs."""
    return 1 if len(array.shape) == 3 else 0


@lru_cache(maxsize=32)
def _program(search: CSearch, network: TraceableNetwork) -> Callable[..., Stages]:
    """Return the compiled loop; one for all victims of an architecture."""

    def run(
        settings: CSearchSettings,
        weights: Weights,
        stages: Stages,
        newcomers: TargetedImages,
        fresh: Flags,
        enough: Count,
    ) -> Stages:
        """Admit the newcomers, then go on until at most ``enough`` images are still being searched."""

        def take(new: Shaped[Any, "..."], old: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
            # The ring's slot is one scalar for the whole batch; a newcomer has no pairs, so its value does not matter.
            if len(new.shape) == 0:
                return old
            shape = [1] * len(new.shape)
            shape[_axis(new)] = -1
            return ops.where(ops.reshape(fresh, shape), new, old)

        entering = (newcomers, *begin_search(search, settings, network, weights, newcomers))
        images, state, bracket = keras.tree.map_structure(take, entering, stages)
        state, bracket = ops.while_loop(
            lambda _, bracket: ops.sum(ops.cast(~bracket.done, "int32")) > enough,
            lambda state, bracket: step_search(search, settings, network, weights, images, state, bracket),
            (state, bracket),
        )
        return images, state, bracket

    return backend.jit(run, fuse=network.fuses)

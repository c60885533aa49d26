"""Copies between the host and the device: to and from a GPU only the rows that are needed, in few messages.

On a CPU the device's memory is the host's, and NumPy alone indexes it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import numpy as np
from jaxtyping import Int, Shaped
from keras import ops

from harness.engine import backend
from harness.engine.batch_size import power_above
from harness.engine.shapes import Numbers

Table = Shaped[Any, "n ..."]
"""An array with a row for each member."""
Picked = Shaped[np.ndarray, "r ..."]
"""Some of the rows, on the host."""
RowNumbers = Int[np.ndarray, " r"]
"""Which rows, each at most once."""


def start_fetch(table: Table, rows: RowNumbers) -> Callable[[], Picked]:
    """Begin to copy some rows of an array to the host; return what waits for them and returns them.

    From a GPU these rows alone are copied, their number padded to a power of two, so that few sizes are compiled. The
    GPU computes meanwhile.
    """
    if not len(rows):
        none = np.zeros((0, *table.shape[1:]), keras.backend.standardize_dtype(table.dtype))
        return lambda: none
    if not backend.is_on_gpu(table):
        return lambda: np.asarray(ops.convert_to_numpy(table)[rows])
    padded = np.resize(rows, power_above(len(rows))).astype(np.int32)
    gathered = _gather()(table, padded)
    backend.start_copy_to_host(gathered)
    return lambda: np.asarray(ops.convert_to_numpy(gathered)[: len(rows)])


def scatter_rows(values: Picked, rows: RowNumbers, like: Numbers) -> Table:
    """Return an array with as many rows as ``like``: the values at the rows given, finite numbers elsewhere.

    To a GPU the values alone are copied, padded as in ``start_fetch``; on a CPU there are zeros elsewhere.
    """
    if len(rows) and backend.is_on_gpu(like):
        padded = np.zeros((power_above(len(rows)), *values.shape[1:]), values.dtype)
        padded[: len(rows)] = values
        source = np.zeros(len(like), np.int32)
        source[rows] = np.arange(len(rows))
        return _gather()(padded, source)
    held = np.zeros((len(like), *values.shape[1:]), values.dtype)
    held[rows] = values
    return held


@cache
def _gather() -> Callable[..., Table]:
    """Return the compiled (table, rows) -> those rows of it."""
    return backend.jit(lambda table, rows: ops.take(table, rows, axis=0), fuse=False)

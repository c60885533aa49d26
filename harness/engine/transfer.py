"""What travels between the host and the device: from and to a GPU only what is asked for, and in few messages.

On a CPU the host's memory is the device's: there NumPy alone looks at it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.two_loop import Tensor

Rows = NDArray[np.integer[Any]]


def fetching(tensor: Tensor, rows: Rows) -> Callable[[], NDArray[Any]]:
    """Begin to copy some rows of a tensor to the host; return what waits for them and returns them as NumPy.

    From a GPU they alone are copied, their number padded to a power of two, so that few sizes are compiled. What is
    asked of the GPU meanwhile is computed meanwhile.
    """
    if not len(rows):
        none = np.zeros((0, *tensor.shape[1:]), keras.backend.standardize_dtype(tensor.dtype))
        return lambda: none
    if not backend.is_on_gpu(tensor):
        return lambda: np.asarray(ops.convert_to_numpy(tensor)[rows])
    padded = np.resize(rows, _power_above(len(rows))).astype(np.int32)
    gathered = _gather()(tensor, padded)
    backend.send(gathered)
    return lambda: np.asarray(ops.convert_to_numpy(gathered)[: len(rows)])


def spread(values: NDArray[Any], rows: Rows, like: Tensor) -> Tensor:
    """Return as many rows as ``like`` has: the values at the rows named, and anything finite elsewhere.

    To a GPU the values alone are copied, padded as in ``fetching``; on a CPU there are zeros elsewhere.
    """
    if len(rows) and backend.is_on_gpu(like):
        padded = np.zeros((_power_above(len(rows)), *values.shape[1:]), values.dtype)
        padded[: len(rows)] = values
        source = np.zeros(len(like), np.int32)
        source[rows] = np.arange(len(rows))
        return _gather()(padded, source)
    held = np.zeros((len(like), *values.shape[1:]), values.dtype)
    held[rows] = values
    return held


@cache
def _gather() -> Callable[..., Tensor]:
    """Return the compiled (tensor, rows) -> those rows of it."""
    return backend.jit(lambda tensor, rows: ops.take(tensor, rows, axis=0), fuse=False)


def _power_above(number: int) -> int:
    """Return the smallest power of two that is at least ``number``."""
    return 1 << (number - 1).bit_length()

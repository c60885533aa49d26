"""Rows travel to and from a GPU alone, and are the same rows."""

import numpy as np
import pytest
from keras import ops

from harness.engine import backend, transfer

TABLE = np.arange(24, dtype=np.float32).reshape(8, 3)


@pytest.fixture(params=[False, True], ids=["cpu", "gpu"])
def device(request, monkeypatch):
    """Let the tensors count as being on a CPU or on a GPU, whichever computes."""
    monkeypatch.setattr(backend, "is_on_gpu", lambda tensor: request.param)


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("rows", [[], [5], [7, 0, 2], [1, 2, 3, 4, 6]])
def test_the_rows_asked_for_arrive(rows):
    rows = np.array(rows, np.int64)
    arrived = transfer.fetching(ops.convert_to_tensor(TABLE), rows)()
    np.testing.assert_array_equal(arrived, TABLE[rows])
    assert arrived.dtype == np.float32


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("rows", [[], [5], [7, 0, 2], [1, 2, 3, 4, 6]])
def test_values_arrive_at_their_rows(rows):
    rows = np.array(rows, np.int64)
    arrived = ops.convert_to_numpy(transfer.spread(TABLE[: len(rows)], rows, ops.zeros((8,))))
    assert arrived.shape == (8, 3)
    assert np.isfinite(arrived).all()
    np.testing.assert_array_equal(arrived[rows], TABLE[: len(rows)])


def test_tensors_arrive_together():
    first, second = backend.together(ops.convert_to_tensor(TABLE), ops.ones((2,), "bool"))
    np.testing.assert_array_equal(first, TABLE)
    np.testing.assert_array_equal(second, [True, True])

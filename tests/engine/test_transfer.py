"""Only the rows needed are copied to and from a GPU, and they are the same rows."""

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
def test_the_rows_fetched_are_those_of_the_array(rows):
    rows = np.array(rows, np.int64)
    copied = transfer.start_fetch(ops.convert_to_tensor(TABLE), rows)()
    np.testing.assert_array_equal(copied, TABLE[rows])
    assert copied.dtype == np.float32


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("rows", [[], [5], [7, 0, 2], [1, 2, 3, 4, 6]])
def test_values_are_copied_to_their_rows(rows):
    rows = np.array(rows, np.int64)
    copied = ops.convert_to_numpy(transfer.scatter_rows(TABLE[: len(rows)], rows, ops.zeros((8,))))
    assert copied.shape == (8, 3)
    assert np.isfinite(copied).all()
    np.testing.assert_array_equal(copied[rows], TABLE[: len(rows)])


def test_several_tensors_are_copied_together():
    first, second = backend.to_numpy(ops.convert_to_tensor(TABLE), ops.ones((2,), "bool"))
    np.testing.assert_array_equal(first, TABLE)
    np.testing.assert_array_equal(second, [True, True])

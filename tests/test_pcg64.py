"""Numbers drawn all at once are those NumPy's generators draw one by one."""

import numpy as np
import pytest

from harness.pcg64 import integers


@pytest.mark.parametrize("high", [1, 2, 9, 99, 999, 2**31 + 7])
@pytest.mark.parametrize("entropy", [(0, 0), (1312, 1, 3_735_928_559), (2**40 + 5, 1001, 77, 0, 2**70)])
def test_each_number_is_the_first_of_numpys_own_generator(entropy, high):
    index = np.r_[np.arange(300), 59_999, 2**31, 2**32 - 1, 2**32, 2**40 + 3]
    expected = [np.random.default_rng((*entropy, int(i))).integers(high) for i in index]
    np.testing.assert_array_equal(integers(entropy, index, high), expected)


def test_no_index_gives_no_number():
    assert integers((1,), np.zeros(0, np.int64), 9).shape == (0,)

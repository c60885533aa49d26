"""The arrays that pass between rooms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.examples import Examples

POSITIONS = st.lists(st.integers(0, 30), max_size=12)


def at(positions):
    index = np.array(positions, np.int64)
    return Examples(np.zeros((len(index), 1, 1, 1), np.float32), np.zeros(len(index), np.int64), index)


@given(POSITIONS, POSITIONS)
def test_a_position_is_found_in_its_first_row_or_nowhere(held, asked):
    rows = at(held).rows_of(np.array(asked, np.int64))
    assert rows.tolist() == [held.index(position) if position in held else -1 for position in asked]


@pytest.mark.parametrize("asked", [[], [0], [7, 7]])
def test_where_there_are_no_images_no_position_is_found(asked):
    assert at([]).rows_of(np.array(asked, np.int64)).tolist() == [-1] * len(asked)

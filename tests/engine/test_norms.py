import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from harness.engine import norms

MOVES = arrays(np.float32, (3, 5), elements=st.floats(-4, 4, width=32, allow_subnormal=False))


def numpy(value):
    return ops.convert_to_numpy(value)


def size(norm, r):
    return np.abs(r).max(1) if norm == "linf" else np.linalg.norm(r.astype(float), axis=1)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@given(r=MOVES, epsilon=st.floats(0.0625, 8, width=32))
def test_a_projection_lies_in_the_ball_and_leaves_what_lies_there_already(norm, r, epsilon):
    projected = numpy(norms.project_to_norm(norm, ops.convert_to_tensor(r), epsilon))
    assert (size(norm, projected) <= epsilon * (1 + 1e-5)).all()
    inside = size(norm, r) <= epsilon * (1 - 1e-5)
    np.testing.assert_allclose(projected[inside], r[inside], rtol=1e-6)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@given(r=MOVES, other=MOVES)
def test_no_point_of_the_ball_is_nearer_than_the_projection(norm, r, other):
    projected, rival = (
        numpy(norms.project_to_norm(norm, ops.convert_to_tensor(a), 1.0)).astype(float) for a in (r, other)
    )
    assert (size("l2", r - projected) <= size("l2", r - rival) + 1e-5).all()


@pytest.mark.parametrize("norm", ["linf", "l2"])
@given(gradient=MOVES, other=MOVES)
def test_no_step_of_length_one_climbs_more_than_the_steepest(norm, gradient, other):
    best = numpy(norms.steepest(norm, ops.convert_to_tensor(gradient))).astype(float)
    rival = numpy(norms.project_to_norm(norm, ops.convert_to_tensor(other), 1.0)).astype(float)
    assert ((best - rival) * gradient).sum(1).min() >= -1e-4


def test_the_direction_of_the_tiniest_gradient_is_kept_and_of_none_is_none():
    r = np.array([[3e-36, 4e-36], [3e30, 4e30], [0.0, 0.0]], np.float32)
    np.testing.assert_allclose(numpy(norms.unit(ops.convert_to_tensor(r))), [[0.6, 0.8], [0.6, 0.8], [0, 0]], rtol=1e-5)

"""The batched line search takes the steps of SciPy's translation of MINPACK-2."""

import numpy as np
import pytest
from keras import ops
from scipy.optimize._dcsrch import DCSRCH

from harness.engine import backend, more_thuente

CURVES = {
    "a quartic whose minimum is far": lambda t, a: ((a - t) ** 4 + t, -4 * (a - t) ** 3 + 1),
    "a valley met at once": lambda t, a: ((t - a) ** 2, 2 * (t - a)),
    "waves": lambda t, a: (-t * a + np.sin(9 * t), -a + 9 * np.cos(9 * t)),
    "a wall": lambda t, a: (np.exp(3 * t) - (3 + a) * t, 3 * np.exp(3 * t) - 3 - a),
    "a slope without end": lambda t, a: (-np.log1p(a * t), -a / (1 + a * t)),
    "Moré and Thuente's first": lambda t, a: (-t / (t**2 + a), (t**2 - a) / (t**2 + a) ** 2),
}
FACTORS = np.array([0.02, 0.3, 1.0, 2.0, 7.0, 60.0])


def theirs(curve, factor, first, most=20):
    """Return the steps SciPy evaluates, the last being the one it accepts."""
    search = DCSRCH(None, None, 1e-3, 0.9, 0.1, 0.0, 1e10)
    step, value, slope, task = search._iterate(first, *curve(0.0, factor), b"START")
    steps = []
    for _ in range(most):
        steps.append(float(step))
        value, slope = curve(step, factor)
        step, value, slope, task = search._iterate(step, value, slope, task)
        if task[:2] != b"FG":
            break
    return steps


def ours(curve, factors, first, most=20):
    """Return the same of one batch, factor by factor."""
    with backend.double_precision():
        tensor = [ops.convert_to_tensor(np.asarray(each, np.float64)) for each in curve(0.0 * factors, factors)]
        search = more_thuente.begin_line_search(*tensor, ops.full_like(tensor[0], first))
        steps, going = [[] for _ in factors], np.ones(len(factors), bool)
        for _ in range(most):
            at = ops.convert_to_numpy(search.step)
            for k in np.flatnonzero(going):
                steps[k].append(float(at[k]))
            there = [ops.convert_to_tensor(np.asarray(each, np.float64)) for each in curve(at, factors)]
            search, over = more_thuente.step_line_search(search, *there)
            going &= ~ops.convert_to_numpy(over)
    return steps


@pytest.mark.parametrize("first", [1e-3, 1.0, 30.0])
@pytest.mark.parametrize("name", CURVES)
def test_every_member_of_a_batch_evaluates_the_steps_scipy_evaluates(name, first):
    curve = CURVES[name]
    falling = FACTORS[[curve(0.0, a)[1] < 0 for a in FACTORS]]
    for mine, factor in zip(ours(curve, falling, first), falling, strict=True):
        expected = theirs(curve, factor, first)
        assert len(mine) == len(expected)
        np.testing.assert_allclose(mine, expected, rtol=1e-9)


def test_a_step_of_enough_decrease_and_a_small_slope_ends_the_search():
    curve = CURVES["a wall"]
    for steps, factor in zip(ours(curve, FACTORS, 1.0), FACTORS, strict=True):
        (start, slope), (value, end) = curve(0.0, factor), curve(steps[-1], factor)
        assert value <= start + more_thuente.DECREASE * steps[-1] * slope
        assert abs(end) <= more_thuente.CURVATURE * abs(slope)

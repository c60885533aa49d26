import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scipy.optimize import minimize

from harness.engine.backend import jit
from harness.engine.lbfgsb import LBFGSB, ask, initial_state, tell
from harness.engine.line_search import ROUNDING, Box
from harness.engine.state import Reason

METHOD = LBFGSB(memory=8, iterations=500, ftol=0.0)
RESOLUTION = 25 * ROUNDING
"""How near the minimum float32 can be expected to tell: some steps that each change the value by its rounding error."""


def as_arrays(state):
    names = ("x", "value", "projected_norm", "reason", "iterations", "evaluations")
    found = {name: ops.convert_to_numpy(getattr(state, name)) for name in names}
    return found | {
        "converged": np.isin(found["reason"], [Reason.CONVERGED, Reason.FLAT]),
        "failed": np.isin(found["reason"], [Reason.NOT_FINITE, Reason.STUCK]),
    }


def minimise(method, objective, x, lower, upper, tolerance):
    """Minimise a batch of functions in a box by the plain loop; traceable."""
    box = Box(lower, upper)
    x = box.clip(x)
    value, gradient = objective(x)
    limits = ops.full_like(value, tolerance)
    state = initial_state(method, box, x, value, gradient, ops.zeros_like(value), limits)

    def step(state):
        moved, took = tell(method, box, state, *objective(state.trial), limits)
        return (ask(box, moved, took),)

    (final,) = ops.while_loop(lambda state: ops.any(state.reason == int(Reason.RUNNING)), step, (state,))
    return final


def solve(objective, x, lower, upper, method=METHOD):
    """Minimise step by step, which is quicker than compiling for the few steps most of these take."""
    return as_arrays(
        minimise(method, objective, *(ops.convert_to_tensor(a, "float32") for a in (x, lower, upper)), 1e-4)
    )


def rosenbrock(x):
    a, b = x[:, :-1], x[:, 1:]
    value = ops.sum(100 * (b - a**2) ** 2 + (1 - a) ** 2, axis=-1)
    zero = ops.zeros_like(x[:, :1])
    left = ops.concatenate([-400 * a * (b - a**2) - 2 * (1 - a), zero], axis=-1)
    return value, left + ops.concatenate([zero, 200 * (b - a**2)], axis=-1)


def quadratics(count, size, seed):
    """Random strictly convex quadratics x.A.x/2 - b.x in random boxes: A, b, lower, upper, start."""
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(count, size, size))
    hessians = roots @ roots.transpose(0, 2, 1) / size + 0.1 * np.eye(size)
    lower = rng.normal(-0.5, 0.5, size=(count, size))
    upper = lower + rng.exponential(1, size=(count, size))
    return hessians, rng.normal(size=(count, size)), lower, upper, rng.normal(size=(count, size))


@jit
def compiled_quadratics(hessians, linear, lower, upper, x):
    def objective(x):
        product = ops.einsum("nij,nj->ni", hessians, x)
        return ops.sum(x * (product / 2 - linear), axis=-1), product - linear

    return minimise(METHOD, objective, x, lower, upper, 1e-4)


def solve_quadratics(*problem):
    return as_arrays(compiled_quadratics(*(a.astype(np.float32) for a in problem)))


def test_bounded_rosenbrock_ends_where_scipy_ends():
    rng = np.random.default_rng(0)
    size = 5
    lower, upper = rng.uniform(-2, 0, size=(12, size)), rng.uniform(0.3, 1.5, size=(12, size))
    start = rng.uniform(lower, upper)
    run = jit(lambda x, lower, upper: minimise(METHOD, rosenbrock, x, lower, upper, 1e-4))
    found = as_arrays(run(*(a.astype(np.float32) for a in (start, lower, upper))))
    for k in range(len(start)):
        bounds = list(zip(lower[k].astype(np.float32), upper[k].astype(np.float32), strict=True))

        def cost(x):
            a, b = x[:-1], x[1:]
            left, right = -400 * a * (b - a**2) - 2 * (1 - a), 200 * (b - a**2)
            return (100 * (b - a**2) ** 2 + (1 - a) ** 2).sum(), np.append(left, 0) + np.append(0, right)

        expected = minimize(cost, start[k], jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14})
        assert found["value"][k] == pytest.approx(expected.fun, rel=1e-4, abs=1e-6)
        np.testing.assert_allclose(found["x"][k], expected.x, atol=5e-3)
    assert found["converged"].all()


def test_random_quadratics_in_random_boxes_end_at_scipys_minimum():
    problem = quadratics(40, 15, seed=1)
    found = solve_quadratics(*problem)
    for k, (a, b, low, high, start) in enumerate(zip(*problem, strict=True)):
        expected = minimize(
            lambda x, a=a, b=b: (x @ a @ x / 2 - b @ x, a @ x - b),
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=list(zip(low, high, strict=True)),
            options={"ftol": 1e-15, "gtol": 1e-10},
        )
        assert found["value"][k] == pytest.approx(expected.fun, rel=RESOLUTION, abs=RESOLUTION)
        np.testing.assert_allclose(found["x"][k], expected.x, atol=1e-2)
    assert found["converged"].all()


def test_a_batch_gives_what_its_members_give_alone():
    problem = quadratics(4, 15, seed=2)
    together = solve_quadratics(*problem)
    for k in range(4):
        alone = solve_quadratics(*(a[k : k + 1] for a in problem))
        assert together["value"][k] == pytest.approx(alone["value"][0], rel=RESOLUTION, abs=RESOLUTION)
        np.testing.assert_allclose(together["x"][k], alone["x"][0], atol=1e-2)


def test_without_bounds_it_is_plain_lbfgs():
    start = np.random.default_rng(3).normal(size=(4, 6))
    found = solve(rosenbrock, start, np.full(6, -np.inf), np.full(6, np.inf))
    assert found["converged"].all()
    # From some starts Rosenbrock's function in more than three variables has a second minimum, at x1 near -1.
    np.testing.assert_allclose(np.abs(found["x"]), 1, atol=0.05)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10_000),
    widths=st.lists(st.sampled_from([0.0, 1e-6, 0.1, 1.0, 1e3]), min_size=4, max_size=4),
    bumps=st.floats(0, 30),
)
def test_no_point_ever_leaves_its_box(seed, widths, bumps):
    rng = np.random.default_rng(seed)
    lower = rng.normal(size=(2, 4)).astype(np.float32)
    upper = (lower + np.array(widths)).astype(np.float32)
    box = Box(*map(ops.convert_to_tensor, (lower, upper)))
    start = np.clip(rng.normal(size=(2, 4)).astype(np.float32), lower, upper)

    def objective(x):
        value = np.sum(x**2 + bumps * np.sin(7 * x), axis=1)
        return value.astype(np.float32), (2 * x + 7 * bumps * np.cos(7 * x)).astype(np.float32)

    limits = np.full(2, 1e-5, np.float32)
    state = initial_state(METHOD, box, ops.convert_to_tensor(start), *objective(start), np.zeros(2, np.float32), limits)
    last = np.full(2, np.inf)
    for _ in range(12):
        trial = ops.convert_to_numpy(state.trial)
        assert (trial >= lower).all()
        assert (trial <= upper).all()
        state, took = tell(METHOD, box, state, *objective(trial), limits)
        state = ask(box, state, took)
        value = ops.convert_to_numpy(state.value)
        assert (value <= last + 1e-6 * np.abs(value)).all()
        last = value


def test_a_start_outside_the_box_is_put_into_it():
    *problem, start = quadratics(4, 15, seed=4)
    far, near = (solve_quadratics(*problem, x) for x in (100 + start, start))
    np.testing.assert_allclose(far["x"], near["x"], atol=1e-2)


def test_a_minimum_at_the_corner_one_starts_in_is_seen_at_once():
    found = solve(lambda x: (ops.sum(x, axis=-1), ops.ones_like(x)), np.zeros((2, 3)), np.zeros(3), np.ones(3))
    assert (found["reason"] == Reason.CONVERGED).all()
    assert (found["evaluations"] == 0).all()
    np.testing.assert_array_equal(found["x"], 0)


def test_a_start_at_the_wrong_corner_reaches_the_right_one():
    found = solve(lambda x: (ops.sum(x, axis=-1), ops.ones_like(x)), np.ones((2, 3)), np.zeros(3), np.ones(3))
    assert found["converged"].all()
    np.testing.assert_array_equal(found["x"], 0)


def test_a_zero_gradient_is_a_minimum_for_all_that_is_known():
    found = solve(lambda x: (ops.ones_like(x[:, 0]), ops.zeros_like(x)), np.full((2, 3), 0.3), np.zeros(3), np.ones(3))
    assert (found["reason"] == Reason.CONVERGED).all()
    np.testing.assert_array_equal(found["x"], np.float32(0.3))


def test_a_member_that_is_not_finite_at_its_start_fails_and_leaves_the_others_alone():
    def objective(x):
        value = ops.sum((x - 0.5) ** 2, axis=-1)
        broken = ops.arange(3) == 1
        return ops.where(broken, np.nan, value), ops.where(broken[:, None], np.nan, 2 * (x - 0.5))

    found = solve(objective, np.zeros((3, 4)), np.zeros(4), np.ones(4))
    assert found["reason"][1] == Reason.NOT_FINITE
    assert found["failed"].tolist() == [False, True, False]
    assert np.isfinite(found["x"]).all()
    np.testing.assert_allclose(found["x"][[0, 2]], 0.5, atol=1e-3)


def test_a_trial_that_is_not_finite_only_shortens_the_step():
    def objective(x):
        value = ops.sum(50 * x - ops.log(x - 0.1), axis=-1)
        return value, 50 - 1 / (x - 0.1)

    found = solve(objective, np.full((2, 3), 0.9), np.zeros(3), np.ones(3))
    np.testing.assert_allclose(found["x"], 0.1 + 1 / 50, atol=1e-3)
    assert found["converged"].all()


def test_a_gradient_that_points_the_wrong_way_is_reported_as_stuck():
    found = solve(lambda x: (ops.sum(x**2, axis=-1), -2 * x), np.full((2, 3), 0.5), np.zeros(3), np.ones(3))
    assert (found["reason"] == Reason.STUCK).all()
    assert found["failed"].all()


def test_iterations_that_are_used_up_are_reported():
    found = solve(rosenbrock, np.full((2, 4), -1.0), np.full(4, -2), np.full(4, 2), method=LBFGSB(5, 3, 0.0))
    assert (found["reason"] == Reason.EXHAUSTED).all()
    assert (found["iterations"] == 3).all()
    assert not found["converged"].any()


def test_a_value_that_hardly_falls_ends_a_solve_as_flat():
    method = LBFGSB(5, 500, ftol=0.5)
    found = solve(rosenbrock, np.full((2, 4), 0.5), np.full(4, -2), np.full(4, 2), method=method)
    assert (found["reason"] == Reason.FLAT).all()

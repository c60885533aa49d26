import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from harness.engine import exact
from harness.engine.exact import nearest_points


def problem(seed, n, pixels, classes, spread=2.0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(n, pixels))
    x[x < 0.3] = 0.0
    x[x > 0.8] = 1.0
    return (
        rng.normal(0, spread, (pixels, classes)),
        rng.normal(0, spread, classes),
        x,
        rng.integers(0, classes, n),
    )


def constraints(kernel, bias, target, confidence):
    """A and d of A y + d >= 0, one row for each other class."""
    others = np.delete(np.arange(len(bias)), target)
    return (kernel[:, [target]] - kernel[:, others]).T, bias[target] - bias[others] - confidence


@pytest.mark.parametrize(("pixels", "classes", "confidence"), [(12, 4, 0.01), (30, 10, 0.0), (6, 3, 0.5), (5, 2, 0.1)])
def test_the_distance_is_the_one_slsqp_finds(pixels, classes, confidence):
    kernel, bias, x, targets = problem(0, 12, pixels, classes)
    found = nearest_points(kernel, bias, x, targets, confidence)
    for i in np.flatnonzero(found.solved):
        a, d = constraints(kernel, bias, targets[i], confidence)
        other = minimize(
            lambda y, i=i: 0.5 * np.square(y - x[i]).sum(),
            found.points[i] * 0.5 + 0.25,
            jac=lambda y, i=i: y - x[i],
            bounds=[(0, 1)] * pixels,
            constraints={"type": "ineq", "fun": lambda y, a=a, d=d: a @ y + d, "jac": lambda _, a=a: a},
            method="SLSQP",
            options={"maxiter": 1000, "ftol": 1e-14},
        )
        if other.success:
            assert found.squared[i] == pytest.approx(2 * other.fun, rel=1e-6, abs=1e-9)
    assert found.solved.sum() >= 8


def test_a_target_no_point_of_the_box_can_reach_is_proved_infeasible():
    kernel, bias, x, targets = problem(1, 60, 6, 4, 0.5)
    bias = 6 * bias
    found = nearest_points(kernel, bias, x, targets, 0.01)
    for i in range(60):
        a, d = constraints(kernel, bias, targets[i], 0.01)
        most = linprog(np.r_[np.zeros(6), -1], A_ub=np.c_[-a, np.ones(3)], b_ub=d, bounds=[(0, 1)] * 6 + [(None, None)])
        assert found.infeasible[i] == (most.fun > 0)
        assert found.solved[i] == (most.fun <= 0)
    assert 0 < found.infeasible.sum() < 60
    assert np.isinf(found.gap[found.infeasible]).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), pixels=st.integers(2, 40), classes=st.integers(2, 10), confidence=st.floats(0, 1))
def test_no_feasible_point_is_nearer(seed, pixels, classes, confidence):
    kernel, bias, x, targets = problem(seed, 8, pixels, classes)
    found = nearest_points(kernel, bias, x, targets, confidence)
    assert (found.solved ^ found.infeasible).all()
    assert (found.points >= 0).all()
    assert (found.points <= 1).all()
    assert (found.gap[found.solved] <= 1e-6).all()
    rng = np.random.default_rng(seed)
    for i in np.flatnonzero(found.solved):
        a, d = constraints(kernel, bias, targets[i], confidence)
        assert (a @ found.points[i] + d >= -1e-7).all()
        # Feasible points near the optimum: from a far feasible one, as far towards the original as the constraints allow.
        others = np.clip(found.points[i] + rng.normal(0, 0.1, (200, pixels)), 0, 1)
        others = others[(others @ a.T + d >= 0).all(1)]
        assert (np.square(others - x[i]).sum(1) >= found.squared[i] - 1e-9).all()


def test_an_image_that_is_in_the_class_already_does_not_move():
    kernel, bias, x, _ = problem(2, 20, 8, 5)
    found = nearest_points(kernel, bias, x, (x @ kernel + bias).argmax(1))
    np.testing.assert_array_equal(found.points, x)
    assert (found.squared == 0).all()
    assert (found.gap == 0).all()


def test_two_classes_away_from_the_box_give_the_distance_to_the_hyperplane():
    kernel, bias = np.array([[1.0, -1.0], [0.5, 0.5]]), np.array([0.0, 0.3])
    x = np.array([[0.3, 0.5]])
    margin = (x @ kernel + bias) @ [1, -1]
    found = nearest_points(kernel, bias, x, np.array([1]), 0.1)
    normal = kernel[:, 0] - kernel[:, 1]
    assert np.sqrt(found.squared[0]) == pytest.approx((margin[0] + 0.1) / np.linalg.norm(normal), rel=1e-9)


def test_a_batch_gives_what_single_images_give(monkeypatch):
    kernel, bias, x, targets = problem(3, 11, 20, 6)
    whole = nearest_points(kernel, bias, x, targets, 0.01)
    monkeypatch.setattr(exact, "IMAGES_AT_ONCE", 4)
    np.testing.assert_allclose(nearest_points(kernel, bias, x, targets, 0.01).squared, whole.squared, rtol=1e-9)
    single = [nearest_points(kernel, bias, x[[i]], targets[[i]], 0.01).squared[0] for i in range(11)]
    np.testing.assert_allclose(single, whole.squared, rtol=1e-9)


def test_no_images_give_no_points():
    kernel, bias, x, targets = problem(4, 0, 20, 6)
    assert nearest_points(kernel, bias, x, targets).points.shape == (0, 20)

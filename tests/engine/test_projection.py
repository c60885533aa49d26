import numpy as np
import pytest
from scipy.optimize import minimize

from harness.engine.projection import project

BOX = [(0.0, 1.0)] * 12


def problems(count, rows, seed):
    """Return images, points near them, slacks and gradients, such that each has a point in the box that is allowed."""
    rng = np.random.default_rng(seed)
    origin, at = rng.uniform(0, 1, (2, count, 12))
    slopes = rng.normal(0, 1, (count, rows, 12))
    inside = rng.uniform(0.1, 0.9, (count, 12))
    # Every inequality holds at ``inside``, some of them just so, and about half are violated at the image.
    slack = np.einsum("nmd,nd->nm", slopes, at - inside) + rng.exponential(0.1, (count, rows))
    return [array.astype(np.float32) for array in (origin, at, slack, slopes)]


def projected(origin, at, slack, slopes, times=10):
    """Project as the walk does: again and again, from the multipliers handed back."""
    mu = np.zeros(slack.shape, np.float32)
    for _ in range(times):
        point, mu = project(origin, at, slack, slopes, mu)
    return np.asarray(point), np.asarray(mu)


@pytest.mark.parametrize("rows", [1, 3, 9])
def test_it_is_the_nearest_allowed_point_of_the_box_as_scipy_finds_it(rows):
    origin, at, slack, slopes = problems(12, rows, rows)
    points, _ = projected(origin, at, slack, slopes)
    for x, y, s, a, ours in zip(origin, at, slack, slopes, points, strict=True):
        allowed = {"type": "ineq", "fun": lambda p, s=s, a=a, y=y: s + a @ (p - y), "jac": lambda p, a=a: a}
        best = minimize(
            lambda p, x=x: (np.sum((p - x) ** 2), 2 * (p - x)), x, jac=True, bounds=BOX, constraints=allowed,
            method="SLSQP", options={"ftol": 1e-12, "maxiter": 500},
        )  # fmt: skip
        assert best.success
        assert s + a @ (ours - y) == pytest.approx(np.maximum(s + a @ (ours - y), 0), abs=2e-3)
        assert np.sum((ours - x) ** 2) == pytest.approx(best.fun, rel=5e-3, abs=1e-4)


def test_an_image_that_is_allowed_stays_where_it_is():
    origin, at, _, slopes = problems(6, 3, 4)
    slack = 0.1 - np.einsum("nmd,nd->nm", slopes, origin - at)
    points, mu = projected(origin, at, slack.astype(np.float32), slopes)
    np.testing.assert_array_equal(points, origin)
    assert not mu.any()


def test_rows_without_any_slope_leave_everything_finite():
    origin, at, slack, slopes = problems(6, 3, 5)
    points, mu = projected(origin, at, slack, np.zeros_like(slopes), times=1)
    assert np.isfinite(points).all()
    assert np.isfinite(mu).all()
    assert points.min() >= 0
    assert points.max() <= 1

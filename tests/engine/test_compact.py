"""The compact form of the L-BFGS matrix is the matrix that the two-loop recursion applies."""

import numpy as np
import pytest
from keras import ops

from harness.engine import backend, compact

MEMORY, SIZE, MEMBERS = 4, 7, 3


def recursion(pairs, gradient):
    """Nocedal & Wright 2006, algorithm 7.4, for one member and a list of (s, y), oldest first."""
    rest, weights = gradient.copy(), []
    for s, y in reversed(pairs):
        weights.append(s @ rest / (s @ y))
        rest -= weights[-1] * y
    if pairs:
        s, y = pairs[-1]
        rest *= s @ y / (y @ y)
    for (s, y), weight in zip(pairs, reversed(weights), strict=True):
        rest += (weight - y @ rest / (s @ y)) * s
    return -rest


def remembered(count, *, skipped=()):
    """Return pairs of a batch after ``count`` steps, and each member's own list of its pairs."""
    rng, curvature = np.random.default_rng(count), np.diag(np.linspace(0.1, 5.0, SIZE))
    pairs, lists = (
        compact.empty_pairs(MEMORY, ops.convert_to_tensor(np.zeros((MEMBERS, SIZE)))),
        [[] for _ in range(MEMBERS)],
    )
    for k in range(count):
        steps = rng.normal(size=(MEMBERS, SIZE))
        changes, who = steps @ curvature, np.array([(k, m) not in skipped for m in range(MEMBERS)])
        pairs = compact.push_pair(pairs, ops.convert_to_tensor(steps), ops.convert_to_tensor(changes), who)
        for m in np.flatnonzero(who):
            lists[m].append((steps[m], changes[m]))
    return pairs, [each[-MEMORY:] for each in lists]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 11])
def test_the_direction_is_that_of_the_two_loop_recursion(count):
    with backend.double_precision():
        pairs, lists = remembered(count)
        gradient = np.random.default_rng(9).normal(size=(MEMBERS, SIZE))
        direction = ops.convert_to_numpy(compact.compact_direction(pairs, ops.convert_to_tensor(gradient)))
    np.testing.assert_allclose(direction, [recursion(*each) for each in zip(lists, gradient, strict=True)], rtol=1e-9)


def test_members_that_keep_no_pair_of_a_step_keep_the_pairs_they_have():
    with backend.double_precision():
        pairs, lists = remembered(6, skipped={(0, 1), (4, 1), (5, 2)})
        gradient = np.random.default_rng(9).normal(size=(MEMBERS, SIZE))
        direction = ops.convert_to_numpy(compact.compact_direction(pairs, ops.convert_to_tensor(gradient)))
    np.testing.assert_allclose(direction, [recursion(*each) for each in zip(lists, gradient, strict=True)], rtol=1e-9)


def test_members_whose_pairs_are_cleared_take_the_steepest_descent():
    with backend.double_precision():
        pairs, lists = remembered(6)
        gradient = np.random.default_rng(9).normal(size=(MEMBERS, SIZE))
        cleared = compact.clear_pairs(pairs, np.array([False, True, False]))
        direction = ops.convert_to_numpy(compact.compact_direction(cleared, ops.convert_to_tensor(gradient)))
    np.testing.assert_allclose(direction[1], -gradient[1])
    np.testing.assert_allclose(direction[0], recursion(lists[0], gradient[0]), rtol=1e-9)

import numpy as np
from keras import ops

from harness.engine.two_loop import add_pair, no_pairs, two_loop_direction

MEMBERS, SIZE, MEMORY = 3, 6, 4


def convex_steps(count, seed=0):
    """Steps and gradient changes of three random strictly convex quadratics, float32 ``(count, members, size)``."""
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(MEMBERS, SIZE, SIZE))
    hessians = roots @ roots.transpose(0, 2, 1) + np.eye(SIZE)
    steps = rng.normal(size=(count, MEMBERS, SIZE))
    return steps.astype(np.float32), np.einsum("nij,knj->kni", hessians, steps).astype(np.float32)


def remembered(steps, changes, known, free, took=None):
    pairs = no_pairs(MEMORY, ops.zeros((MEMBERS, SIZE)), ops.ones((MEMBERS,)))
    for k, (step, change) in enumerate(zip(steps, changes, strict=True)):
        who = np.ones(MEMBERS, bool) if took is None else took[k]
        pairs = add_pair(pairs, *map(ops.convert_to_tensor, (step, change, known, free, who)))
    return pairs


def by_dense_bfgs(steps, changes, gradient, free):
    """-H g by the dense BFGS formula (Nocedal & Wright 2006, eq. 6.17) on one member's free variables, in float64."""
    on = free > 0
    s, y = steps[:, on].astype(float), changes[:, on].astype(float)
    inverse = np.eye(on.sum()) * (s[-1] @ y[-1]) / (y[-1] @ y[-1])
    for step, change in zip(s, y, strict=True):
        rho = 1 / (step @ change)
        left = np.eye(on.sum()) - rho * np.outer(step, change)
        inverse = left @ inverse @ left.T + rho * np.outer(step, step)
    direction = np.zeros(SIZE)
    direction[on] = -inverse @ gradient[on]
    return direction


def test_the_two_loops_give_the_direction_of_the_dense_bfgs_formula_over_the_last_pairs():
    steps, changes = convex_steps(MEMORY + 2)
    gradient = np.random.default_rng(1).normal(size=(MEMBERS, SIZE)).astype(np.float32)
    known, free = np.zeros(MEMBERS, np.float32), np.ones((MEMBERS, SIZE), np.float32)
    found = ops.convert_to_numpy(two_loop_direction(remembered(steps, changes, known, free), gradient, known, free))
    for member in range(MEMBERS):
        expected = by_dense_bfgs(steps[-MEMORY:, member], changes[-MEMORY:, member], gradient[member], free[member])
        np.testing.assert_allclose(found[member], expected, rtol=2e-3, atol=2e-4)


def test_held_variables_are_left_out_of_the_two_loops_altogether():
    steps, changes = convex_steps(3)
    gradient = np.random.default_rng(1).normal(size=(MEMBERS, SIZE)).astype(np.float32)
    known, free = np.zeros(MEMBERS, np.float32), np.ones((MEMBERS, SIZE), np.float32)
    free[0, :2], free[2, 3] = 0, 0
    # On a part of the variables a pair of a convex function may lose its positive curvature; these keep it.
    assert (np.einsum("kni,kni,ni->kn", steps, changes, free) > 0).all()
    found = ops.convert_to_numpy(two_loop_direction(remembered(steps, changes, known, free), gradient, known, free))
    for member in range(MEMBERS):
        expected = by_dense_bfgs(steps[:, member], changes[:, member], gradient[member], free[member])
        np.testing.assert_allclose(found[member], expected, rtol=2e-3, atol=2e-4)


def test_a_change_of_the_known_curvature_makes_the_pairs_those_of_the_new_objective():
    steps, changes = convex_steps(3)
    gradient = np.random.default_rng(1).normal(size=(MEMBERS, SIZE)).astype(np.float32)
    free, known = np.ones((MEMBERS, SIZE), np.float32), np.array([0.5, 3.0, 20.0], np.float32)
    pairs = remembered(steps, changes, known, free)
    found = ops.convert_to_numpy(two_loop_direction(pairs, gradient, known, free))
    for member in range(MEMBERS):
        full = changes[:, member] + known[member] * steps[:, member]
        expected = by_dense_bfgs(steps[:, member], full, gradient[member], free[member])
        np.testing.assert_allclose(found[member], expected, rtol=2e-3, atol=2e-4)


def test_a_pair_without_positive_curvature_is_not_kept():
    steps, changes = convex_steps(2)
    known, free = np.zeros(MEMBERS, np.float32), np.ones((MEMBERS, SIZE), np.float32)
    changes[1, 1] = -changes[1, 1]
    pairs = remembered(steps, changes, known, free)
    np.testing.assert_array_equal(ops.convert_to_numpy(pairs.steps)[1, 1], 0)
    np.testing.assert_array_equal(ops.convert_to_numpy(pairs.steps)[1, 0], steps[1, 0])


def test_a_member_that_takes_no_step_keeps_what_it_had():
    steps, changes = convex_steps(1 + MEMORY)
    known, free = np.zeros(MEMBERS, np.float32), np.ones((MEMBERS, SIZE), np.float32)
    took = np.ones((1 + MEMORY, MEMBERS), bool)
    took[-1, 2] = False
    pairs = remembered(steps, changes, known, free, took)
    np.testing.assert_array_equal(ops.convert_to_numpy(pairs.steps)[0, 2], steps[0, 2])
    np.testing.assert_array_equal(ops.convert_to_numpy(pairs.steps)[0, 1], steps[-1, 1])


def test_without_pairs_the_direction_is_the_scaled_steepest_descent_on_the_free_variables():
    gradient = np.random.default_rng(1).normal(size=(MEMBERS, SIZE)).astype(np.float32)
    free = (np.arange(SIZE) % 2 * np.ones((MEMBERS, 1))).astype(np.float32)
    scale = np.array([1.0, 0.5, 2.0], np.float32)
    pairs = no_pairs(MEMORY, ops.zeros((MEMBERS, SIZE)), ops.convert_to_tensor(scale))
    found = ops.convert_to_numpy(two_loop_direction(pairs, gradient, np.zeros(MEMBERS, np.float32), free))
    np.testing.assert_allclose(found, -scale[:, None] * gradient * free, rtol=1e-6)

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import Invalid
from harness.examples import Examples
from harness.metrics.distance_quantile import DistanceQuantile

STEPS = np.array([0.5, 0.125, 0.25, 0.375, 0.0625])


def attacked(steps, found):
    n = len(steps)
    clean = Examples(np.zeros((n, 2, 2, 1), np.float32), np.zeros(n, np.int64), np.arange(n))
    moved = np.zeros((n, 2, 2, 1), np.float32)
    moved[:, 0, 0, 0] = steps
    return clean, replace(clean, images=moved, found=np.array(found), distortion=np.zeros(n))


def test_at_one_half_it_is_the_median_over_all_images():
    value = DistanceQuantile(norm="linf")((), *attacked(STEPS, [True] * 5))
    assert value.value == np.median(STEPS)
    assert (value.of, value.count, value.spread) == (5, None, None)


def test_an_image_without_an_example_counts_as_farther_than_every_other():
    clean, made = attacked(STEPS, [True, True, False, True, True])
    assert DistanceQuantile(norm="linf")((), clean, made).value == 0.375
    assert DistanceQuantile(norm="linf", share=0.4)((), clean, made).value == 0.125


def test_a_share_that_the_attack_does_not_reach_has_no_distance():
    clean, made = attacked(STEPS, [True, False, True, True, True])
    assert DistanceQuantile(share=0.8)((), clean, made).value == 0.5
    with pytest.raises(Invalid, match="share: expected examples for at least 5 of 5 images, found 4; give the attack"):
        DistanceQuantile(share=0.9)((), clean, made)


@given(st.lists(st.tuples(st.floats(0, 1, width=16), st.booleans()), min_size=1, max_size=200), st.integers(1, 100))
def test_it_is_the_least_of_the_distances_at_which_the_share_of_images_is_fooled(images, percent):
    steps, found = np.array([step for step, _ in images]), np.array([one for _, one in images])

    def fooled(epsilon):
        return 100 * np.count_nonzero(found & (steps <= epsilon))

    epsilons = [epsilon for epsilon in sorted(steps) if fooled(epsilon) >= percent * len(steps)]
    metric = DistanceQuantile(norm="linf", share=percent / 100)
    if epsilons:
        assert metric((), *attacked(steps, found)).value == epsilons[0]
    else:
        with pytest.raises(Invalid):
            metric((), *attacked(steps, found))

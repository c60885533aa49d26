from dataclasses import replace

import numpy as np
import pytest

from harness.examples import Examples
from harness.metrics.distance import Distance
from harness.metrics.perturbation_norm import PerturbationNorm

CLEAN = Examples(np.full((3, 2, 2, 1), 0.5, np.float32), np.zeros(3, np.int64), np.arange(3))
STEPS = np.array([[0.25, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25, -0.25, 0.25, 0]], np.float32).reshape(3, 2, 2, 1)
MADE = replace(CLEAN, images=CLEAN.images + STEPS, found=np.array([False, True, True]), distortion=np.zeros(3))


@pytest.mark.parametrize(("norm", "mean"), [("linf", 1 / 3), ("l0", 2), ("l2", (0.25 + 0.5**0.5 + 0.1875**0.5) / 3)])
def test_it_is_the_mean_over_all_images_found_or_not(norm, mean):
    value = PerturbationNorm(norm=norm)((), CLEAN, MADE)
    assert value.value == pytest.approx(mean, rel=1e-12)
    assert value.of == 3
    assert Distance(norm=norm)((), CLEAN, MADE).value != value.value


def test_where_every_image_was_found_it_is_the_distance():
    found = replace(MADE, found=np.ones(3, bool))
    ours, theirs = PerturbationNorm()((), CLEAN, found), Distance()((), CLEAN, found)
    assert (ours.value, ours.spread, ours.of) == (theirs.value, theirs.spread, theirs.of)

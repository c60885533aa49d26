from dataclasses import replace

import numpy as np
import pytest

from harness.errors import Invalid
from harness.examples import Examples, rms
from harness.metrics.distance import Distance
from harness.metrics.distortion import Distortion
from harness.metrics.perturbation import Perturbation
from harness.metrics.perturbation_norm import PerturbationNorm

RNG = np.random.default_rng(3)
CLEAN = Examples(RNG.uniform(0.1, 1, (6, 3, 3, 1)).astype(np.float32), np.zeros(6, np.int64), np.arange(6))
MOVED = RNG.uniform(0, 1, (6, 3, 3, 1)).astype(np.float32)
FOUND = np.array([True, False, True, True, False, True])
MADE = replace(
    CLEAN, images=MOVED, found=FOUND, distortion=rms(MOVED.astype(np.float64) - CLEAN.images.astype(np.float64))
)
LENGTHS = np.linalg.norm((MOVED.astype(float) - CLEAN.images).reshape(6, -1), axis=1)


def test_it_is_the_mean_over_the_images_with_an_example():
    value = Distance()((), CLEAN, MADE)
    assert value.value == pytest.approx(LENGTHS[FOUND].mean(), rel=1e-12)
    assert value.spread == pytest.approx(LENGTHS[FOUND].std(ddof=1), rel=1e-12)
    assert (value.of, value.count) == (4, None)
    edges, counts = value.histogram
    assert sum(counts) == 4
    assert (edges[0], edges[-1]) == (0.0, LENGTHS[FOUND].max())


def test_deepfool_s_rho_is_the_mean_of_the_ratios_and_not_the_ratio_of_the_means():
    sizes = np.linalg.norm(CLEAN.images.astype(float).reshape(6, -1), axis=1)
    rho = Distance(relative=True)((), CLEAN, MADE).value
    assert rho == pytest.approx((LENGTHS / sizes)[FOUND].mean(), rel=1e-12)
    assert abs(rho - LENGTHS[FOUND].mean() / sizes[FOUND].mean()) > 1e-4


def test_in_root_mean_squares_it_is_the_distortion_and_over_all_images_the_perturbation():
    theirs, ours = Distortion()((), None, MADE), Distance(norm="rms")((), CLEAN, MADE)
    assert ours == theirs
    assert PerturbationNorm(norm="rms")((), CLEAN, MADE) == Perturbation()((), None, MADE)


def test_an_attack_that_found_nothing_has_no_distance():
    with pytest.raises(Invalid, match="distance: the attack found no example for any of 6 images"):
        Distance()((), CLEAN, replace(MADE, found=np.zeros(6, bool)))

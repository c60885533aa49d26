from dataclasses import replace

import numpy as np
import pytest

from harness.errors import ContractError, Invalid
from harness.examples import Examples
from harness.metrics.distortion import Distortion

CLEAN = Examples(np.zeros((4, 2, 2, 1), np.float32), np.zeros(4, np.int64), np.arange(4))
MADE = replace(CLEAN, found=np.array([True, True, False, True]), distortion=np.array([0.1, 0.2, 9.0, 0.6]))


def test_it_is_the_mean_over_the_images_with_an_example():
    value = Distortion()((), None, MADE)
    assert value.value == pytest.approx(0.3)
    assert value.spread == pytest.approx(np.std([0.1, 0.2, 0.6], ddof=1))
    assert (value.of, value.count) == (3, None)


def test_the_histogram_counts_every_image_with_an_example():
    edges, counts = Distortion()((), None, MADE).histogram
    assert len(edges) == len(counts) + 1
    assert sum(counts) == 3
    assert (edges[0], edges[-1]) == (0.0, 0.6)
    assert (counts[-1], counts[np.searchsorted(edges, 0.1) - 1]) == (1, 1)


def test_images_that_need_no_distortion_count_as_zero():
    assert Distortion()((), None, replace(MADE, found=np.ones(4, bool), distortion=np.zeros(4))).value == 0.0


def test_an_attack_that_found_nothing_has_no_distortion():
    with pytest.raises(Invalid, match="found no example for any of 4 images"):
        Distortion()((), None, replace(MADE, found=np.zeros(4, bool)))


def test_it_needs_an_attack():
    with pytest.raises(ContractError, match="needs adversarial images"):
        Distortion()((), CLEAN, None)

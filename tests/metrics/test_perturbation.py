import numpy as np
import pytest

from harness.errors import ContractError
from harness.examples import Examples
from harness.metrics.distortion import Distortion
from harness.metrics.perturbation import Perturbation


def moved(distortion, found):
    n = len(distortion)
    images = np.zeros((n, 2, 2, 1), np.float32)
    labels = np.zeros(n, np.int64)
    return Examples(images, labels, np.arange(n), found=np.array(found), distortion=np.array(distortion))


def test_it_is_the_mean_over_all_images_found_or_not():
    value = Perturbation()((), None, moved([0.1, 0.3], [True, False]))
    assert (value.value, value.of) == (0.2, 2)


def test_where_every_image_was_found_it_is_the_distortion():
    examples = moved([0.1, 0.3, 0.2], [True] * 3)
    ours, theirs = Perturbation()((), None, examples), Distortion()((), None, examples)
    assert (ours.value, ours.spread, ours.of) == (theirs.value, theirs.spread, theirs.of)


def test_it_needs_images_an_attack_made():
    clean = Examples(np.zeros((1, 2, 2, 1), np.float32), np.zeros(1, np.int64), np.arange(1))
    with pytest.raises(ContractError, match="needs adversarial images"):
        Perturbation()((), clean, None)

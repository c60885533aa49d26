import numpy as np
import pytest
from scipy.stats import kstest

from harness.datasets.rubbish import Rubbish


@pytest.mark.parametrize(
    ("fields", "law", "given"),
    [
        ({"noise": "gaussian"}, "norm", (0, 1)),
        ({"noise": "gaussian", "stddev": 0.3}, "norm", (0, 0.3)),
        ({"noise": "uniform"}, "uniform", (0, 1)),
    ],
)
def test_its_pixels_are_distributed_as_it_says(fields, law, given):
    test = Rubbish(images=500, **fields)()["test"]
    assert test.images.shape == (500, 28, 28, 1)
    assert kstest(test.images.ravel()[::7].astype(np.float64), law, args=given).pvalue > 0.01
    apart = np.corrcoef(test.images.reshape(500, -1)[:, :2].T)[0, 1]
    assert abs(apart) < 0.2


def test_it_has_as_many_images_as_asked_for_all_of_label_zero_in_one_split():
    recipe = Rubbish(images=37, image_shape=(4, 5, 3), classes=7)
    splits = recipe()
    assert set(splits) == {"test"}
    assert splits["test"].images.shape == (37, 4, 5, 3)
    assert not splits["test"].labels.any()
    assert (recipe.known("image_shape"), recipe.known("classes")) == ((4, 5, 3), 7)


def test_the_same_seed_draws_the_same_images_and_another_seed_others():
    first, again, other = (Rubbish(images=5, seed=seed)()["test"].images for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_only_uniform_noise_keeps_to_the_box_and_says_so():
    assert Rubbish(noise="uniform").stays_in_box
    assert not Rubbish().stays_in_box
    assert Rubbish(images=50)()["test"].images.min() < 0

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from harness.attacks.gaussian_blur import GaussianBlur
from harness.examples import Examples
from harness.streams import Streams


def made_for(victim, clean, **fields):
    return GaussianBlur(**fields)(victim, clean, Streams(0, 1))


def mirrored(image, stddev):
    """Blur one image by the definition: sums over the pixels around, the image mirrored at its edges."""
    reach = int(4 * stddev + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / stddev) ** 2)
    wide = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(wide, (2 * reach + 1, 2 * reach + 1), axis=(0, 1))
    return np.einsum("hwcij,i,j->hwc", windows, kernel / kernel.sum(), kernel / kernel.sum())


@pytest.mark.parametrize("stddev", [0.4, 1.0, 1.7])
def test_it_is_the_sum_over_the_pixels_around_by_the_density_of_the_gaussian(sigmoid_net, clean, stddev):
    made = made_for(sigmoid_net, clean, stddev=stddev)
    expected = np.stack([mirrored(image, stddev) for image in clean.images.astype(float)])
    np.testing.assert_allclose(made.images, expected, atol=1e-6)
    np.testing.assert_array_equal(made.found, sigmoid_net.exact_logits(made.images).argmax(1) != clean.labels)
    assert 0 < made.found.sum() < len(clean)


def test_channels_and_images_are_blurred_each_by_itself():
    class Three:
        image_shape, classes = (6, 5, 3), 2

        def exact_logits(self, images):
            return np.stack([images[..., 0].mean((1, 2)), np.full(len(images), 0.5)], axis=1).astype(float)

    images = np.random.default_rng(0).uniform(size=(4, 6, 5, 3)).astype(np.float32)
    made = made_for(Three(), Examples(images, np.zeros(4, np.int64), np.arange(4)), stddev=0.8)
    for k in range(4):
        for channel in range(3):
            alone = gaussian_filter(images[k, :, :, channel].astype(float), 0.8)
            np.testing.assert_allclose(made.images[k, :, :, channel], alone, atol=1e-6)


def test_a_constant_image_stays_as_it_is_and_the_pixels_sum_stays_the_same(sigmoid_net, clean):
    flat = Examples(np.full((1, 8, 8, 1), 0.3, np.float32), np.zeros(1, np.int64), np.zeros(1, np.int64))
    np.testing.assert_allclose(made_for(sigmoid_net, flat, stddev=2.0).images, 0.3, atol=1e-6)
    made = made_for(sigmoid_net, clean, stddev=1.0)
    np.testing.assert_allclose(made.images.sum((1, 2, 3)), clean.images.sum((1, 2, 3)), rtol=1e-5)


def test_the_smallest_blur_is_the_first_that_the_network_errs_on(sigmoid_net, clean):
    made = made_for(sigmoid_net, clean, stddev=4.0, smallest={"among": 16})
    tried = np.stack([made_for(sigmoid_net, clean, stddev=0.25 * k).found for k in range(1, 17)])
    right = sigmoid_net.exact_logits(clean.images).argmax(1) == clean.labels
    np.testing.assert_array_equal(made.found, tried.any(axis=0) | ~right)
    for row in np.flatnonzero(right & made.found)[:20]:
        stddev = 0.25 * (tried[:, row].argmax() + 1)
        np.testing.assert_allclose(made.images[row], mirrored(clean.images[row].astype(float), stddev), atol=1e-6)


def test_it_draws_nothing_and_is_a_control_unless_it_searches():
    assert not GaussianBlur().random
    assert GaussianBlur().control
    assert not GaussianBlur(smallest={"among": 10}).control

import numpy as np
import pytest

from harness.examples import Examples
from harness.metrics.top_purity import TopPurity
from harness.streams import Streams


class Pixels:
    """A model of which pixels alone are looked at."""

    image_shape = (1, 2, 1)
    classes = 5


def measured(left, right, labels, **options):
    """The metric over images of two pixels: two units."""
    pixels = np.array([left, right], np.float32).T[:, None, :, None]
    examples = Examples(pixels, np.array(labels), np.arange(len(labels)))
    return TopPurity(top=4, **options)((Pixels(),), examples, None, Streams(0, 1))


RISING = np.linspace(0.1, 1, 10)


def test_it_is_the_mean_over_units_of_the_share_of_the_commonest_class():
    labels = [0, 0, 0, 1, 2, 2, 1, 1, 1, 2]  # the top four of the rising unit: 1 1 1 2; of the falling one: 0 0 0 1
    assert measured(RISING, RISING[::-1], labels).value == 0.75
    labels[9] = 1
    assert measured(RISING, RISING[::-1], labels).value == pytest.approx((1 + 0.75) / 2)


def test_it_is_one_where_every_unit_has_one_class_and_at_least_one_of_the_top():
    assert measured(RISING, RISING, [2] * 10).value == 1
    assert measured(RISING, RISING, np.arange(10) % 5).value == 0.25


def test_it_is_over_all_images_and_says_no_spread_over_images():
    value = measured(RISING, RISING, [2] * 10)
    assert (value.of, value.count, value.spread) == (10, None, None)


def test_labels_that_mean_nothing_have_the_purity_of_images_drawn_blindly():
    rng = np.random.default_rng(3)
    pixels, labels = rng.uniform(size=(5000, 1, 2, 1)).astype(np.float32), rng.integers(0, 10, 5000)
    examples = Examples(pixels, labels, np.arange(5000))
    found = TopPurity(basis="directions", count=400)(
        (Pixels(),), Examples(pixels, labels % 3, examples.index), None, Streams(0, 1)
    )
    blind = np.mean([np.bincount(rng.integers(0, 10, 8) % 3).max() / 8 for _ in range(5000)])
    assert abs(found.value - blind) < 0.12  # directions in two dimensions share their top images

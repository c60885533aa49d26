from itertools import combinations

import numpy as np
import pytest

from harness.examples import Examples
from harness.metrics.top_similarity import TopSimilarity
from harness.streams import Streams


class Layered:
    """A model whose one layer has the outputs given; an image holds its row in its first pixel."""

    image_shape = (1, 3, 1)
    classes = 2

    def __init__(self, features):
        self.features = np.asarray(features, np.float32)
        self.layer_shapes = (self.image_shape, self.features.shape[1:])

    def layer_outputs(self, images, layer):
        return self.features[np.rint(images[:, 0, 0, 0] * len(self.features)).astype(int)]


def examples(n):
    pixels = np.random.default_rng(1).uniform(0.1, 0.9, (n, 1, 3, 1)).astype(np.float32)
    pixels[:, 0, 0, 0] = np.arange(n) / n
    return Examples(pixels, np.zeros(n, np.int64), np.arange(n))


def measured(data, model=None, **options):
    victim = Layered(np.zeros((len(data), 1))) if model is None else model
    return TopSimilarity(**{"top": 5, **options})((victim,), data, None, Streams(0, 1)).value


def pairwise_cosine(vectors):
    pairs = combinations(vectors.astype(np.float64), 2)
    return np.mean([a @ b / np.sqrt((a @ a) * (b @ b)) for a, b in pairs])


def test_it_is_the_mean_cosine_of_every_pair_averaged_over_units():
    data = examples(40)
    flat = data.images.reshape(40, 3)
    expected = np.mean([pairwise_cosine(flat[np.argsort(-flat[:, unit])[:5]]) for unit in range(3)])
    assert measured(data) == pytest.approx(expected, rel=1e-6)


def test_another_layer_s_features_may_be_compared_than_the_one_whose_units_choose_the_images():
    data, features = examples(40), np.random.default_rng(2).normal(size=(40, 7))
    flat = data.images.reshape(40, 3)
    expected = np.mean([pairwise_cosine(features[np.argsort(-flat[:, unit])[:5]]) for unit in range(3)])
    assert measured(data, Layered(features), features=1) == pytest.approx(expected, rel=1e-5)


def test_equal_images_have_one_opposite_ones_the_least_and_features_of_zeros_none():
    data = examples(6)
    assert measured(data, Layered(np.ones((6, 4))), features=1, top=6, basis="directions") == pytest.approx(1)
    assert measured(
        data, Layered(np.tile([[1.0], [-1.0]], (3, 1))), features=1, top=6, basis="directions"
    ) == pytest.approx(-0.2)
    assert measured(data, Layered(np.zeros((6, 4))), features=1, top=6, basis="directions") == 0

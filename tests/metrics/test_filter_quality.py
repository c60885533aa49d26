import numpy as np
import pytest

from harness.datasets.digits import Digits
from harness.errors import Infeasible
from harness.examples import Examples
from harness.kinds.registry import discover
from harness.metrics.filter_quality import FilterQuality, morans_i
from harness.models.network import NetworkModel
from harness.streams import Streams

discover()
HEIGHT, WIDTH = 8, 6
BUMP = np.exp(-((np.subtract.outer(np.arange(HEIGHT), np.zeros(WIDTH)) - 3) ** 2) / 8) * np.exp(
    -((np.arange(WIDTH) - 2.5) ** 2) / 8
)
CHECKERS = np.where(np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) % 2, 1.0, -1.0)


class Filtering:
    """A model whose one layer has the filters given; a unit's activation is its own column of ``activations``."""

    image_shape, classes = (HEIGHT, WIDTH, 1), 10
    layer_shapes = ((HEIGHT, WIDTH, 1), (2,))

    def __init__(self, filters, activations):
        self.weights = {"layer-1/kernel": np.stack([each.ravel() for each in filters], axis=1).astype(np.float32)}
        self.activations = np.asarray(activations, np.float32)

    def layer_outputs(self, images, layer):
        return self.activations[: len(images)]


def examples(n=40):
    return Examples(np.zeros((n, HEIGHT, WIDTH, 1), np.float32), np.zeros(n, np.int64), np.arange(n))


def by_definition(grid):
    """Moran's I with the matrix of neighbours written out."""
    height, width, channels = grid.shape
    cells = [(i, j, c) for i in range(height) for j in range(width) for c in range(channels)]
    near = np.array([[float(a[2] == b[2] and abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1) for b in cells] for a in cells])
    z = np.array([grid[cell] for cell in cells]) - grid.mean()
    return len(z) / near.sum() * (z @ near @ z) / (z @ z)


@pytest.mark.parametrize("shape", [(5, 4, 1), (4, 3, 3), (1, 7, 1)])
def test_it_is_morans_i_as_it_is_defined(shape):
    filters = np.random.default_rng(0).normal(size=(*shape, 6))
    np.testing.assert_allclose(morans_i(filters), [by_definition(filters[..., k]) for k in range(6)], rtol=1e-10)


def test_of_white_noise_it_is_minus_one_over_the_number_of_weights_less_one_in_expectation():
    drawn = morans_i(np.random.default_rng(0).normal(size=(5, 4, 1, 40_000)))
    assert drawn.mean() == pytest.approx(-1 / 19, abs=4 * drawn.std() / 200)
    assert drawn.std() / 200 < 1 / 190


def test_of_a_smooth_bump_it_is_near_one_and_of_a_chessboard_minus_one():
    big = np.exp(-np.add.outer((np.arange(28) - 13) ** 2, (np.arange(28) - 15) ** 2) / 18)
    assert morans_i(big[..., None, None])[0] > 0.93
    assert morans_i(CHECKERS[..., None, None])[0] == pytest.approx(-1)


def test_neither_the_size_nor_the_mean_of_the_weights_matters_and_equal_weights_are_not_smooth():
    filters = np.stack([BUMP, 5 * BUMP + 3, 0 * BUMP + 0.1], axis=-1)[:, :, None]
    plain, scaled, equal = morans_i(filters)
    assert plain == pytest.approx(scaled)
    assert equal == 0
    assert morans_i(np.ones((1, 1, 1, 2))).tolist() == [0, 0]


def test_it_is_the_mean_over_units_in_which_a_dead_one_counts_as_nothing():
    smooth = morans_i(BUMP[..., None, None])[0]
    varied = np.random.default_rng(0).uniform(size=(40, 1))
    both = Filtering([BUMP, CHECKERS], np.concatenate([varied, varied], axis=1))
    assert FilterQuality()((both,), examples(), None).value == pytest.approx((smooth - 1) / 2, rel=1e-5)
    # The mean activation of the second is that of the first.
    dead = Filtering([BUMP, CHECKERS], np.concatenate([varied, np.full((40, 1), varied.mean())], axis=1))
    assert FilterQuality()((dead,), examples(), None).value == pytest.approx(smooth / 2, rel=1e-5)
    assert FilterQuality(least_spread=0.5)((both,), examples(), None).value == 0


def trained(*layers):
    recipe = NetworkModel(
        train_on="digits/train",
        layers=({**layers[0]}, {"dense": {"units": 10}}),
        training={"kind": "minibatch", "epochs": 1},
    )
    digits = Digits()()
    return recipe.victim(recipe(train_on=digits["train"], streams=Streams(0, 1))), digits["test"]


def test_of_a_convolution_the_filters_are_its_kernels_and_a_unit_is_a_channel_at_all_positions():
    victim, images = trained({"conv2d": {"filters": 3, "kernel_size": 5, "activation": "relu"}})
    kernel = victim.weights["layer-1/kernel"].astype(np.float64)
    alive = victim.layer_outputs(images.images, 1).std(axis=(0, 1, 2)) >= 0.01
    expected = np.where(alive, [by_definition(kernel[..., k]) for k in range(3)], 0).mean()
    assert FilterQuality()((victim,), images, None).value == pytest.approx(expected, rel=1e-5)


def test_a_first_layer_whose_weights_do_not_lie_on_the_grid_is_refused_and_so_is_a_single_image():
    victim, images = trained({"rescaling": {"scale": 2.0}})
    with pytest.raises(Infeasible, match="first layer is dense or a convolution"):
        FilterQuality()((victim,), images, None)
    with pytest.raises(Infeasible, match=r"too few images \(1\) to detect dead units"):
        FilterQuality()((Filtering([BUMP], np.ones((1, 1))),), examples(1), None)

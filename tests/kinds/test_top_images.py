"""The images with the largest activation, on a network whose activations are known."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from harness.errors import ContractError, Infeasible
from harness.examples import Examples, LayeredVictim
from harness.kinds import top_images
from harness.kinds.top_images import outputs
from harness.metrics.top_purity import TopPurity
from harness.metrics.top_similarity import TopSimilarity
from harness.streams import Streams

RNG = np.random.default_rng(5)
N = 60
STREAMS = Streams(7, 1)


class Known:
    """A network whose one layer's outputs are those given; the first pixel of an image is its row."""

    image_shape = (2, 2, 1)
    classes = 4

    def __init__(self, activations):
        self.activations = np.asarray(activations, np.float32)

    @property
    def layer_shapes(self):
        return (self.image_shape, self.activations.shape[1:])

    def layer_outputs(self, images, layer):
        assert layer == 1
        return self.activations[np.rint(images[:, 0, 0, 0] * N).astype(int)]


def images(n=N):
    pixels = RNG.uniform(0.1, 0.9, (n, 2, 2, 1)).astype(np.float32)
    pixels[:, 0, 0, 0] = np.arange(n) / N
    return Examples(pixels, np.arange(n) % 4, np.arange(n))


def tops(activations, streams=STREAMS, data=None, **options):
    return TopPurity(**{"layer": 1, **options}).tops(Known(activations), data or images(), streams)


def test_the_network_of_these_tests_shows_its_layers():
    assert isinstance(Known(np.zeros((N, 1))), LayeredVictim)


def test_the_top_images_of_every_unit_are_its_largest_activations_from_the_largest_on():
    phi = RNG.normal(size=(N, 9))
    found = tops(phi, top=5)
    expected = np.argsort(-phi, axis=0)[:5].T
    assert {tuple(row) for row in found} == {tuple(row) for row in expected}
    assert len(found) == 9


def test_units_of_a_convolution_are_one_channel_at_one_position_each():
    phi = RNG.normal(size=(N, 2, 3, 4))
    expected = np.argsort(-phi.reshape(N, 24), axis=0)[:8].T
    assert {tuple(row) for row in tops(phi)} == {tuple(row) for row in expected}


def test_units_are_drawn_without_replacement_and_others_in_another_run():
    phi = RNG.normal(size=(N, 500))
    first, again, other = (tops(phi, Streams(7, run), count=20) for run in (1, 1, 2))
    assert len({tuple(row) for row in first}) == 20
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_along_a_direction_of_one_dimension_the_images_are_the_largest_or_the_smallest():
    phi = RNG.normal(size=(N, 1))
    order = np.argsort(phi[:, 0])
    found = {tuple(row) for row in tops(phi, basis="directions", count=50)}
    assert found == {tuple(order[:8]), tuple(order[::-1][:8])}


def test_the_images_along_a_direction_are_those_furthest_along_it():
    phi = RNG.normal(size=(N, 6))
    rng = STREAMS.rng("directions", 1)
    drawn = rng.standard_normal((30, 6))
    expected = np.argsort(-(phi @ drawn.T), axis=0)[:8].T
    assert_array_equal(tops(phi, basis="directions", count=30), expected)


def test_directions_do_not_favour_any_axis():
    corners = np.concatenate([np.eye(3), -np.eye(3)])
    found = tops(np.repeat(corners, 10, axis=0), basis="directions", count=3000, top=2)[:, 0] // 10
    assert np.allclose(np.bincount(found, minlength=6) / 3000, 1 / 6, atol=0.03)


def test_a_unit_at_its_least_value_on_all_but_few_images_is_never_drawn():
    phi = np.zeros((N, 4))
    phi[:7, 0], phi[:8, 1], phi[:, 2] = 1.0, 1.0, 3.0
    assert [sorted(row) for row in tops(phi)] == [list(range(8))]
    with pytest.raises(Infeasible, match="no unit of layer 1 exceeds its minimum on 8 or more images"):
        tops(phi[:, [0, 2, 3]])


def test_chance_decides_which_of_the_images_that_tie_are_shown():
    phi = np.zeros((N, 2))
    phi[:40], phi[41] = 1.0, 2.0
    found = tops(phi)
    assert (found[:, 0] == 41).all()
    assert (found[:, 1:] < 40).all()
    assert len({tuple(row) for one in (found, tops(phi, Streams(7, 2))) for row in one}) == 4


@pytest.mark.parametrize("basis", ["units", "directions"])
def test_how_many_images_are_looked_at_together_changes_nothing(basis, monkeypatch):
    phi = RNG.normal(size=(N, 6))
    phi[:, 3] = np.maximum(phi[:, 3] - 1.5, 0)  # active on few images
    whole = tops(phi, basis=basis)
    for floats in (1, 24, 66):
        monkeypatch.setattr(top_images, "FLOATS_AT_ONCE", floats)
        assert_array_equal(tops(phi, basis=basis), whole)


def test_layer_0_takes_the_pixels_of_any_model():
    data = images()
    flat = data.images.reshape(N, 4)
    found = TopPurity(layer=0).tops(object.__new__(NoLayers), data, STREAMS)
    assert {tuple(row) for row in found} == {tuple(row) for row in np.argsort(-flat, axis=0)[:8].T}


class NoLayers:
    image_shape = (2, 2, 1)
    classes = 4


@pytest.mark.parametrize(
    ("victim", "options", "told"),
    [
        (NoLayers(), {"layer": 1}, "shows no layers; layer: 0 takes the pixels"),
        (Known(np.zeros((N, 1))), {"layer": 2}, "found layer 2, but the network has 1 layer"),
        (Known(np.zeros((N, 1))), {"layer": 1, "top": 61}, "the top 61 of 60 images"),
    ],
)
def test_what_cannot_be_looked_for_is_infeasible_with_what_there_is(victim, options, told):
    with pytest.raises(Infeasible, match=told):
        TopPurity(**options)((victim,), images(), None, STREAMS)


def test_outputs_of_another_shape_than_was_said_are_refused():
    victim = Known(np.zeros((N, 3)))
    victim.layer_outputs = lambda images, layer: np.zeros((len(images), 2), np.float32)
    with pytest.raises(ContractError, match="layer_outputs of the model"):
        next(outputs(victim, images().images, 1, "top-purity"))


def test_a_metric_that_draws_says_so_and_is_refused_without_streams():
    assert TopPurity().random
    with pytest.raises(ContractError, match="top-purity: needs the random streams of its run"):
        TopPurity(layer=1)((Known(np.zeros((N, 1))),), images(), None)


def test_purity_and_similarity_are_of_the_same_images():
    phi = RNG.normal(size=(N, 300))
    for basis in ("units", "directions"):
        one, two = (
            kind(layer=1, basis=basis).tops(Known(phi), images(), STREAMS) for kind in (TopPurity, TopSimilarity)
        )
        assert_array_equal(one, two)


def test_the_largest_comes_first():
    phi = RNG.normal(size=(N, 5))
    for row in tops(phi):
        assert any((np.diff(phi[row, unit]) < 0).all() for unit in range(5))
    assert all(a != b for row in tops(phi) for a, b in pairwise(row))

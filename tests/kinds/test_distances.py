"""Distances of what an attack made from what was clean, against NumPy and pencil."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ContractError, Invalid
from harness.examples import Examples, rms
from harness.kinds import distances
from harness.metrics.distance import Distance

INDEX = np.array([4, 7, 9])


def images(*pixels, index=INDEX):
    pixels = np.array(pixels, np.float32).reshape(-1, 2, 2, 1)
    return Examples(pixels, np.zeros(len(pixels), np.int64), np.array(index))


def crafted(*pixels, index=INDEX):
    made = images(*pixels, index=index)
    return replace(made, found=np.ones(len(made), bool), distortion=np.zeros(len(made)))


CLEAN = images([0, 0, 0.5, 0], [0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0])
MADE = crafted([0.5, 0, 0.5, 0], [0.25, 0.75, 0.25, 0], [1, 0, 0, 0])
BY_PENCIL = {
    ("l2", False): [0.5, 0.3125**0.5, 0],
    ("linf", False): [0.5, 0.5, 0],
    ("l0", False): [1, 2, 0],
    ("rms", False): [0.25, 0.3125**0.5 / 2, 0],
    ("l2", True): [1, 0.3125**0.5 / 0.5, 0],
    ("linf", True): [1, 2, 0],
    ("l0", True): [1, 0.5, 0],
    ("rms", True): [1, 0.3125**0.5 / 0.5, 0],
}


@pytest.mark.parametrize(("norm", "relative"), BY_PENCIL)
def test_the_distances_of_three_images_of_four_pixels_are_those_by_pencil(norm, relative):
    found = Distance(norm=norm, relative=relative).distances(CLEAN, MADE)
    np.testing.assert_allclose(found, BY_PENCIL[norm, relative], rtol=1e-12)
    assert found.dtype == np.float64


@given(st.integers(0, 2**31), st.sampled_from(["l2", "linf", "l0"]), st.booleans())
def test_the_norms_are_numpy_s_on_colour_images(seed, norm, relative):
    rng = np.random.default_rng(seed)
    before, after = rng.uniform(0.01, 1, (2, 7, 3, 2, 3)).astype(np.float32)
    after = np.where(rng.uniform(size=after.shape) < 0.3, before, after)
    clean = Examples(before, np.zeros(7, np.int64), rng.permutation(7))
    made = Examples(after, clean.labels, clean.index, None, np.ones(7, bool), np.zeros(7))
    order = {"l2": 2, "linf": np.inf, "l0": 0}[norm]
    moved = np.linalg.norm((after.astype(float) - before).reshape(7, -1), order, axis=1)
    size = np.linalg.norm(before.astype(float).reshape(7, -1), order, axis=1)
    found = Distance(norm=norm, relative=relative).distances(clean, made)
    np.testing.assert_allclose(found, moved / size if relative else moved, rtol=1e-12)


@pytest.mark.parametrize("at_once", [1, 2, 3, 2048])
def test_however_many_at_a_time_the_root_mean_square_is_the_distortion_to_the_bit(monkeypatch, at_once):
    monkeypatch.setattr(distances, "AT_ONCE", at_once)
    found = Distance(norm="rms").distances(CLEAN, MADE)
    np.testing.assert_array_equal(found, rms(MADE.images.astype(np.float64) - CLEAN.images))


def test_an_example_is_held_against_the_image_it_was_made_of_in_whatever_order_and_however_often():
    made = crafted([1, 0, 0, 0.5], [0, 0, 0.5, 0.125], [1, 0.25, 0, 0], index=(9, 4, 9))
    assert Distance(norm="linf").distances(CLEAN, made).tolist() == [0.5, 0.125, 0.25]
    twice = crafted(*[[0, 0, 0.25, 0]] * 4, index=(4, 4, 4, 4))
    assert Distance(norm="linf")((), CLEAN, twice).of == 4


def test_an_example_of_no_clean_image_is_refused():
    with pytest.raises(
        Invalid, match="distance: index: expected the indices of clean images; 1 example has another index"
    ):
        Distance()((), CLEAN, crafted([0] * 4, index=(5,)))


def test_nothing_is_relative_to_an_image_of_norm_0():
    black = replace(CLEAN, images=CLEAN.images * np.array([1, 0, 1], np.float32).reshape(3, 1, 1, 1))
    assert Distance()((), black, MADE).value > 0
    with pytest.raises(Invalid, match="found the image of index 7 with the norm 0; write relative: false"):
        Distance(relative=True)((), black, MADE)


def test_it_needs_the_images_before_and_after_an_attack():
    with pytest.raises(ContractError, match="needs adversarial images"):
        Distance()((), CLEAN, None)
    with pytest.raises(ContractError, match="needs the clean images"):
        Distance()((), None, MADE)

import numpy as np
import pytest
from keras import ops

from harness.engine import batching
from harness.examples import Examples, unwatched

IMAGES = np.random.default_rng(0).uniform(size=(21, 2, 2, 1)).astype(np.float32)
CLASSES = (np.arange(21) % 2).astype(np.int64)


def never(*_):
    """Stand for what is not asked of it."""
    raise AssertionError


class Brightness:
    """A victim whose class 1 leads where an image's mean is above a half."""

    image_shape, classes, weights, linear = (2, 2, 1), 2, {}, None
    logits = loss_and_gradient = predict = never

    def exact_logits(self, images):
        mean = images.astype(float).mean((1, 2, 3))
        return np.stack([0.5 - mean, mean - 0.5], axis=1)


def attacked(build, settings, *, rows=slice(None), reach=True, by=batching.attack_in_batches, watch=unwatched, **how):
    """Return the images made of those rows, and which were found, with CLASSES to be reached or to be left."""
    images, classes = IMAGES[rows], CLASSES[rows]
    labels, targets = (1 - classes, classes) if reach else (classes, None)
    made = by(build, Brightness(), Examples(images, labels, np.arange(len(images)), targets), settings, watch, **how)
    return made.images, made.found


@pytest.fixture
def seen(monkeypatch):
    """Sizes of the batches a program was given, which adds a tenth to each pixel and to the copy beside it."""
    monkeypatch.setattr(batching, "GRADIENT_STEPS", batching.GRADIENT_STEPS._replace(images=16))
    sizes = []

    def build(network):
        def program(weights, origin, criterion, settings, *beside):
            sizes.append(origin.shape[0])
            return ops.clip(origin + settings["step"] + sum(beside), 0.0, 1.0)

        return program

    return sizes, build


def test_every_image_is_attacked_once_in_batches_of_few_sizes_and_comes_back_in_its_place(seen):
    sizes, build = seen
    made, _ = attacked(build, {"step": 0.1})
    np.testing.assert_allclose(made, np.clip(IMAGES + 0.1, 0, 1), atol=1e-6)
    assert sizes == [16, 16]
    sizes.clear()
    attacked(build, {"step": 0.1}, rows=slice(18))
    assert sizes == [16, 16]


def test_arrays_beside_the_images_arrive_with_them(seen):
    _, build = seen
    beside = (np.arange(21) / 100).astype(np.float32).reshape(21, 1, 1, 1) * np.ones((1, 2, 2, 1), np.float32)
    made, _ = attacked(build, {"step": 0.0}, beside=(beside,))
    np.testing.assert_allclose(made, np.clip(IMAGES + beside, 0, 1), atol=1e-6)


@pytest.mark.parametrize("reach", [True, False])
def test_found_says_in_float64_who_is_where_it_should_be(seen, reach):
    _, build = seen
    made, found = attacked(build, {"step": 0.2}, reach=reach)
    bright = made.astype(float).mean((1, 2, 3)) > 0.5
    np.testing.assert_array_equal(found, (bright == CLASSES) == reach)
    assert 0 < found.sum() < 21


def test_what_is_not_finite_is_replaced_by_the_clean_image(seen):
    _, build = seen
    beside = np.zeros_like(IMAGES)
    beside[5] = np.nan
    made, _ = attacked(build, {"step": 0.3}, beside=(beside,))
    np.testing.assert_array_equal(made[5], IMAGES[5])
    assert (made[6] != IMAGES[6]).any()


def test_an_image_that_meets_its_criterion_already_is_its_own_example_where_only_the_others_are_attacked(seen):
    sizes, build = seen
    there = (IMAGES.astype(float).mean((1, 2, 3)) > 0.5) == CLASSES
    made, found = attacked(build, {"step": 0.3}, by=batching.attack_unmet)
    np.testing.assert_array_equal(made[there], IMAGES[there])
    assert found[there].all()
    assert (made[~there] != IMAGES[~there]).any()
    sizes.clear()
    attacked(build, {"step": 0.3}, rows=there, by=batching.attack_unmet)
    assert not sizes


def test_progress_goes_from_batch_to_batch_up_to_one(seen):
    _, build = seen
    told = []
    attacked(build, {"step": 0.1}, watch=lambda done, note: told.append((done, note)))
    assert told == [(16 / 21, "16 of 21 images"), (1.0, "21 of 21 images")]

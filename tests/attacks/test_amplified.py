from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from harness.attacks.amplified import Amplified
from harness.errors import ContractError, Invalid
from harness.examples import Examples, rms
from harness.streams import Streams


class Brightness:
    """A victim that calls an image 1 where its mean is above a half."""

    image_shape = (4, 4, 1)
    classes = 2

    def exact_logits(self, images):
        bright = images.astype(float).mean((1, 2, 3)) > 0.5
        return np.stack([~bright, bright], axis=1).astype(float)


RNG = np.random.default_rng(0)
CLEAN = Examples(RNG.uniform(0.3, 0.5, (20, 4, 4, 1)).astype(np.float32), np.zeros(20, np.int64), np.arange(20) + 50)
MOVED = CLEAN.images + RNG.uniform(0.0, 0.1, (20, 1, 1, 1)).astype(np.float32) * RNG.choice([-1, 1, 1], (20, 4, 4, 1))
SIZES = rms(MOVED.astype(float) - CLEAN.images)
MADE = Examples(MOVED.astype(np.float32), CLEAN.labels, CLEAN.index, CLEAN.labels + 1, np.arange(20) % 2 == 0, SIZES)


def amplified(made=MADE, clean=CLEAN, **fields):
    return Amplified(of="lbfgs", **fields)(Brightness(), clean, Streams(0, 1), of=made)


def test_one_common_factor_brings_the_mean_distortion_of_the_examples_found_to_the_size_wanted():
    made = amplified(to=0.2)
    assert made.distortion[MADE.found].mean() == pytest.approx(0.2, rel=1e-5)
    factors = made.distortion / SIZES
    np.testing.assert_allclose(factors, factors[0], rtol=1e-4)


def test_a_factor_of_its_own_brings_each_image_to_the_size_wanted():
    made = amplified(to=0.2, rule="each-image")
    np.testing.assert_allclose(made.distortion, 0.2, rtol=1e-5)


@pytest.mark.parametrize("rule", ["common-factor", "each-image"])
def test_the_direction_stays_the_same(rule):
    moved, before = (examples.images.astype(float) - CLEAN.images for examples in (amplified(rule=rule), MADE))
    along = (moved * before).sum((1, 2, 3)) / np.sqrt((moved**2).sum((1, 2, 3)) * (before**2).sum((1, 2, 3)))
    np.testing.assert_allclose(along, 1, atol=1e-5)


def test_an_image_that_was_not_moved_stays():
    still = replace(MADE, images=np.where(np.arange(20)[:, None, None, None] == 3, CLEAN.images, MADE.images))
    for rule in ("common-factor", "each-image"):
        assert (amplified(still, rule=rule).images[3] == CLEAN.images[3]).all()


def test_unclipped_examples_leave_the_box_and_clipped_ones_do_not():
    loose, held = amplified(to=1.0).images, amplified(to=1.0, clip=True).images
    assert loose.min() < 0
    assert loose.max() > 1
    np.testing.assert_array_equal(held, np.clip(loose, 0, 1))


def test_found_says_where_the_model_errs():
    made = amplified(to=0.2)
    np.testing.assert_array_equal(made.found, made.images.mean((1, 2, 3)) > 0.5)
    assert 0 < made.found.sum() < 20


def test_several_examples_of_one_image_are_each_measured_from_it():
    rows = np.repeat(np.arange(20), 2)
    twice = replace(MADE.take(rows), targets=None)
    made = amplified(twice, to=0.3, rule="each-image")
    np.testing.assert_array_equal(made.index, CLEAN.index[rows])
    np.testing.assert_allclose(rms(made.images.astype(float) - CLEAN.images[rows]), 0.3, rtol=1e-5)
    with pytest.raises(ContractError, match="18 of 20 clean images were left out"):
        amplified(MADE.take(np.array([4, 7])), to=0.3, rule="each-image")


def test_it_draws_nothing_and_needs_another_attack():
    assert not Amplified(of="lbfgs").random
    with pytest.raises(ValidationError, match="of"):
        Amplified()


def test_an_attack_that_found_or_moved_nothing_gives_no_factor():
    with pytest.raises(Invalid, match="found no example"):
        amplified(replace(MADE, found=np.zeros(20, bool)))
    with pytest.raises(Invalid, match="do not differ from the clean images"):
        amplified(replace(MADE, images=CLEAN.images))


def test_examples_of_no_attack_and_of_other_images_are_refused():
    with pytest.raises(ContractError, match="expected the examples of the attack 'lbfgs'"):
        amplified(CLEAN)
    with pytest.raises(ContractError, match="image 50 is not among these"):
        amplified(MADE, CLEAN.take(np.arange(1, 20)))

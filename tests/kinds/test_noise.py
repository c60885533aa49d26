from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from harness.attacks.gaussian_noise import GaussianNoiseAttack
from harness.attacks.sign_noise import SignNoise
from harness.attacks.uniform_noise import UniformNoise
from harness.errors import ContractError, Invalid
from harness.examples import Examples
from harness.streams import Streams

NOISES = [GaussianNoiseAttack, UniformNoise, SignNoise]


class Brightness:
    """A victim that calls an image 1 where its mean is above a half."""

    image_shape = (16, 16, 1)
    classes = 2

    def exact_logits(self, images):
        above = images.astype(float).mean((1, 2, 3)) - 0.5
        return np.stack([-above, above], axis=1)

    def predict(self, images):
        return self.exact_logits(images).argmax(1)


CLEAN = Examples(np.full((40, 16, 16, 1), 0.5, np.float32), np.zeros(40, np.int64), np.arange(40))
MADE = replace(CLEAN, found=np.arange(40) % 2 == 0, distortion=np.where(np.arange(40) % 2 == 0, 0.2, 9.0))


def noisy(cls, size, clean=CLEAN, run=1, **fields):
    return cls(**{cls.sized_by: size}, **fields)(Brightness(), clean, Streams(0, run))


@pytest.mark.parametrize("cls", NOISES)
def test_the_noise_has_the_size_asked_for(cls):
    assert noisy(cls, 0.3).distortion.mean() == pytest.approx(0.3 * cls.unit_rms, rel=0.02)


@pytest.mark.parametrize("cls", NOISES)
def test_the_noise_has_the_mean_distortion_of_the_other_attacks_successes(cls):
    made = cls(like="lbfgs")(Brightness(), CLEAN, Streams(0, 1), like=MADE)
    assert made.distortion.mean() == pytest.approx(0.2, rel=0.02)


def test_uniform_noise_is_spread_evenly_up_to_epsilon():
    moved = (noisy(UniformNoise, 0.3).images - CLEAN.images).ravel()
    assert np.abs(moved).max() <= 0.3 + 1e-6
    np.testing.assert_allclose(np.quantile(moved, [0, 0.25, 0.5, 0.75, 1]), [-0.3, -0.15, 0, 0.15, 0.3], atol=0.01)


def test_sign_noise_moves_every_pixel_by_epsilon_up_as_often_as_down():
    moved = (noisy(SignNoise, 0.25).images - CLEAN.images).ravel()
    np.testing.assert_allclose(np.abs(moved), 0.25, rtol=1e-6)
    assert abs((moved > 0).mean() - 0.5) < 5 * 0.5 / moved.size**0.5


@pytest.mark.parametrize("cls", NOISES)
def test_unclipped_noise_leaves_the_box_and_clipped_noise_does_not(cls):
    loose, held = noisy(cls, 0.9).images, noisy(cls, 0.9, clip=True).images
    assert loose.min() < 0
    assert loose.max() > 1
    np.testing.assert_array_equal(held, np.clip(loose, 0, 1))


@pytest.mark.parametrize("cls", NOISES)
def test_an_image_gets_the_same_noise_whatever_stands_beside_it(cls):
    few = noisy(cls, 0.1, CLEAN.take(np.array([7, 3])))
    np.testing.assert_array_equal(few.images, noisy(cls, 0.1).images[[7, 3]])


@pytest.mark.parametrize("cls", NOISES)
def test_every_image_and_every_run_gets_other_noise(cls):
    first, second = noisy(cls, 0.1).images, noisy(cls, 0.1, run=2).images
    assert len(np.unique(np.concatenate([first, second]).reshape(80, -1), axis=0)) == 80


@pytest.mark.parametrize("cls", NOISES)
def test_found_says_where_the_model_errs(cls):
    made = noisy(cls, 0.3)
    np.testing.assert_array_equal(made.found, made.images.mean((1, 2, 3)) > 0.5)
    assert 0 < made.found.sum() < 40


@pytest.mark.parametrize("cls", NOISES)
def test_exactly_one_source_of_the_size_is_wanted(cls):
    for fields in ({}, {cls.sized_by: 0.1, "like": "lbfgs"}):
        with pytest.raises(ValidationError, match=f"exactly one of {cls.sized_by} and like"):
            cls(**fields)


@pytest.mark.parametrize("cls", NOISES)
def test_it_is_a_control_whose_size_is_given_unless_it_is_clipped_or_anothers(cls):
    given, clipped, others = cls(**{cls.sized_by: 0.1}), cls(**{cls.sized_by: 0.1}, clip=True), cls(like="lbfgs")
    assert given.control
    assert [each.sets_distortion for each in (given, clipped, others)] == [True, False, False]


def test_an_attack_that_found_nothing_gives_no_size():
    with pytest.raises(Invalid, match="found no example"):
        GaussianNoiseAttack(like="lbfgs")(
            Brightness(), CLEAN, Streams(0, 1), like=replace(MADE, found=np.zeros(40, bool))
        )


def test_examples_that_no_attack_made_are_refused():
    with pytest.raises(ContractError, match="expected the examples of the attack 'lbfgs'"):
        GaussianNoiseAttack(like="lbfgs")(Brightness(), CLEAN, Streams(0, 1), like=CLEAN)

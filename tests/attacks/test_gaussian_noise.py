from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from harness.attacks.gaussian_noise import GaussianNoiseAttack
from harness.errors import ContractError, Invalid
from harness.examples import Examples
from harness.streams import Streams


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


def noisy(clean=CLEAN, run=1, **fields):
    return GaussianNoiseAttack(**fields)(Brightness(), clean, Streams(0, run))


def test_the_noise_has_the_stddev_asked_for():
    assert noisy(stddev=0.3).distortion.mean() == pytest.approx(0.3, rel=0.02)


def test_the_noise_has_the_mean_distortion_of_the_other_attacks_successes():
    made = GaussianNoiseAttack(like="lbfgs")(Brightness(), CLEAN, Streams(0, 1), like=MADE)
    assert made.distortion.mean() == pytest.approx(0.2, rel=0.02)


def test_unclipped_noise_leaves_the_box_and_clipped_noise_does_not():
    loose, held = noisy(stddev=0.5).images, noisy(stddev=0.5, clip=True).images
    assert loose.min() < 0
    assert loose.max() > 1
    np.testing.assert_array_equal(held, np.clip(loose, 0, 1))


def test_an_image_gets_the_same_noise_whatever_stands_beside_it():
    few = noisy(CLEAN.take(np.array([7, 3])), stddev=0.1)
    np.testing.assert_array_equal(few.images, noisy(stddev=0.1).images[[7, 3]])


def test_every_image_and_every_run_gets_other_noise():
    first, second = noisy(stddev=0.1).images, noisy(stddev=0.1, run=2).images
    assert len(np.unique(np.concatenate([first, second]).reshape(80, -1), axis=0)) == 80


def test_found_says_where_the_model_errs():
    made = noisy(stddev=0.3)
    np.testing.assert_array_equal(made.found, made.images.mean((1, 2, 3)) > 0.5)
    assert 0 < made.found.sum() < 40


@pytest.mark.parametrize("fields", [{}, {"stddev": 0.1, "like": "lbfgs"}])
def test_exactly_one_source_of_the_stddev_is_wanted(fields):
    with pytest.raises(ValidationError, match="exactly one of stddev and like"):
        GaussianNoiseAttack(**fields)


def test_an_attack_that_found_nothing_gives_no_stddev():
    with pytest.raises(Invalid, match="found no example"):
        GaussianNoiseAttack(like="lbfgs")(
            Brightness(), CLEAN, Streams(0, 1), like=replace(MADE, found=np.zeros(40, bool))
        )


def test_examples_that_no_attack_made_are_refused():
    with pytest.raises(ContractError, match="expected the examples of the attack 'lbfgs'"):
        GaussianNoiseAttack(like="lbfgs")(Brightness(), CLEAN, Streams(0, 1), like=CLEAN)

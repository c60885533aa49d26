import numpy as np
import pytest
from peers import foolbox
from pydantic import ValidationError
from scipy.special import softmax

from harness.attacks.fgsm import FGSM
from harness.streams import Streams


def made_for(victim, clean, **fields):
    return FGSM(**fields)(victim, clean, Streams(0, 1))


def test_every_pixel_moves_by_epsilon_along_the_sign_of_the_gradient(ramp, grey):
    kernel, _ = ramp.linear
    shares = softmax(ramp.exact_logits(grey.images), axis=1)
    gradient = (shares - np.eye(10)[grey.labels]) @ kernel.T
    moved = made_for(ramp, grey, epsilon=0.2).images - grey.images
    sure = np.abs(gradient) > 1e-4
    assert sure.mean() > 0.95
    np.testing.assert_allclose(moved.reshape(32, 64)[sure], 0.2 * np.sign(gradient[sure]), rtol=1e-5)


def test_with_a_target_the_step_lowers_the_loss_of_the_target(ramp, grey):
    made = made_for(ramp, grey, epsilon=0.02, target="random")
    rows = np.arange(32)
    before, after = (
        softmax(ramp.exact_logits(images), axis=1)[rows, made.targets] for images in (grey.images, made.images)
    )
    assert (after > before).all()
    np.testing.assert_array_equal(made.found, ramp.exact_logits(made.images).argmax(1) == made.targets)


def test_pixels_stay_in_the_box_and_within_epsilon(sigmoid_net, clean):
    made = made_for(sigmoid_net, clean, epsilon=0.3)
    assert made.images.min() >= 0
    assert made.images.max() <= 1
    assert np.abs(made.images - clean.images).max() <= 0.3 + 1e-6


def test_found_says_which_images_the_network_gets_wrong_in_float64(sigmoid_net, clean):
    made = made_for(sigmoid_net, clean, epsilon=0.1)
    assert made.targets is None
    assert 0 < made.found.sum() < len(clean)
    np.testing.assert_array_equal(made.found, sigmoid_net.exact_logits(made.images).argmax(1) != clean.labels)


def test_without_a_gradient_the_image_stays_and_is_not_found(blank, broken, clean):
    for victim in (blank, broken):
        made = made_for(victim, clean)
        np.testing.assert_array_equal(made.images, clean.images)
        assert not made.found.any()


def test_it_draws_nothing_but_random_targets():
    assert not FGSM().random
    assert FGSM(target="random").random


@pytest.mark.parametrize("wrong", [{"epsilon": 0.0}, {"epsilon": 1.5}, {"target": "some"}])
def test_fields_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        FGSM(**wrong)


@pytest.mark.parametrize("epsilon", [0.05, 0.1, 0.2])
def test_it_succeeds_as_often_as_foolboxs(sigmoid_net, clean, epsilon):
    made = made_for(sigmoid_net, clean, epsilon=epsilon)
    _, found = foolbox("LinfFastGradientAttack", sigmoid_net, clean.images, clean.labels, epsilon=epsilon)
    assert abs(made.found.mean() - found.mean()) <= 0.01

import numpy as np
import pytest
from peers import NO_BOUNDS, foolbox
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


def test_unclipped_every_pixel_moves_by_epsilon_and_clipping_comes_last(sigmoid_net, clean):
    clipped, free = (made_for(sigmoid_net, clean, epsilon=0.3, clip=clip) for clip in (True, False))
    moved = free.images - clean.images
    still = np.abs(moved) < 1e-6  # where the gradient is exactly zero
    assert still.mean() < 0.01
    np.testing.assert_allclose(np.abs(moved[~still]), 0.3, rtol=1e-5)
    assert free.images.min() < -0.1
    assert free.images.max() > 1.1
    np.testing.assert_array_equal(np.clip(free.images, 0, 1), clipped.images)
    assert FGSM().stays_in_box
    assert not FGSM(clip=False).stays_in_box
    assert [each.sets_distortion for each in (FGSM(), FGSM(clip=False))] == [False, True]
    assert not FGSM(clip=False, smallest={"among": 5}).sets_distortion
    np.testing.assert_array_equal(free.found, sigmoid_net.exact_logits(free.images).argmax(1) != clean.labels)


def of_two_classes(ramp, grey):
    """The ramp with two likely classes, and the images labelled as it sees them."""
    kernel = ramp.weights["layer-1/kernel"].copy()
    kernel[:, 2:] = 0
    bias = np.where(np.arange(10) < 2, 0, -50).astype(np.float32)
    two = type(ramp)(ramp.architecture, {"layer-1/kernel": kernel, "layer-1/bias": bias})
    return two, type(grey)(grey.images, two.exact_logits(grey.images).argmax(1), grey.index)


def test_on_a_linear_model_of_two_classes_the_smallest_epsilon_is_the_distance_in_the_maximum_norm(ramp, grey):
    two, grey = of_two_classes(ramp, grey)
    made = made_for(two, grey, epsilon=0.3, clip=False, smallest={"among": 3000})
    kernel, _ = two.linear
    logits = two.exact_logits(grey.images)
    distance = np.abs(logits[:, 0] - logits[:, 1]) / np.abs(kernel[:, 0] - kernel[:, 1]).sum()
    assert distance.max() < 0.3
    assert made.found.all()
    used = np.abs(made.images - grey.images).max(axis=(1, 2, 3))
    assert (used > distance - 1e-7).all()
    assert (used < distance + 0.3 / 3000 + 1e-6).all()


def test_the_smallest_epsilon_for_an_error_is_the_first_of_the_grid_with_more_errors(sigmoid_net, clean):
    made = made_for(sigmoid_net, clean, epsilon=0.3, smallest={"among": 30, "error_above": 0.6})
    shares = [made_for(sigmoid_net, clean, epsilon=0.01 * k).found.mean() for k in range(1, 31)]
    k = next(k for k, share in enumerate(shares, 1) if share > 0.6)
    assert 1 < k < 30
    np.testing.assert_allclose(made.images, made_for(sigmoid_net, clean, epsilon=0.01 * k).images, atol=1e-6)
    assert made.found.mean() == shares[k - 1]


def test_one_epsilon_is_searched_on_all_images_at_once_also_where_the_nearest_target_is_kept(
    sigmoid_net, clean, monkeypatch
):
    monkeypatch.setattr("harness.kinds.targeting.IMAGES_AT_ONCE", 16)
    some = clean.take(np.arange(40))
    made = made_for(sigmoid_net, some, epsilon=0.4, target="nearest", smallest={"among": 40, "error_above": 0.2})
    used = np.abs(made.images - some.images).max(axis=(1, 2, 3))
    assert 0.02 < used.max() < 0.4
    np.testing.assert_allclose(used, used.max(), rtol=1e-4)


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


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("epsilon", [0.05, 0.1, 0.2])
def test_it_succeeds_as_often_as_foolboxs(sigmoid_net, clean, epsilon, clip):
    made = made_for(sigmoid_net, clean, epsilon=epsilon, clip=clip)
    bounds = (0, 1) if clip else NO_BOUNDS
    _, found = foolbox(
        "LinfFastGradientAttack", sigmoid_net, clean.images, clean.labels, epsilon=epsilon, bounds=bounds
    )
    assert abs(made.found.mean() - found.mean()) <= 0.01


@pytest.mark.parametrize("epsilon", [0.1, 0.2])
def test_with_a_target_it_succeeds_as_often_as_one_step_of_foolboxs(sigmoid_net, clean, epsilon):
    made = made_for(sigmoid_net, clean, epsilon=epsilon, target="random")
    settings = {"epsilon": epsilon, "rel_stepsize": 1.0, "steps": 1, "random_start": False}
    _, found = foolbox("LinfPGD", sigmoid_net, clean.images, made.targets, reach=True, **settings)
    assert 0 < found.mean() < 1
    assert abs(made.found.mean() - found.mean()) <= 0.01

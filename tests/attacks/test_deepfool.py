import numpy as np
import pytest
from peers import NO_BOUNDS, foolbox

from harness.attacks.deepfool import DeepFool
from harness.streams import Streams


def made_for(victim, clean, **fields):
    return DeepFool(**fields)(victim, clean, Streams(0, 1))


def distances(victim, clean, order=2):
    """Each image's distance to the boundary of its class with each other class, box aside; by the order of the dual norm."""
    kernel, _ = victim.linear
    logits, rows = victim.exact_logits(clean.images), np.arange(len(clean))
    ahead = logits[rows, clean.labels][:, None] - logits
    steepness = np.linalg.norm(kernel[:, clean.labels].T[:, :, None] - kernel[None], ord=order, axis=1)
    ahead[rows, clean.labels], steepness[rows, clean.labels] = np.inf, 1.0
    return ahead / steepness


def test_on_a_linear_model_one_step_reaches_the_nearest_boundary_and_the_overshoot_beyond(ramp, grey):
    made = made_for(ramp, grey, overshoot=0.02)
    nearest = distances(ramp, grey).min(1)
    assert made.found.all()
    np.testing.assert_allclose(made.distortion * 8, 1.02 * (nearest + 1e-4), rtol=1e-4)


def test_on_a_linear_model_one_step_in_the_maximum_norm_moves_every_pixel_by_the_distance_in_it(ramp, grey):
    made = made_for(ramp, grey, overshoot=0.02, norm="linf")
    nearest = distances(ramp, grey, order=1).min(1)
    assert made.found.all()
    moved = np.abs(made.images - grey.images).reshape(32, 64)
    np.testing.assert_allclose(moved, np.broadcast_to(1.02 * (nearest + 1e-4)[:, None], moved.shape), rtol=1e-3)


def test_no_example_is_nearer_in_the_maximum_norm_than_the_nearest_boundary_of_a_linear_model(linear_net, clean):
    made, euclidean = (made_for(linear_net, clean, norm=norm) for norm in ("linf", "l2"))
    assert made.found.all()
    largest, other = (np.abs(each.images - clean.images).max(axis=(1, 2, 3)) for each in (made, euclidean))
    assert (largest >= distances(linear_net, clean, order=1).min(1) * (1 - 1e-6)).all()
    assert largest.mean() < other.mean()


def test_with_two_candidates_only_the_likeliest_other_class_is_looked_at(ramp, grey):
    logits = ramp.exact_logits(grey.images)
    runner_up = np.argsort(logits, axis=1)[:, -2]
    made = made_for(ramp, grey, candidates=2)
    expected = distances(ramp, grey)[np.arange(32), runner_up]
    assert (expected > distances(ramp, grey).min(1) * 1.001).any()
    # A third class may be met on the way; the way itself is the runner-up's.
    np.testing.assert_allclose(made.distortion * 8, 1.02 * (expected + 1e-4), rtol=1e-4)


def test_an_example_is_never_nearer_than_the_nearest_boundary(linear_net, clean):
    made = made_for(linear_net, clean)
    assert made.found.all()
    assert (made.distortion * 8 >= distances(linear_net, clean).min(1) * (1 - 1e-6)).all()


def test_every_example_is_wrong_in_float64_and_in_the_box(sigmoid_net, clean):
    made = made_for(sigmoid_net, clean)
    assert made.found.mean() > 0.99
    np.testing.assert_array_equal(made.found, sigmoid_net.exact_logits(made.images).argmax(1) != clean.labels)
    assert made.images.min() >= 0
    assert made.images.max() <= 1


@pytest.mark.parametrize(("norm", "dual"), [("l2", 2), ("linf", 1)])
def test_unclipped_one_step_reaches_the_nearest_boundary_of_a_linear_model_wherever_pixels_end(
    linear_net, clean, norm, dual
):
    right = clean.take(np.flatnonzero(linear_net.exact_logits(clean.images).argmax(1) == clean.labels))
    made = made_for(linear_net, right, norm=norm, clip=False, steps=1)
    assert made.found.all()
    assert made.images.min() < -0.01
    assert made.images.max() > 1.01
    moved = (made.images - right.images).reshape(len(right), -1)
    expected = 1.02 * (distances(linear_net, right, order=dual).min(1) + 1e-4)
    np.testing.assert_allclose(np.linalg.norm(moved, 2 if norm == "l2" else np.inf, axis=1), expected, rtol=1e-4)


def test_unclipped_it_takes_fewer_linearisations_and_goes_no_farther_in_the_maximum_norm(sigmoid_net, clean):
    three, free, boxed = (
        made_for(sigmoid_net, clean, norm="linf", **fields)
        for fields in ({"clip": False, "steps": 3}, {"clip": False}, {})
    )
    assert three.found.mean() > 0.95
    assert made_for(sigmoid_net, clean, norm="linf", steps=3).found.mean() < three.found.mean()
    farthest, other = (np.abs(each.images - clean.images).max(axis=(1, 2, 3)) for each in (free, boxed))
    assert farthest.mean() < other.mean()
    assert DeepFool().stays_in_box
    assert not DeepFool(clip=False).stays_in_box


def test_a_misclassified_image_is_its_own_example(linear_net, clean):
    wrong = (clean.labels + 1) % 10
    made = made_for(linear_net, type(clean)(clean.images, wrong, clean.index))
    own = linear_net.exact_logits(clean.images).argmax(1) != wrong
    assert own.mean() > 0.9
    assert made.found.all()
    np.testing.assert_array_equal(made.images[own], clean.images[own])


def test_without_a_gradient_the_image_stays_and_is_not_found(blank, broken, clean):
    for victim in (blank, broken):
        made = made_for(victim, clean)
        np.testing.assert_array_equal(made.images, clean.images)
        assert not made.found.any()


def test_an_image_gets_the_same_example_whatever_stands_beside_it(sigmoid_net, clean, in_small_batches):
    some = clean.take(np.arange(14))
    together = made_for(sigmoid_net, some)
    in_small_batches()
    np.testing.assert_allclose(made_for(sigmoid_net, some).distortion, together.distortion, rtol=1e-3)


def test_it_draws_nothing():
    assert not DeepFool().random


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("candidates", [3, 10])
def test_it_is_as_tight_as_foolboxs(sigmoid_net, clean, candidates, clip):
    right = clean.take(np.flatnonzero(sigmoid_net.exact_logits(clean.images).argmax(1) == clean.labels))
    made = made_for(sigmoid_net, right, candidates=candidates, steps=50, clip=clip)
    settings = {"steps": 50, "candidates": candidates, "overshoot": 0.02, "bounds": (0, 1) if clip else NO_BOUNDS}
    images, found = foolbox("L2DeepFoolAttack", sigmoid_net, right.images, right.labels, **settings)
    theirs = np.sqrt(np.mean((images - right.images) ** 2, axis=(1, 2, 3)))
    assert made.found.mean() >= found.mean()
    assert made.distortion[made.found].mean() == pytest.approx(theirs[found].mean(), rel=0.01)


@pytest.mark.parametrize("clip", [True, False])
def test_in_the_maximum_norm_it_is_as_tight_as_foolboxs(sigmoid_net, clean, clip):
    right = clean.take(np.flatnonzero(sigmoid_net.exact_logits(clean.images).argmax(1) == clean.labels))
    made = made_for(sigmoid_net, right, norm="linf", steps=50, clip=clip)
    settings = {"steps": 50, "candidates": 10, "overshoot": 0.02, "bounds": (0, 1) if clip else NO_BOUNDS}
    images, found = foolbox("LinfDeepFoolAttack", sigmoid_net, right.images, right.labels, **settings)
    ours, theirs = (np.abs(each - right.images).max(axis=(1, 2, 3)) for each in (made.images, images))
    assert made.found.mean() >= found.mean()
    assert ours[made.found].mean() == pytest.approx(theirs[found].mean(), rel=0.01)

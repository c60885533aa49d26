import numpy as np
import pytest
from peers import foolbox
from pydantic import ValidationError

from harness.attacks.fgsm import FGSM
from harness.attacks.pgd import PGD
from harness.streams import Streams


def made_for(victim, clean, run=1, **fields):
    return PGD(**fields)(victim, clean, Streams(0, run))


def lengths(norm, made, clean):
    moved = (made.images.astype(float) - clean.images).reshape(len(clean), -1)
    return np.abs(moved).max(1) if norm == "linf" else np.linalg.norm(moved, axis=1)


@pytest.mark.parametrize(("norm", "epsilon"), [("linf", 0.1), ("l2", 0.7)])
def test_examples_stay_in_the_ball_and_in_the_box(sigmoid_net, clean, norm, epsilon):
    made = made_for(sigmoid_net, clean, norm=norm, epsilon=epsilon, step_size=0.2, step_size_is="relative", steps=10)
    assert lengths(norm, made, clean).max() <= epsilon * (1 + 1e-5)
    assert made.images.min() >= 0
    assert made.images.max() <= 1


def test_one_step_of_length_epsilon_from_the_image_itself_is_the_fast_gradient_sign_method(sigmoid_net, clean):
    made = made_for(
        sigmoid_net, clean, epsilon=0.1, step_size=1.0, step_size_is="relative", steps=1, random_start=False
    )
    expected = FGSM(epsilon=0.1)(sigmoid_net, clean, Streams(0, 1))
    np.testing.assert_array_equal(made.images, expected.images)
    np.testing.assert_array_equal(made.found, expected.found)


def test_on_a_linear_model_of_two_classes_it_ends_where_the_ball_is_farthest_up(ramp, grey):
    kernel = ramp.weights["layer-1/kernel"].copy()
    kernel[:, 2:] = 0
    bias = np.where(np.arange(10) < 2, 0, -50)
    two = type(ramp)(ramp.architecture, {"layer-1/kernel": kernel, "layer-1/bias": bias.astype(np.float32)})
    labels = two.exact_logits(grey.images).argmax(1)
    grey = type(grey)(grey.images, labels, grey.index)
    up = np.where(labels == 0, 1, -1)[:, None] * (kernel[:, 1] - kernel[:, 0])
    for norm, epsilon, best in (
        ("l2", 0.3, 0.3 * up / np.linalg.norm(up, axis=1, keepdims=True)),
        ("linf", 0.1, 0.1 * np.sign(up)),
    ):
        made = made_for(two, grey, norm=norm, epsilon=epsilon, step_size=0.25, step_size_is="relative", steps=60)
        np.testing.assert_allclose((made.images - grey.images).reshape(32, 64), best, atol=2e-4)


def test_more_starts_only_ever_find_more(sigmoid_net, clean):
    settings = {"epsilon": 0.12, "step_size": 0.02, "steps": 5}
    one, four = (made_for(sigmoid_net, clean, restarts=restarts, **settings) for restarts in (1, 4))
    assert 0 < one.found.sum() < len(clean)
    assert (four.found >= one.found).all()
    np.testing.assert_array_equal(four.images[one.found], one.images[one.found])
    np.testing.assert_array_equal(four.found, sigmoid_net.exact_logits(four.images).argmax(1) != clean.labels)
    assert (four.images[~four.found] != one.images[~four.found]).any()


def test_an_image_gets_the_same_start_whatever_stands_beside_it(sigmoid_net, clean):
    few = made_for(sigmoid_net, clean.take(np.array([9, 2])), steps=3, epsilon=0.1)
    np.testing.assert_allclose(few.images, made_for(sigmoid_net, clean, steps=3, epsilon=0.1).images[[9, 2]], atol=1e-6)


def test_other_runs_start_elsewhere_and_without_random_starts_all_runs_are_the_same(sigmoid_net, clean):
    assert PGD().random
    assert not PGD(random_start=False).random
    first, second = (made_for(sigmoid_net, clean, run=run, epsilon=0.1, steps=2).images for run in (1, 2))
    assert (first != second).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_starts_are_spread_evenly_over_the_ball(norm):
    drawn = np.stack([PGD(norm=norm)._inside(np.random.default_rng(k), (2, 2, 1)) for k in range(4000)])
    flat = drawn.reshape(4000, 4)
    size = np.abs(flat).max(1) if norm == "linf" else np.linalg.norm(flat, axis=1)
    # In four dimensions the fourth power of the distance is uniform, and no side is preferred.
    assert size.max() <= 1
    np.testing.assert_allclose(np.quantile(size**4, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.04)
    np.testing.assert_allclose(flat.mean(0), 0, atol=0.04)


def test_several_starts_from_the_image_itself_are_refused():
    with pytest.raises(ValidationError, match="repeat the same start"):
        PGD(restarts=2, random_start=False)


def test_a_broken_network_yields_the_images_and_nothing_found(broken, clean):
    made = made_for(broken, clean, random_start=False)
    assert not made.found.any()
    np.testing.assert_array_equal(made.images, clean.images)


@pytest.mark.parametrize(("norm", "epsilon", "peer"), [("linf", 0.08, "LinfPGD"), ("l2", 0.5, "L2PGD")])
def test_it_succeeds_as_often_as_foolboxs(sigmoid_net, clean, norm, epsilon, peer):
    made = made_for(
        sigmoid_net,
        clean,
        norm=norm,
        epsilon=epsilon,
        step_size=0.1,
        step_size_is="relative",
        steps=20,
        random_start=False,
    )
    _, found = foolbox(
        peer, sigmoid_net, clean.images, clean.labels, epsilon=epsilon, rel_stepsize=0.1, steps=20, random_start=False
    )
    assert 0.1 < found.mean() < 0.9
    assert abs(made.found.mean() - found.mean()) <= 0.01

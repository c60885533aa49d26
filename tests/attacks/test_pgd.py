import numpy as np
import pytest
from oracles import slope
from peers import foolbox
from pydantic import ValidationError
from scipy.special import logsumexp

from harness.attacks.fgsm import FGSM
from harness.attacks.pgd import PGD
from harness.kinds.confirmation import exact_margin
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


def stepped(net, clean, norm, loss, momentum, epsilon, step, steps):
    """Steps of projected descent on the criterion's loss in float64, by finite differences of the logits."""
    origin, (classes, reach) = clean.images.reshape(len(clean), -1).astype(float), clean.criterion

    def value(flat):
        logits, rows = net.exact_logits(flat.reshape(-1, 8, 8, 1)), np.arange(len(flat))
        each = np.repeat(classes, len(flat) // len(classes))
        own, others = logits[rows, each], logits.copy()
        others[rows, each] = -np.inf
        high = others.max(1) if loss == "margin" else logsumexp(logits, axis=1)
        return (1 if reach else -1) * (high - own)

    x, gathered = origin, 0
    for _ in range(steps):
        gradient = slope(value, x)
        gathered = momentum * gathered + gradient / np.maximum(np.abs(gradient).sum(1, keepdims=True), 1e-30)
        if norm == "linf":
            x = origin + np.clip(x - step * np.sign(gathered) - origin, -epsilon, epsilon)
        else:
            size = np.linalg.norm(gathered, axis=1, keepdims=True)
            moved = x - step * np.where(size > 0, gathered / np.maximum(size, 1e-30), 0) - origin
            x = origin + moved * np.minimum(1, epsilon / np.linalg.norm(moved, axis=1, keepdims=True))
        x = np.clip(x, 0, 1)
    return x.reshape(clean.images.shape)


@pytest.mark.parametrize("targets", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("loss", ["cross-entropy", "margin"])
def test_its_steps_are_those_of_finite_differences_in_float64(sigmoid_net, clean, loss, momentum, targets):
    some = clean.take(np.arange(12))
    some = type(some)(some.images, some.labels, some.index, (some.labels + 3) % 10 if targets else None)
    fields = {"loss": loss, "momentum": momentum, "steps": 6, "random_start": False}
    for norm, epsilon, step in (("l2", 0.6, 0.15), ("linf", 0.1, 0.02)):
        recipe = PGD(norm=norm, epsilon=epsilon, step_size=step, **fields)
        made = recipe.run(sigmoid_net, some, Streams(0, 1), lambda *_: None).images
        expected = stepped(sigmoid_net, some, norm, loss, momentum, epsilon, step, 6)
        # A pixel that hardly matters may take its step in the maximum norm to either side.
        assert np.isclose(made, expected, atol=2e-4).mean() > 0.995


def test_with_a_confidence_an_image_stays_once_its_margin_is_that_large_and_without_one_it_goes_on(sigmoid_net, clean):
    fields = {"norm": "l2", "epsilon": 1.5, "step_size": 0.05, "loss": "margin", "random_start": False}

    def after(steps, confidence):
        made = made_for(sigmoid_net, clean, steps=steps, confidence=confidence, **fields).images
        return made, exact_margin(sigmoid_net, made, clean.labels, reach=False)

    for confidence in (0.0, 1.0):
        (sooner, margin), (later, _) = after(25, confidence), after(30, confidence)
        there = margin > confidence + 1e-4
        assert there.mean() > 0.8
        np.testing.assert_array_equal(later[there], sooner[there])
        assert (after(30, None)[0][there] != sooner[there]).any(axis=(1, 2, 3)).all()


def test_with_a_target_the_steps_lead_to_it(sigmoid_net, clean):
    made = made_for(sigmoid_net, clean, epsilon=0.4, steps=40, target="random", random_start=False)
    assert made.found.mean() > 0.9
    np.testing.assert_array_equal(made.found, sigmoid_net.exact_logits(made.images).argmax(1) == made.targets)
    assert PGD(target="random", random_start=False).random
    assert not PGD(target="nearest", random_start=False).random


def test_the_hardest_target_is_found_only_where_every_wrong_class_is(sigmoid_net, clean):
    fields = {"epsilon": 0.2, "steps": 20, "random_start": False}
    every, hardest = (made_for(sigmoid_net, clean, target=target, **fields) for target in ("all", "hardest"))
    found = every.found.reshape(-1, 9).all(axis=1)
    assert 0 < found.sum() < len(clean)
    np.testing.assert_array_equal(hardest.found, found)
    farthest = every.distortion.reshape(-1, 9).max(axis=1)
    np.testing.assert_allclose(hardest.distortion[found], farthest[found], rtol=1e-6)


def test_the_smallest_epsilon_of_each_image_is_one_it_succeeds_with_and_the_next_smaller_one_is_not(sigmoid_net, clean):
    fields = {"norm": "l2", "step_size": 0.2, "step_size_is": "relative", "steps": 10, "random_start": False}
    made = made_for(sigmoid_net, clean, epsilon=2.0, smallest={"among": 20}, **fields)
    assert made.found.all()
    tried = np.stack([made_for(sigmoid_net, clean, epsilon=0.1 * k, **fields).found for k in range(1, 21)])
    right = sigmoid_net.exact_logits(clean.images).argmax(1) == clean.labels
    first = np.where(right, tried.argmax(axis=0) + 1, 0)
    used = lengths("l2", made, clean)
    assert (used <= 0.1 * first + 1e-5).all()
    assert np.median(used[right] / first[right]) > 0.099


def test_a_confidence_without_the_margin_as_loss_is_refused():
    with pytest.raises(ValidationError, match="set loss to margin"):
        PGD(confidence=1.0)


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


@pytest.mark.parametrize("epsilon", [0.08, 0.12])
def test_with_momentum_it_succeeds_as_often_as_foolboxs_mi_fgsm(sigmoid_net, clean, epsilon):
    # Foolbox gathers gradients as they are, and not each divided by its L1 norm as Dong et al. 2018 do.
    fields = {"step_size": 0.1, "step_size_is": "relative", "steps": 20, "random_start": False}
    made = made_for(sigmoid_net, clean, epsilon=epsilon, momentum=1.0, **fields)
    _, found = foolbox(
        "MIFGSM", sigmoid_net, clean.images, clean.labels, epsilon=epsilon, momentum=1.0, rel_stepsize=0.1, steps=20
    )
    assert 0.1 < found.mean() < 0.9
    assert abs(made.found.mean() - found.mean()) <= 0.01


@pytest.mark.parametrize(("norm", "epsilon", "peer"), [("linf", 0.15, "LinfPGD"), ("l2", 0.9, "L2PGD")])
def test_with_targets_it_succeeds_as_often_as_foolboxs(sigmoid_net, clean, norm, epsilon, peer):
    fields = {"step_size": 0.1, "step_size_is": "relative", "steps": 20, "random_start": False}
    made = made_for(sigmoid_net, clean, norm=norm, epsilon=epsilon, target="random", **fields)
    _, found = foolbox(
        peer,
        sigmoid_net,
        clean.images,
        made.targets,
        reach=True,
        epsilon=epsilon,
        rel_stepsize=0.1,
        steps=20,
        random_start=False,
    )
    assert 0.1 < found.mean() < 0.9
    assert abs(made.found.mean() - found.mean()) <= 0.01

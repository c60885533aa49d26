import numpy as np
import pytest
from oracles import attacked
from pydantic import ValidationError
from scipy.optimize import linprog

from harness.attacks.exact import ExactLinear
from harness.attacks.pdgd import PDGD
from harness.attacks.polish import Polish
from harness.engine import batching
from harness.examples import rms
from harness.kinds.confirmation import exact_margin
from harness.kinds.distances import lengths
from harness.streams import Streams


def made_for(victim, clean, **fields):
    return PDGD(**fields)(victim, clean, Streams(0, 1))


@pytest.fixture(scope="module")
def made(sigmoid_net, clean):
    return made_for(sigmoid_net, clean)


def test_on_a_linear_model_it_comes_within_a_hundredth_of_the_exact_minimum_and_never_below(linear_net, clean):
    limit = ExactLinear(confidence=1e-4)(linear_net, clean, Streams(0, 1))
    made = made_for(linear_net, clean)
    moved = limit.distortion > 0
    assert made.found.all()
    assert (made.distortion >= limit.distortion * (1 - 1e-5)).all()
    assert made.distortion[moved].mean() <= 1.01 * limit.distortion[moved].mean()


def test_every_example_has_its_target_in_float64_and_stays_in_the_box(sigmoid_net, made):
    moved = made.distortion > 0
    assert made.found.all()
    assert moved.sum() > 100
    assert (exact_margin(sigmoid_net, made.images, made.targets, reach=True)[moved] > 0).all()
    assert made.images.min() >= 0
    assert made.images.max() <= 1


def test_to_leave_a_class_takes_what_the_nearest_target_takes(linear_net, clean):
    right = clean.take(np.flatnonzero(linear_net.exact_logits(clean.images).argmax(1) == clean.labels)[:40])
    made, limit = made_for(linear_net, right, target="none"), ExactLinear(target="nearest")
    assert made.targets is None
    np.testing.assert_array_equal(made.found, linear_net.exact_logits(made.images).argmax(1) != right.labels)
    assert made.found.all()
    nearest = limit(linear_net, right, Streams(0, 1)).distortion
    assert (made.distortion >= nearest * (1 - 1e-3)).all()
    assert np.median(made.distortion / nearest) <= 1.02


def test_more_steps_end_nearer_in_the_mean(sigmoid_net, clean, made):
    hasty = made_for(sigmoid_net, clean, steps=25)
    assert made.distortion.mean() < hasty.distortion.mean()


def scaled(victim, images, by):
    """Return the network whose first layer undoes a rescaling about grey, and the images rescaled."""
    kernel, bias = victim.weights["layer-1/kernel"], victim.weights["layer-1/bias"]
    moved = {"layer-1/kernel": kernel / by, "layer-1/bias": bias + (0.5 - 0.5 / by) * kernel.sum(0)}
    arrays = {name: array.astype(np.float32) for name, array in moved.items()}
    return type(victim)(victim.architecture, dict(victim.weights) | arrays), 0.5 + by * (images - 0.5)


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_distances_follow_the_scale_of_the_inputs(ramp, grey, norm):
    targets, far = (grey.labels + 3) % 10, []
    for by in (0.1, 0.005):
        victim, images = scaled(ramp, grey.images, by)
        made, found = attacked(PDGD(norm=norm), victim, images.astype(np.float32), targets)
        assert found.all()
        far.append(PDGD(norm=norm).length(made.astype(np.float64) - images) / by)
    # Rounding differs with the scale, so that an image may end in another of its local minima.
    np.testing.assert_allclose(far[1].mean(), far[0].mean(), rtol=2e-3)
    np.testing.assert_allclose(far[1], far[0], rtol=3e-2)
    assert (0.5 + 0.1 * (grey.images - 0.5) + 0.1 * far[0].max() < 1).all()


def least_change(victim, image, target):
    """Return the exact minimum in the maximum norm of a linear network: a linear programme of the change and its largest entry."""
    (matrix, bias), pixels = victim.linear, image.size
    flat = image.reshape(-1).astype(np.float64)
    slope = np.delete(matrix[:, [target]] - matrix, target, axis=1).T
    margin = slope @ flat + np.delete(bias[target] - bias, target)
    ones, unit = np.ones((pixels, 1)), np.eye(pixels)
    rows = np.block([[-slope, np.zeros((len(slope), 1))], [unit, -ones], [-unit, -ones]])
    bounds = [*zip(-flat, 1 - flat, strict=True), (0, None)]
    return linprog(np.eye(pixels + 1)[-1], rows, np.concatenate([margin, np.zeros(2 * pixels)]), bounds=bounds).fun


def test_in_the_maximum_norm_it_comes_near_the_exact_minimum_and_averaging_no_farther(ramp, grey):
    targets = (grey.labels + 3) % 10
    least = np.array([least_change(ramp, image, t) for image, t in zip(grey.images, targets, strict=True)])
    made, found = attacked(PDGD(norm="linf"), ramp, grey.images, targets)
    moved = lengths("linf", made.astype(np.float64) - grey.images)
    assert found.all()
    assert (moved >= least * (1 - 1e-5)).all()
    assert moved.mean() <= 1.02 * least.mean()
    polish = Polish(of="pdgd", method="averaged", norm="linf", steps=60)
    better, found = attacked(polish, ramp, grey.images, targets, of=PDGD(norm="linf"))
    assert found.all()
    assert (lengths("linf", better.astype(np.float64) - grey.images) <= moved).all()


def test_a_further_descent_never_ends_farther_and_often_nearer(sigmoid_net, clean):
    one, three = (made_for(sigmoid_net, clean, steps=40, descents=count) for count in (1, 3))
    assert three.found[one.found].all()
    assert (three.distortion <= one.distortion)[one.found].all()
    assert (three.distortion < one.distortion).mean() > 0.5


def gradients_of(attack, victim, clean, monkeypatch):
    """Return the examples of an attack and how many gradients it computed."""
    taken, run = [], batching.attack_in_batches

    def counted(build, victim, clean, settings, *rest, **more):
        taken.append(len(clean) * settings["steps"])
        return run(build, victim, clean, settings, *rest, **more)

    monkeypatch.setattr(batching, "attack_in_batches", counted)
    return attack(victim, clean, Streams(0, 1)), sum(taken)


def test_an_image_is_left_alone_once_enough_of_its_descents_end_as_near_as_the_nearest(sigmoid_net, clean, monkeypatch):
    fields = {"steps": 40, "descents": 6}
    whole, most = gradients_of(PDGD(**fields, agreeing=6), sigmoid_net, clean, monkeypatch)
    made, fewer = gradients_of(PDGD(**fields, agreeing=3, agreement=0.1), sigmoid_net, clean, monkeypatch)
    hasty, least = gradients_of(PDGD(**fields, agreeing=1, agreement=1.0), sigmoid_net, clean, monkeypatch)
    assert least < 0.4 * most < fewer < most
    assert whole.distortion.mean() <= made.distortion.mean() <= hasty.distortion.mean()
    assert made.distortion.mean() <= 1.05 * whole.distortion.mean()


@pytest.mark.parametrize(("target", "most"), [("nearest", np.min), ("hardest", np.max)])
def test_of_every_class_only_those_in_question_are_attacked_to_the_end(sigmoid_net, clean, monkeypatch, target, most):
    some, fields = clean.take(np.arange(24)), {"steps": 60, "agreeing": 9}
    every, all_taken = gradients_of(PDGD(target="all", **fields), sigmoid_net, some, monkeypatch)
    made, taken = gradients_of(PDGD(target=target, **fields), sigmoid_net, some, monkeypatch)
    assert taken < 0.6 * all_taken
    np.testing.assert_allclose(made.distortion, most(every.distortion.reshape(24, 9), axis=1), rtol=2e-2)


def test_to_leave_a_class_is_to_reach_the_nearest_other(sigmoid_net, clean):
    some, fields = clean.take(np.arange(12)), {"steps": 40, "descents": 3}
    left, reached = (PDGD(target=target, **fields)(sigmoid_net, some, Streams(0, 1)) for target in ("none", "nearest"))
    assert left.targets is None
    np.testing.assert_array_equal(left.images, reached.images)


def test_the_noise_depends_on_seed_run_and_image_alone(sigmoid_net, clean):
    attack = PDGD(steps=20, descents=2)
    some, same = attack(sigmoid_net, clean, Streams(3, 1)), attack(sigmoid_net, clean, Streams(3, 1))
    np.testing.assert_array_equal(some.images, same.images)
    other = attack(sigmoid_net, clean, Streams(3, 2))
    assert (some.images != other.images).any()
    assert attack.random
    assert not PDGD(target="none", descents=1).random


def test_without_noise_a_further_descent_starts_at_the_nearest_example(sigmoid_net, clean):
    attack = PDGD(noise=0.0)
    made = clean.crafted(0.9 * clean.images + np.float32(0.05), np.ones(len(clean), bool))
    np.testing.assert_array_equal(attack._starts(clean, made, Streams(0, 1), 1), made.images)
    moved = rms(PDGD(noise=0.5)._starts(clean, made, Streams(0, 1), 1).astype(np.float64) - made.images)
    # No pixel is near an edge of the box, so that none of the noise is cut.
    ratio = moved / rms(made.images.astype(np.float64) - clean.images)
    assert abs(ratio.mean() - 0.5) < 0.02
    assert ratio.std() < 0.1


def test_an_image_that_is_there_already_is_its_own_example(linear_net, clean):
    classes = linear_net.exact_logits(clean.images).argmax(1)
    for wanted, reach in ((classes, True), ((classes + 1) % 10, False)):
        images, found = attacked(PDGD(), linear_net, clean.images, wanted, reach=reach)
        assert found.all()
        np.testing.assert_array_equal(images, clean.images)


def test_a_target_out_of_reach_leaves_the_image_and_is_not_found(blank, broken, clean):
    bias = np.where(np.arange(10) == 3, -1.0, 0.0).astype(np.float32)
    shut = type(blank)(blank.architecture, blank.weights | {"layer-1/bias": bias})
    for victim in (shut, broken):
        images, found = attacked(PDGD(), victim, clean.images, np.full(128, 3), reach=True)
        assert not found.any()
        np.testing.assert_array_equal(images, clean.images)


def test_an_image_gets_the_same_example_whatever_stands_beside_it(sigmoid_net, clean, made, in_small_batches):
    in_small_batches()
    apart = made_for(sigmoid_net, clean.take(np.arange(11)))
    assert apart.found.all()
    np.testing.assert_allclose(apart.distortion, made.distortion[:11], rtol=1e-2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"descents": 0},
        {"rate_kept": 0.0},
        {"last_rate": 1.5},
        {"learning_rate": 0.0},
        {"confidence": -1.0},
    ],
)
def test_fields_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        PDGD(**wrong)

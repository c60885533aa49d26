import numpy as np
import pytest
from oracles import attacked
from peers import foolbox
from pydantic import ValidationError

from harness.attacks.ddn import DDN
from harness.attacks.exact import ExactLinear
from harness.examples import rms
from harness.streams import Streams


def made_for(victim, clean, **fields):
    return DDN(**{} | fields)(victim, clean, Streams(0, 1))


def margin(victim, images, classes):
    logits, rows = victim.exact_logits(images), np.arange(len(classes))
    others = np.where(np.arange(10) == classes[:, None], -np.inf, logits).max(1)
    return logits[rows, classes] - others


def test_on_a_linear_model_it_comes_within_a_twentieth_of_the_exact_minimum_and_never_below(linear_net, clean):
    limit = ExactLinear(confidence=1e-3)(linear_net, clean, Streams(0, 1))
    made = made_for(linear_net, clean, steps=300)
    moved = limit.distortion > 0
    assert made.found.all()
    assert (made.distortion >= limit.distortion * (1 - 1e-5)).all()
    assert made.distortion[moved].mean() <= 1.05 * limit.distortion[moved].mean()


def test_every_example_has_its_target_by_the_margin_in_float64_and_stays_in_the_box(sigmoid_net, clean):
    made = made_for(sigmoid_net, clean, confidence=0.05)
    moved = made.distortion > 0
    assert made.found.all()
    assert moved.sum() > 100
    assert (margin(sigmoid_net, made.images, made.targets)[moved] > 0.049).all()
    assert made.images.min() >= 0
    assert made.images.max() <= 1


def test_to_leave_a_class_takes_what_the_nearest_target_takes(linear_net, clean):
    right = clean.take(np.flatnonzero(linear_net.exact_logits(clean.images).argmax(1) == clean.labels)[:40])
    made, limit = made_for(linear_net, right, target="none", steps=300), ExactLinear(target="nearest")
    assert made.targets is None
    np.testing.assert_array_equal(made.found, linear_net.exact_logits(made.images).argmax(1) != right.labels)
    assert made.found.all()
    nearest = limit(linear_net, right, Streams(0, 1)).distortion
    assert (made.distortion >= nearest * (1 - 1e-3)).all()
    assert np.median(made.distortion / nearest) <= 1.05


def test_an_image_that_is_there_already_is_its_own_example(linear_net, clean):
    classes = linear_net.exact_logits(clean.images).argmax(1)
    attack = DDN()
    for wanted, reach in ((classes, True), ((classes + 1) % 10, False)):
        images, found = attacked(attack, linear_net, clean.images, wanted, reach=reach)
        assert found.all()
        np.testing.assert_array_equal(images, clean.images)


def test_a_target_out_of_reach_leaves_the_image_and_is_not_found(blank, broken, clean):
    bias = np.where(np.arange(10) == 3, -1.0, 0.0).astype(np.float32)
    shut = type(blank)(blank.architecture, blank.weights | {"layer-1/bias": bias})
    attack = DDN()
    for victim in (shut, broken):
        images, found = attacked(attack, victim, clean.images, np.full(128, 3), reach=True)
        assert not found.any()
        np.testing.assert_array_equal(images, clean.images)


def test_an_image_gets_the_same_example_whatever_stands_beside_it(sigmoid_net, clean, in_small_batches):
    some = clean.take(np.arange(11))
    together = made_for(sigmoid_net, some)
    in_small_batches()
    apart = made_for(sigmoid_net, some)
    assert apart.found.all()
    np.testing.assert_allclose(apart.distortion, together.distortion, rtol=1e-2)
    assert apart.distortion.mean() == pytest.approx(together.distortion.mean(), rel=1e-3)


def test_only_random_targets_are_drawn():
    assert DDN().random
    assert not DDN(target="none").random
    assert not DDN(target="all").random


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"gamma": 1.0}, {"init_epsilon": 0.0}, {"confidence": -1.0}])
def test_fields_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        DDN(**wrong)


def test_a_network_too_sure_of_its_class_for_float32_is_left_all_the_same(linear_net, clean):
    right = clean.take(np.flatnonzero(linear_net.exact_logits(clean.images).argmax(1) == clean.labels))
    weights = {name: 300 * array for name, array in linear_net.weights.items()}
    sure = made_for(type(linear_net)(linear_net.architecture, weights), right, target="none")
    assert sure.found.all()
    unsure = made_for(linear_net, right, target="none")
    assert sure.distortion.mean() <= 1.01 * unsure.distortion.mean()


@pytest.mark.parametrize("reach", [True, False])
def test_it_is_as_tight_as_foolboxs(sigmoid_net, clean, reach):
    right = clean.take(np.flatnonzero(sigmoid_net.exact_logits(clean.images).argmax(1) == clean.labels))
    made = made_for(sigmoid_net, right, target="random" if reach else "none")
    classes = made.targets if reach else right.labels
    images, found = foolbox(
        "DDNAttack", sigmoid_net, right.images, classes, reach=reach, steps=100, init_epsilon=1.0, gamma=0.05
    )
    theirs = rms(images - right.images)
    assert made.found.mean() >= found.mean()
    assert made.distortion[made.found].mean() == pytest.approx(theirs[found].mean(), rel=0.01)

import numpy as np
import pytest
from oracles import attacked
from peers import foolbox
from pydantic import ValidationError

from harness.attacks.carlini_wagner import CarliniWagner
from harness.attacks.exact import ExactLinear
from harness.examples import rms
from harness.streams import Streams

QUICK = {"binary_search_steps": 7, "steps": 500, "initial_const": 0.01}


def made_for(victim, clean, **fields):
    return CarliniWagner(**QUICK | fields)(victim, clean, Streams(0, 1))


def margin(victim, images, classes):
    logits, rows = victim.exact_logits(images), np.arange(len(classes))
    others = np.where(np.arange(10) == classes[:, None], -np.inf, logits).max(1)
    return logits[rows, classes] - others


def test_on_a_linear_model_it_comes_within_one_hundredth_of_the_exact_minimum_and_never_below(linear_net, clean):
    limit = ExactLinear(confidence=1e-3)(linear_net, clean, Streams(0, 1))
    made = made_for(linear_net, clean, binary_search_steps=9, steps=1000)
    moved = limit.distortion > 0
    assert made.found.all()
    assert (made.distortion >= limit.distortion * (1 - 1e-5)).all()
    assert made.distortion[moved].mean() <= 1.01 * limit.distortion[moved].mean()


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
    made, limit = (
        made_for(linear_net, right, target="none", binary_search_steps=9, steps=1000),
        ExactLinear(target="nearest"),
    )
    assert made.targets is None
    np.testing.assert_array_equal(made.found, linear_net.exact_logits(made.images).argmax(1) != right.labels)
    assert made.found.all()
    nearest = limit(linear_net, right, Streams(0, 1)).distortion
    assert (made.distortion >= nearest * (1 - 1e-3)).all()
    assert np.median(made.distortion / nearest) <= 1.01


def test_an_image_that_is_there_already_is_its_own_example(linear_net, clean):
    classes = linear_net.exact_logits(clean.images).argmax(1)
    attack = CarliniWagner(**QUICK)
    for wanted, reach in ((classes, True), ((classes + 1) % 10, False)):
        images, found = attacked(attack, linear_net, clean.images, wanted, reach=reach)
        assert found.all()
        np.testing.assert_array_equal(images, clean.images)


def test_a_target_out_of_reach_leaves_the_image_and_is_not_found(blank, broken, clean):
    bias = np.where(np.arange(10) == 3, -1.0, 0.0).astype(np.float32)
    shut = type(blank)(blank.architecture, blank.weights | {"layer-1/bias": bias})
    attack = CarliniWagner(**QUICK)
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
    assert CarliniWagner().random
    assert not CarliniWagner(target="none").random
    assert not CarliniWagner(target="all").random


@pytest.mark.parametrize(
    "wrong", [{"binary_search_steps": 0}, {"step_size": 0.0}, {"initial_const": 0.0}, {"confidence": -1.0}]
)
def test_fields_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        CarliniWagner(**wrong)


def test_giving_up_early_on_a_value_of_c_costs_little_tightness(sigmoid_net, clean):
    patient, hasty = (made_for(sigmoid_net, clean, abort_early=early) for early in (False, True))
    assert (hasty.images != patient.images).any()
    assert (hasty.found & patient.found).mean() > 0.99
    both = hasty.found & patient.found
    assert hasty.distortion[both].mean() == pytest.approx(patient.distortion[both].mean(), rel=0.01)


@pytest.mark.parametrize("reach", [True, False])
def test_it_is_as_tight_as_foolboxs(sigmoid_net, clean, reach):
    right = clean.take(np.flatnonzero(sigmoid_net.exact_logits(clean.images).argmax(1) == clean.labels)[:32])
    made = made_for(
        sigmoid_net,
        right,
        target="random" if reach else "none",
        confidence=0.0,
        binary_search_steps=5,
        steps=100,
        initial_const=0.1,
    )
    classes = made.targets if reach else right.labels
    images, found = foolbox(
        "L2CarliniWagnerAttack",
        sigmoid_net,
        right.images,
        classes,
        reach=reach,
        steps=100,
        binary_search_steps=5,
        stepsize=0.01,
        confidence=0,
        initial_const=0.1,
        abort_early=False,
    )
    # Where it finds nothing Foolbox returns a black image, which may happen to succeed.
    found &= images.any(axis=(1, 2, 3))
    theirs = rms(images - right.images)
    assert made.found.mean() >= found.mean()
    assert made.distortion[made.found].mean() == pytest.approx(theirs[found].mean(), rel=0.01)

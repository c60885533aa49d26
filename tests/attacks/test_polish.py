from dataclasses import replace

import numpy as np
import pytest
from oracles import attacked

from harness.attacks.deepfool import DeepFool
from harness.attacks.exact import ExactLinear
from harness.attacks.lbfgs import LBFGSAttack
from harness.attacks.polish import Polish
from harness.engine.victim import Architecture, NetworkVictim
from harness.errors import ContractError
from harness.examples import rms, unwatched
from harness.kinds.confirmation import exact_margin
from harness.layers.dense import Dense
from harness.streams import Streams


@pytest.fixture(scope="module")
def targets(clean):
    return (clean.labels + 1 + np.random.default_rng(1).integers(0, 9, len(clean))) % 10


@pytest.fixture(scope="module")
def polished(sigmoid_net, clean, targets):
    return polish(sigmoid_net, clean.images, targets)


def polish(victim, images, targets, watch=unwatched, **fields):
    """Polish what ``lbfgs`` ends with."""
    return attacked(Polish(of="lbfgs", **fields), victim, images, targets, watch=watch, of=LBFGSAttack())


def distance(made, clean):
    return rms(made.astype(float) - clean.images)


@pytest.mark.parametrize("net", ["linear_net", "ramp"])
def test_on_a_linear_network_no_example_is_more_than_a_five_hundredth_beyond_the_exact_minimum(
    net, request, clean, targets
):
    victim = request.getfixturevalue(net)
    made, found = polish(victim, clean.images, targets)
    limit, _ = attacked(ExactLinear(), victim, clean.images, targets)
    assert found.all()
    moved = distance(limit, clean) > 0
    ratio = distance(made, clean)[moved] / distance(limit, clean)[moved]
    assert ratio.max() <= 1.002
    assert ratio.min() >= 1 - 1e-4


def test_no_example_is_farther_than_that_of_lbfgs_and_most_are_nearer(sigmoid_net, clean, targets, polished):
    plain, _ = attacked(LBFGSAttack(), sigmoid_net, clean.images, targets)
    assert (distance(polished[0], clean) <= distance(plain, clean)).all()
    assert np.mean(distance(polished[0], clean) < 0.9999 * distance(plain, clean)) > 0.5


def test_every_example_is_in_the_box_and_on_the_boundary_in_float64(sigmoid_net, clean, targets, polished):
    made, found = polished
    margin = exact_margin(sigmoid_net, made, targets, reach=True)
    moved = distance(made, clean) > 0
    assert found.all()
    assert made.min() >= 0
    assert made.max() <= 1
    assert (margin[moved] > 0).all()
    # Those that no step brought nearer keep the larger margin of the search.
    assert np.mean(margin[moved] < 5e-4) > 0.9


def test_no_way_along_the_boundary_is_left_that_leads_nearer(sigmoid_net, clean, targets, polished):
    made, _ = polished
    again, _ = polish(sigmoid_net, clean.images, targets, steps=200)
    assert distance(made, clean).mean() <= 1.0005 * distance(again, clean).mean()


def test_an_image_that_has_the_target_class_already_is_its_own_example(linear_net, clean):
    classes = linear_net.predict(clean.images[:8])
    made, found = polish(linear_net, clean.images[:8], classes)
    assert found.all()
    np.testing.assert_array_equal(made, clean.images[:8])


def test_a_target_that_cannot_be_reached_is_not_found_and_the_image_stays_in_the_box(blank, clean):
    weights = dict(blank.weights) | {"layer-1/bias": -5.0 * (np.arange(10) == 3).astype(np.float32)}
    made, found = polish(NetworkVictim(blank.architecture, weights), clean.images[:8], np.full(8, 3))
    assert not found.any()
    assert np.isfinite(made).all()
    assert made.min() >= 0
    assert made.max() <= 1


def test_a_network_of_nan_weights_yields_nothing_and_ends(broken, clean, targets):
    made, found = polish(broken, clean.images[:8], targets[:8])
    assert not found.any()
    np.testing.assert_array_equal(made, clean.images[:8])


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_constant_image_can_be_attacked(linear_net, level):
    constant = np.full((8, 8, 8, 1), level, np.float32)
    made, found = polish(linear_net, constant, np.arange(8))
    assert found.all()
    assert (linear_net.predict(made) == np.arange(8)).all()


def test_the_size_of_a_batch_changes_a_distortion_by_less_than_a_thousandth(
    sigmoid_net, clean, targets, polished, in_small_batches
):
    in_small_batches()
    made, found = polish(sigmoid_net, clean.images[:16], targets[:16])
    assert found.all()
    np.testing.assert_allclose(distance(made, clean.take(np.arange(16))), distance(polished[0], clean)[:16], rtol=1e-3)


def test_progress_never_goes_back_and_ends_at_all(linear_net, clean, targets):
    told = []
    polish(linear_net, clean.images[:32], targets[:32], watch=lambda share, _: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1


def test_examples_of_an_untargeted_attack_are_polished_towards_the_class_they_have(sigmoid_net, clean):
    correct = clean.take(np.flatnonzero(sigmoid_net.predict(clean.images) == clean.labels)[:64])
    made = DeepFool()(sigmoid_net, correct, Streams(0, 1))
    better = Polish(of="deepfool")(sigmoid_net, correct, Streams(0, 1), of=made)
    assert better.found.all()
    np.testing.assert_array_equal(sigmoid_net.predict(better.images), sigmoid_net.predict(made.images))
    assert (better.distortion <= made.distortion).all()
    assert better.distortion.mean() < 0.99 * made.distortion.mean()


def test_examples_outside_the_box_are_refused_with_the_repair(linear_net, clean):
    outside = replace(clean, images=clean.images - 0.5, found=np.ones(len(clean), bool))
    with pytest.raises(ContractError, match="clip: true"):
        Polish(of="noise")(linear_net, clean, Streams(0, 1), of=outside)


def test_examples_of_other_images_are_refused(linear_net, clean):
    other = replace(clean, index=clean.index + 5000, found=np.ones(len(clean), bool))
    with pytest.raises(ContractError, match="was run on other images"):
        Polish(of="lbfgs")(linear_net, clean, Streams(0, 1), of=other)


def test_what_patience_gives_up_is_little_and_never_farther_than_its_start(sigmoid_net, clean, targets, polished):
    hasty, found = polish(sigmoid_net, clean.images, targets, patience=3, rivals=5)
    plain, _ = attacked(LBFGSAttack(), sigmoid_net, clean.images, targets)
    assert found.all()
    assert (distance(hasty, clean) <= distance(plain, clean)).all()
    assert distance(hasty, clean).mean() <= 1.005 * distance(polished[0], clean).mean()
    assert distance(hasty, clean).mean() < 0.999 * distance(plain, clean).mean()


def test_quadratic_programmes_are_for_the_euclidean_norm():
    with pytest.raises(ValueError, match="method: averaged"):
        Polish(of="lbfgs", norm="linf")


@pytest.fixture(scope="module")
def kinked():
    """A network of two hidden layers of rectified units, drawn at random."""
    rng, layers = np.random.default_rng(3), (Dense(units=48, activation="relu"), Dense(units=24, activation="relu"))
    architecture = Architecture((8, 8, 1), (*layers, Dense(units=10)))
    drawn = {
        name: rng.normal(0, (2 / shape[0]) ** 0.5 if len(shape) > 1 else 0.1, shape).astype(np.float32)
        for name, shape in architecture.shapes.items()
    }
    return NetworkVictim(architecture, drawn)


@pytest.mark.parametrize("net", ["linear_net", "ramp"])
def test_averaged_linearisations_end_near_the_exact_minimum_of_a_linear_network_too(net, request, clean, targets):
    victim = request.getfixturevalue(net)
    made, found = polish(victim, clean.images, targets, method="averaged", steps=100)
    limit, _ = attacked(ExactLinear(confidence=5e-5), victim, clean.images, targets)
    assert found.all()
    moved = distance(limit, clean) > 0
    ratio = distance(made, clean)[moved] / distance(limit, clean)[moved]
    assert ratio.mean() <= 1.01
    assert ratio.min() >= 1 - 1e-4


def test_where_a_network_has_kinks_averaged_linearisations_end_nearer_in_the_mean(kinked, clean, targets):
    plain, _ = attacked(LBFGSAttack(), kinked, clean.images, targets)
    straight, _ = polish(kinked, clean.images, targets)
    averaged, found = polish(kinked, clean.images, targets, method="averaged", steps=100)
    assert found.all()
    assert (distance(averaged, clean) <= distance(plain, clean)).all()
    assert distance(averaged, clean).mean() < distance(straight, clean).mean()
    assert (exact_margin(kinked, averaged, targets, reach=True)[distance(averaged, clean) > 0] > 0).all()

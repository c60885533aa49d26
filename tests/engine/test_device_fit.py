"""Training on the device, here forced onto a CPU, ends where SciPy's L-BFGS-B ends, and is resumed from a checkpoint."""

import numpy as np
import pytest
from journals import Kept

from harness.engine import checkpoints, device_fit, fit, training_loss
from harness.engine.batch_size import BatchLimit
from harness.engine.device_fit import fit_on_device
from harness.engine.fit import StoppingRule
from harness.engine.initial import initial_weights
from harness.engine.victim import Architecture
from harness.examples import Examples, unwatched
from harness.layers.dense import Dense

RULE = StoppingRule(iterations=2000, gtol=1e-5, ftol=1e-12, settled_within=1e-3)
SHORT = StoppingRule(iterations=40, gtol=0.0, ftol=0.0, settled_within=1e-3, memory=5)
LINEAR = Architecture((3, 2, 1), (Dense(units=4, kernel_initializer="zeros"),))
DEEP = Architecture((3, 2, 1), (Dense(units=5, activation="sigmoid"), Dense(units=4)))
DECAYS = {"layer-1/kernel": 1e-3}


def cloud(n=200):
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(n, 3, 2, 1)).astype(np.float32)
    labels = (x.reshape(n, -1) @ rng.normal(size=(6, 4)) + rng.normal(size=(n, 4))).argmax(1)
    return Examples(x, labels, np.arange(n))


def weights(architecture, seed=5):
    return initial_weights(architecture, np.random.default_rng(seed))


def trained(architecture=DEEP, rule=SHORT, *, by=fit_on_device, journal=None, examples=None, watch=unwatched, seed=5):
    given = (examples or cloud(), DECAYS, rule, watch, journal)
    return by(architecture, weights(architecture, seed), *given)


def same(one, other):
    return one.facts == other.facts and all(np.array_equal(one.weights[k], other.weights[k]) for k in one.weights)


def test_a_convex_training_ends_at_scipys_minimum_for_scipys_reason():
    ours, theirs = trained(LINEAR, RULE), trained(LINEAR, RULE, by=fit.fit)
    assert ours.facts["loss"] == pytest.approx(theirs.facts["loss"], rel=1e-6)
    assert ours.facts["stopped_because"] == theirs.facts["stopped_because"]
    assert ours.facts["rule_met"]
    assert ours.settled
    assert ours.facts.keys() == theirs.facts.keys()


def test_the_first_steps_of_a_deep_network_are_scipys():
    few = StoppingRule(12, 0.0, 0.0, 1e-3, memory=4)
    ours, theirs = trained(rule=few), trained(rule=few, by=fit.fit)
    assert ours.facts["evaluations"] == theirs.facts["evaluations"]
    losses = [np.array(each.facts["loss_curve"])[:, 1] for each in (ours, theirs)]
    np.testing.assert_allclose(*losses, rtol=1e-4)


@pytest.mark.parametrize(
    "rule",
    [
        StoppingRule(7, 0.0, 0.0, 1e-3),
        StoppingRule(2000, 0.05, 0.0, 1e-3),
        StoppingRule(2000, 0.0, 1e-3, 1e-3),
        StoppingRule(2000, 10.0, 0.0, 1e-3),
    ],
    ids=["iterations", "gradient", "loss", "gradient at the start"],
)
def test_each_part_of_the_stopping_rule_ends_a_training_where_it_ends_scipys(rule):
    ours, theirs = trained(LINEAR, rule), trained(LINEAR, rule, by=fit.fit)
    for fact in ("iterations", "evaluations", "rule_met", "stopped_because"):
        assert ours.facts[fact] == theirs.facts[fact]
    assert ours.facts["loss"] == pytest.approx(theirs.facts["loss"], rel=1e-5)


def test_evaluations_are_limited_as_scipys_are(monkeypatch):
    for module in (fit, device_fit):
        monkeypatch.setattr(module, "most_evaluations", lambda rule: 9)
    ours, theirs = trained(LINEAR, RULE), trained(LINEAR, RULE, by=fit.fit)
    assert ours.facts["stopped_because"] == theirs.facts["stopped_because"]
    assert "EVALUATIONS" in ours.facts["stopped_because"]
    assert ours.facts["evaluations"] == theirs.facts["evaluations"]


def test_a_loss_that_is_not_finite_ends_the_training_at_once():
    broken = cloud()
    broken.images[0] = np.nan
    result = trained(examples=broken)
    assert result.facts["stopped_because"].startswith("ABNORMAL")
    assert not result.settled
    assert result.facts["evaluations"] == 1


def test_a_set_cut_into_chunks_gives_the_same_training(monkeypatch):
    whole = trained(LINEAR, RULE)
    monkeypatch.setattr(training_loss, "FORWARD", BatchLimit(70 * LINEAR.widest, 70 * LINEAR.widest, 1))
    chunked = trained(LINEAR, RULE)
    assert chunked.facts["loss"] == pytest.approx(whole.facts["loss"], rel=1e-6)
    np.testing.assert_allclose(chunked.weights["layer-1/kernel"], whole.weights["layer-1/kernel"], atol=0.02)


def test_progress_is_reported_once_an_iteration():
    shares = []
    result = trained(watch=lambda done, note: shares.append(done))
    assert len(shares) == result.facts["iterations"]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] == 1


def test_the_same_training_gives_the_same_bits_in_calls_of_any_length(monkeypatch):
    whole = trained()
    monkeypatch.setattr(device_fit, "CALL_SECONDS", 0.0)
    assert same(trained(), whole)


@pytest.fixture
def often(monkeypatch):
    """A checkpoint after every step of the loop."""
    monkeypatch.setattr(device_fit, "CALL_SECONDS", 0.0)
    for name in ("CHECKPOINT_SECONDS", "CHECKPOINT_SHARE"):
        monkeypatch.setattr(checkpoints, name, 0.0)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("killed_after", [0, 1, 6, 23])
def test_a_training_killed_anywhere_ends_with_the_same_bits(killed_after):
    undisturbed, killed = trained(), Kept(most=killed_after)
    with pytest.raises(KeyboardInterrupt):
        trained(journal=killed)
    again = Kept(killed.noted)
    assert same(trained(journal=again), undisturbed)
    assert len(again.noted) == undisturbed.facts["evaluations"] - 1


@pytest.mark.usefixtures("often")
def test_checkpoints_of_another_training_are_forgotten_and_it_begins_anew():
    other = Kept()
    trained(seed=6, journal=other)
    kept = Kept(other.noted[:9])
    assert same(trained(journal=kept), trained())
    assert kept.forgotten


def test_a_short_training_leaves_no_checkpoint():
    kept = Kept()
    trained(journal=kept)
    assert kept.noted == []

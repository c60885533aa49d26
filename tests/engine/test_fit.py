import numpy as np
import pytest
from journals import Kept
from scipy.optimize import minimize
from scipy.special import logsumexp
from threadpoolctl import threadpool_info, threadpool_limits

from harness.engine import fit as fitting
from harness.engine.batch_size import BatchLimit
from harness.engine.fit import StoppingRule, fit
from harness.engine.initial import initial_weights
from harness.engine.victim import Architecture, NetworkVictim
from harness.examples import Examples, unwatched
from harness.layers.dense import Dense

RULE = StoppingRule(iterations=2000, gtol=1e-5, ftol=1e-12, settled_within=1e-3)
SHORT = StoppingRule(iterations=60, gtol=1e-5, ftol=1e-12, settled_within=1e-3)
LINEAR = Architecture((3, 2, 1), (Dense(units=4, kernel_initializer="zeros"),))
DEEP = Architecture((3, 2, 1), (Dense(units=5, activation="sigmoid"), Dense(units=4)))


def cloud(n=200):
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(n, 3, 2, 1)).astype(np.float32)
    labels = (x.reshape(n, -1) @ rng.normal(size=(6, 4)) + rng.normal(size=(n, 4))).argmax(1)
    return Examples(x, labels, np.arange(n))


def regularised_loss(weights, examples, penalties):
    """The training objective in float64, written once more and independently."""
    z = NetworkVictim(LINEAR if len(weights) == 2 else DEEP, weights).exact_logits(examples.images)
    cross_entropy = (logsumexp(z, axis=1) - z[np.arange(len(z)), examples.labels]).mean()
    return cross_entropy + sum(p * np.square(weights[name].astype(np.float64)).sum() for name, p in penalties.items())


def trained(architecture=LINEAR, rule=None, penalties=None, examples=None, watch=unwatched):
    start = initial_weights(architecture, np.random.default_rng(5))
    rule = rule or (RULE if architecture is LINEAR else SHORT)
    return fit(architecture, start, examples or cloud(), penalties or {"layer-1/kernel": 1e-3}, rule, watch)


def test_a_convex_training_ends_at_the_optimum_a_float64_solver_finds():
    examples, x = cloud(), cloud().images.reshape(200, -1).astype(np.float64)

    def loss(theta):
        z = x @ theta[:24].reshape(6, 4) + theta[24:]
        return (logsumexp(z, axis=1) - z[np.arange(200), examples.labels]).mean() + 1e-3 * np.square(theta[:24]).sum()

    best = minimize(loss, np.zeros(28), method="BFGS", options={"gtol": 1e-7})
    result = trained()
    assert regularised_loss(result.weights, examples, {"layer-1/kernel": 1e-3}) == pytest.approx(best.fun, rel=1e-6)
    np.testing.assert_allclose(result.weights["layer-1/kernel"].ravel(), best.x[:24], atol=0.02)


@pytest.mark.parametrize("architecture", [LINEAR, DEEP])
def test_the_loss_reported_is_that_of_the_weights_returned(architecture):
    penalties = {"layer-1/kernel": 1e-3}
    result = trained(architecture)
    assert result.facts["loss"] == pytest.approx(regularised_loss(result.weights, cloud(), penalties), rel=1e-6)


def test_only_the_weights_named_are_penalised():
    free, held = trained(penalties={"layer-1/kernel": 0.0}), trained(penalties={"layer-1/kernel": 10.0})
    assert np.abs(held.weights["layer-1/kernel"]).max() < 0.01 < np.abs(free.weights["layer-1/kernel"]).max()
    assert np.abs(held.weights["layer-1/bias"]).max() > 0.01


def test_a_set_cut_into_chunks_gives_the_same_training(monkeypatch):
    whole = trained()
    monkeypatch.setattr(fitting, "FORWARD", BatchLimit(70 * LINEAR.widest, 70 * LINEAR.widest, 1))
    chunked = trained()
    assert chunked.facts["loss"] == pytest.approx(whole.facts["loss"], rel=1e-6)
    np.testing.assert_allclose(chunked.weights["layer-1/kernel"], whole.weights["layer-1/kernel"], atol=0.02)


def test_training_twice_gives_the_same_bits():
    first, second = trained(DEEP), trained(DEEP)
    assert all(np.array_equal(first.weights[name], second.weights[name]) for name in DEEP.shapes)


def test_training_that_met_its_rule_has_settled():
    facts = trained().facts
    assert facts["rule_met"]
    assert facts["largest_gradient"] <= RULE.gtol or "RELATIVE REDUCTION" in facts["stopped_because"]


def test_training_cut_off_early_has_not_settled():
    result = trained(rule=StoppingRule(3, 1e-9, 0.0, 1e-3))
    assert not result.settled
    assert not result.facts["rule_met"]
    assert result.facts["iterations"] == 3


def test_training_cut_off_where_the_loss_hardly_moves_counts_as_settled():
    result = trained(rule=StoppingRule(40, 0.0, 0.0, 1e-3))
    assert result.settled
    assert not result.facts["rule_met"]
    assert 0 <= result.facts["moved"] < 1e-3


def test_the_loss_curve_falls_and_ends_at_the_loss():
    facts = trained(DEEP).facts
    iterations, losses = zip(*facts["loss_curve"], strict=True)
    assert list(iterations) == sorted(set(iterations))
    assert (iterations[0], iterations[-1]) == (1, facts["iterations"])
    assert len(losses) <= fitting.CURVE_POINTS
    assert list(losses) == sorted(losses, reverse=True)
    assert losses[-1] == pytest.approx(facts["loss"], rel=1e-5)


def test_progress_is_told_once_an_iteration():
    told = []
    result = trained(watch=lambda done, note: told.append(done))
    assert len(told) == result.facts["iterations"]
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] <= 1


def journaled(journal, start=5):
    first = initial_weights(DEEP, np.random.default_rng(start))
    return fit(DEEP, first, cloud(), {"layer-1/kernel": 1e-3}, SHORT, unwatched, journal)


@pytest.mark.parametrize("killed_after", [0, 1, 17, 40])
def test_a_training_killed_anywhere_ends_with_the_same_bits_and_repeats_no_evaluation(killed_after):
    whole = Kept()
    undisturbed = journaled(whole)
    killed = Kept(most=killed_after)
    with pytest.raises(KeyboardInterrupt):
        journaled(killed)
    again = Kept(killed.noted)
    result = journaled(again)
    assert len(again.noted) == len(whole.noted)
    assert result.facts == undisturbed.facts
    assert all(np.array_equal(result.weights[name], undisturbed.weights[name]) for name in DEEP.shapes)


def test_a_finished_journal_is_replayed_without_any_evaluation(monkeypatch):
    whole = Kept()
    undisturbed = journaled(whole)
    monkeypatch.setattr(fitting._MeanLoss, "__call__", lambda *_: pytest.fail("evaluated"))
    result = journaled(Kept(whole.noted))
    assert all(np.array_equal(result.weights[name], undisturbed.weights[name]) for name in DEEP.shapes)


def test_notes_of_another_training_are_forgotten_and_it_begins_anew():
    other = Kept()
    journaled(other, start=6)
    kept = Kept(other.noted[:20])
    result = journaled(kept)
    undisturbed = journaled(Kept())
    assert kept.forgotten
    assert all(np.array_equal(result.weights[name], undisturbed.weights[name]) for name in DEEP.shapes)


def test_notes_that_go_astray_midway_cost_time_but_change_nothing():
    whole, other = Kept(), Kept()
    undisturbed = journaled(whole)
    journaled(other, start=6)
    result = journaled(Kept([*whole.noted[:10], *other.noted[10:20]]))
    assert all(np.array_equal(result.weights[name], undisturbed.weights[name]) for name in DEEP.shapes)


def test_scipys_vectors_get_one_blas_thread_and_the_others_are_given_back():
    def threads():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    within = set()
    with threadpool_limits(2, user_api="blas"):
        trained(watch=lambda *_: within.update(threads()))
        assert (within, threads()) == ({1}, {2})

import numpy as np
import pytest
from journals import Kept
from keras import ops

from harness.engine import autoencoder as ae
from harness.engine.victim import Architecture
from harness.examples import Examples, unwatched
from harness.layers.dense import Dense
from harness.models.network import NetworkToTrain
from harness.streams import Streams

SPARSITY = ae.Sparsity(target=0.2, weight=1.0, decay=1e-3)
SCHEDULE = ae.AutoencoderSchedule(epochs=6, batch_size=30, learning_rate=0.02, settled_within=0.5)


def images(n=100):
    rng = np.random.default_rng(1)
    drawn = rng.uniform(size=(n, 4, 3, 1)).astype(np.float32)
    return Examples(drawn, np.zeros(n, np.int64), np.arange(n))


def start(units=5):
    architecture = Architecture((4, 3, 1), (Dense(units=units, activation="sigmoid"),))
    return ae.start_of(NetworkToTrain(architecture, {}, replica=0), Streams(2, 1))


def trained(journal=None, schedule=SCHEDULE, sparsity=SPARSITY, run=1):
    return ae.train(start(), images(), sparsity, schedule, Streams(0, run), unwatched, journal)


def written_out(weights, x, sparsity):
    """The objective in float64, written once more and independently."""
    x = x.reshape(len(x), -1).astype(np.float64)
    hidden = 1 / (1 + np.exp(-(x @ weights["layer-1/kernel"] + weights["layer-1/bias"])))
    rebuilt = 1 / (1 + np.exp(-(hidden @ weights["layer-2/kernel"] + weights["layer-2/bias"])))
    active, rho = hidden.mean(0), sparsity.target
    divergence = (rho * np.log(rho / active) + (1 - rho) * np.log((1 - rho) / (1 - active))).sum()
    length = np.square(weights["layer-1/kernel"]).sum() + np.square(weights["layer-2/kernel"]).sum()
    return 0.5 * np.square(rebuilt - x).sum(1).mean() + sparsity.weight * divergence + sparsity.decay * length


def test_the_objective_is_ngs():
    found = ops.convert_to_numpy(ae.objective(start(), ops.convert_to_tensor(images().images), SPARSITY))
    assert float(found) == pytest.approx(written_out(start(), images().images, SPARSITY), rel=1e-5)


def test_training_lowers_the_objective_and_ends_with_the_rate_at_zero():
    result = trained()
    before, after = (written_out(weights, images().images, SPARSITY) for weights in (start(), result.weights))
    assert after < 0.9 * before
    assert result.facts["epochs"] == SCHEDULE.epochs
    assert result.facts["loss_curve"][-1][0] == SCHEDULE.epochs


def test_units_become_as_quiet_as_is_asked():
    schedule = ae.AutoencoderSchedule(epochs=150, batch_size=100, learning_rate=0.02, settled_within=0.5)
    weights = trained(schedule=schedule, sparsity=ae.Sparsity(0.05, 10.0, 0.0)).weights
    x = images().images.reshape(100, -1)
    hidden = 1 / (1 + np.exp(-(x @ weights["layer-1/kernel"] + weights["layer-1/bias"])))
    np.testing.assert_allclose(hidden.mean(0), 0.05, atol=0.02)


def test_runs_shuffle_differently_and_the_same_run_alike():
    first, same, other = trained(run=1), trained(run=1), trained(run=2)
    assert np.array_equal(first.weights["layer-1/kernel"], same.weights["layer-1/kernel"])
    assert not np.array_equal(first.weights["layer-1/kernel"], other.weights["layer-1/kernel"])


@pytest.mark.parametrize("killed_after", [0, 1, 4])
def test_a_training_killed_in_any_epoch_ends_with_the_same_bits(killed_after):
    undisturbed, killed = trained(), Kept(most=killed_after)
    with pytest.raises(KeyboardInterrupt):
        trained(killed)
    again = Kept(killed.noted)
    result = trained(again)
    assert len(again.noted) == SCHEDULE.epochs
    assert result.facts == undisturbed.facts
    assert all(np.array_equal(result.weights[name], undisturbed.weights[name]) for name in result.weights)


@pytest.mark.parametrize("wrong", ["shape", "dtype", "name", "losses", "epochs"])
def test_notes_of_another_shape_are_refused_and_never_broadcast(wrong):
    first = Kept()
    trained(first)
    note = dict(first.noted[0])
    if wrong == "epochs":
        note["losses"] = np.zeros(SCHEDULE.epochs + 1)
    elif wrong == "losses":
        note["losses"] = np.zeros((1, 1))
    else:
        name = next(name for name in note if name.startswith("mean:"))
        array = note.pop(name)
        name = f"{name}x" if wrong == "name" else name
        note[name] = array[:1] if wrong == "shape" else array.astype(np.float64) if wrong == "dtype" else array
    with pytest.raises(ValueError, match="notes are of another training"):
        trained(Kept([note]))

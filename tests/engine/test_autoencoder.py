import numpy as np
import pytest
from autoencoders import images, start, written_out
from journals import Kept
from keras import ops

from harness.engine import autoencoder as ae
from harness.examples import unwatched
from harness.streams import Streams

SPARSITY = ae.Sparsity(target=0.2, weight=1.0, decay=1e-3)
SCHEDULE = ae.AutoencoderSchedule(epochs=6, batch_size=30, learning_rate=0.02, settled_within=0.5)


def trained(journal=None, schedule=SCHEDULE, sparsity=SPARSITY, run=1, *, tied=False):
    return ae.train(start(tied=tied), images(), sparsity, schedule, Streams(0, run), unwatched, journal)


def test_the_objective_is_ngs():
    found = ops.convert_to_numpy(ae.objective(start(), ops.convert_to_tensor(images().images), SPARSITY))
    assert float(found) == pytest.approx(written_out(start(), images().images, SPARSITY), rel=1e-5)


def test_a_tied_decoder_is_one_of_its_own_whose_kernel_is_the_encoder_s_transposed():
    tied, batch = start(tied=True), ops.convert_to_tensor(images().images)
    own = tied | {"layer-2/kernel": np.ascontiguousarray(tied["layer-1/kernel"].T)}
    assert "layer-2/kernel" not in tied
    assert float(ae.objective(tied, batch, SPARSITY)) == float(ae.objective(own, batch, SPARSITY))
    assert float(ae.objective(own, batch, SPARSITY)) != float(ae.objective(start(), batch, SPARSITY))


def test_a_tied_encoder_starts_from_the_kernel_of_the_one_that_is_not():
    tied, own = start(tied=True), start()
    assert own.keys() - tied.keys() == {"layer-2/kernel"}
    assert all(np.array_equal(tied[name], own[name]) for name in tied)


@pytest.mark.parametrize("tied", [False, True])
def test_training_lowers_the_objective_and_ends_with_the_rate_at_zero(tied):
    result = trained(tied=tied)
    before, after = (written_out(w, images().images, SPARSITY) for w in (start(tied=tied), result.weights))
    assert result.weights.keys() == start(tied=tied).keys()
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
    with pytest.raises(ValueError, match="checkpoints belong to another training"):
        trained(Kept([note]))

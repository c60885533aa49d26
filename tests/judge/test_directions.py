"""Whether a smaller distortion is better: not while the network may be the easier one to fool."""

import pytest
from records import claim, distortion, measured, record

from harness.judge import judge
from harness.kinds.registry import discover

LAYERS = [{"dense": {"units": 10}}]
LOADED = {"kind": "weights-file", "file": "w.npz", "sha256": "0" * 64}
TRAINED = {"kind": "lbfgs"}


def network(training, **more):
    return {"kind": "network", "train_on": "d/train", "layers": LAYERS, "training": training, **more}


def reason(values, models, **given):
    discover()
    one = distortion(**given)
    (found,) = judge(record((one, measured(one.id, values, counted=False, found=1.0)), recipes={"models": models}))
    return found.reason, found.sentence


SMALL, LARGE = (0.04, 0.041, 0.04), (0.08, 0.081, 0.08)


@pytest.mark.parametrize(("values", "word", "size"), [(SMALL, "better", "smaller"), (LARGE, "worse", "larger")])
def test_only_of_loaded_weights_is_a_distortion_better_or_worse(values, word, size):
    loaded, sentence = reason(values, {"m": network(LOADED)})
    assert loaded == word
    assert "network" not in sentence
    trained, sentence = reason(values, {"m": network(TRAINED)})
    assert trained == size
    assert "robust network" in sentence


@pytest.mark.parametrize(
    "models",
    [
        {},
        {"m": {"kind": "not-installed"}},
        {"m": network(LOADED, starts_from="n"), "n": network(TRAINED)},
        {"m": network(LOADED), "n": network(TRAINED)},
    ],
)
def test_one_network_that_is_not_known_to_be_the_papers_own_is_enough_to_say_smaller(models):
    several = {"model": ("m", "n")} if set(models) == {"m", "n"} and "starts_from" not in models["m"] else {}
    assert reason(SMALL, models, **several)[0] == "smaller"


def test_all_weights_loaded_over_those_of_another_model_are_loaded():
    assert reason(SMALL, {"m": network(LOADED, starts_from="n", frozen=False)})[0] == "better"


def test_on_clean_images_a_model_is_better_or_worse_whoever_trained_it():
    one = claim()
    (found,) = judge(record((one, measured(one.id, (0.06, 0.0601, 0.0602)))))
    assert found.reason == "better"

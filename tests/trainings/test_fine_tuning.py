import numpy as np
import pytest
from pydantic import ValidationError

from harness.attacks.deepfool import DeepFool
from harness.attacks.fgsm import FGSM
from harness.datasets.digits import Digits
from harness.examples import Examples
from harness.kinds.ready import ReadyAttack
from harness.kinds.registry import discover
from harness.metrics.error_rate import ErrorRate
from harness.models.network import NetworkModel
from harness.streams import Streams

discover()
LAYERS = ({"dense": {"units": 32, "activation": "relu"}}, {"dense": {"units": 10}})


@pytest.fixture(scope="module")
def digits():
    return Digits()()


def network(training, **fields):
    given = {"train_on": "digits/train", "layers": LAYERS, "training": training} | fields
    return NetworkModel.model_validate(given)


FURTHER = {"layers": (), "starts_from": "base", "frozen": False}
SLOW = {"optimizer": {"sgd": {"learning_rate": 0.05}}, "batch_size": 100}


@pytest.fixture(scope="module")
def base(digits):
    recipe = network({"kind": "minibatch", "optimizer": {"adam": {"learning_rate": 0.01}}, "epochs": 15})
    return recipe.victim(recipe(train_on=digits["train"], streams=Streams(0, 1)))


def trained(recipe, images, base, attack=None):
    given = {} if attack is None else {"training.attack": ReadyAttack("a", attack)}
    return recipe(train_on=images, streams=Streams(0, 2), starts_from=base, **given)


@pytest.mark.parametrize("attack", [FGSM(epsilon=0.2), DeepFool()])
def test_it_is_minibatch_on_the_examples_of_the_network_it_starts_from_to_the_bit(attack, base, digits):
    """Made once: those of later weights are others. Augmentation changes the examples, not the clean images."""
    few = digits["train"].take(np.arange(250))
    made = attack(base, few, Streams(9, 9))
    perturbed = Examples(made.images, few.labels, few.index)
    for more in ({}, {"augmentation": {"flip": True}})[: 1 if isinstance(attack, DeepFool) else 2]:
        own = trained(
            network({"kind": "fine-tuning", "attack": "a", "epochs": 3, **SLOW, **more}, **FURTHER), few, base, attack
        )
        plain = trained(network({"kind": "minibatch", "epochs": 3, **SLOW, **more}, **FURTHER), perturbed, base)
        assert own.weights.keys() == plain.weights.keys()
        for name, array in plain.weights.items():
            np.testing.assert_array_equal(own.weights[name], array)
        assert own.facts["examples"] == 250
        assert own.facts["examples_found"] == made.found.mean()


def test_a_few_passes_make_the_network_harder_to_fool(base, digits):
    few = digits["test"].take(np.arange(200))
    recipe = network({"kind": "fine-tuning", "attack": "a", "epochs": 10, **SLOW}, **FURTHER)
    attack = FGSM(epsilon=0.1)
    tuned = recipe.victim(trained(recipe, digits["train"], base, attack), starts_from=base)
    errors = [ErrorRate()((each,), few, attack(each, few, Streams(1, 1))).value for each in (base, tuned)]
    assert errors[1] < 0.8 * errors[0]
    assert ErrorRate()((tuned,), digits["test"], None).value < 0.15


@pytest.mark.parametrize("fields", [{}, {"starts_from": "base"}, {"starts_from": "base", "frozen": True}])
def test_without_a_trained_network_to_go_on_from_it_is_refused_in_words(fields):
    with pytest.raises(
        ValidationError, match=r"fine-tuning continues the training of another model: name it in starts_from"
    ):
        network({"kind": "fine-tuning", "attack": "a"}, **fields)

import numpy as np
import pytest
from journals import Kept
from pydantic import ValidationError

from harness.attacks.ddn import DDN
from harness.attacks.exact import ExactLinear
from harness.attacks.fgsm import FGSM
from harness.attacks.lbfgs import LBFGSAttack
from harness.attacks.pgd import PGD
from harness.attacks.polish import Polish
from harness.datasets.digits import Digits
from harness.engine.activations import AboveLayer, scaled_outputs
from harness.engine.crafting import Crafter
from harness.engine.minibatch import train
from harness.engine.regime import Regime
from harness.errors import ContractError, Infeasible
from harness.examples import Unkept, unwatched
from harness.kinds.ready import ReadyAttack
from harness.kinds.registry import discover
from harness.metrics.error_rate import ErrorRate
from harness.models.network import NetworkModel, NetworkToTrain
from harness.streams import Streams

discover()
SIGMOID = ({"dense": {"units": 24, "activation": "sigmoid"}}, {"dense": {"units": 12, "activation": "relu"}})
LAYERS = (*SIGMOID, {"dense": {"units": 10}})
ADAM = {"optimizer": {"adam": {"learning_rate": 0.01}}, "batch_size": 50}
ONE_STEP = ReadyAttack("fgsm", FGSM(epsilon=0.1))


@pytest.fixture(scope="module")
def digits():
    return Digits()()


@pytest.fixture(scope="module")
def few(digits):
    return digits["train"].take(np.arange(200))


def model(kind, layers=LAYERS, **fields):
    return NetworkModel.model_validate(
        {"train_on": "digits/train", "layers": tuple(layers), "training": {"kind": kind, **fields}}
    )


def trained(recipe, images, attack=ONE_STEP):
    given = {"training.attack": attack} if "attack" in type(recipe.training).model_fields else {}
    return recipe(train_on=images, streams=Streams(0, 1), **given)


def adversarial(**fields):
    return model("adversarial", attack="fgsm", **ADAM, **fields)


def pools(**fields):
    return model("adversarial-pools", attack="fgsm", **ADAM, **fields)


def same(first, second):
    return all(np.array_equal(first.weights[name], second.weights[name]) for name in second.weights)


@pytest.mark.parametrize(
    "plain_one",
    [
        adversarial(epochs=2, weight=1.0),
        adversarial(epochs=2, weight=0.3, warm_up=2),
        pools(epochs=2, weight=0.0),
        pools(epochs=2, warm_up=2),
    ],
)
def test_without_weight_on_adversarial_examples_or_within_the_warm_up_it_is_minibatch_to_the_bit(plain_one, few):
    assert same(trained(plain_one, few), trained(model("minibatch", **ADAM, epochs=2), few))


def test_with_weight_on_adversarial_examples_it_is_not(few):
    plain = trained(model("minibatch", **ADAM, epochs=1), few)
    assert not same(trained(adversarial(epochs=1), few), plain)
    assert not same(trained(pools(epochs=1, pool_size=50), few), plain)


def test_twice_the_same_batch_with_halves_as_weights_is_the_plain_step(few):
    """An attack that moves nothing: the mixed objective is then the clean one, up to rounding."""
    still = ReadyAttack("still", FGSM(epsilon=1e-30))
    plain = trained(model("minibatch", **ADAM, epochs=2), few)
    mixed = trained(adversarial(epochs=2, weight=0.5), few, still)
    for name, array in plain.weights.items():
        np.testing.assert_allclose(mixed.weights[name], array, rtol=1e-3, atol=1e-4)


class Watching(Regime):
    """A regime that keeps, before each step, the network's weights and what would be crafted for it."""

    def __init__(self, layer, attack):
        super().__init__(None)
        self.layers, self.layer, self.crafter, self.seen = (layer,) if layer else (), layer, Crafter(attack), []

    def taken(self, images, labels, rows):
        clean = self.examples.take(rows)
        streams = Streams(5, 1)
        made = self.crafter.craft(self.network, self.stepper, self.layer, clean, streams)
        self.seen.append((self.stepper.weights(), clean, made, streams))
        return super().taken(images, labels, rows)


def watched(layer, attack, images, layers=LAYERS):
    from harness.engine.initial import initial_weights
    from harness.engine.victim import Architecture

    recipe = model("minibatch", layers, **ADAM, epochs=1)
    architecture = Architecture((8, 8, 1), recipe.layers)
    start = initial_weights(architecture, Streams(0, 1).rng("weights", 0))
    regime = Watching(layer, attack)
    network = NetworkToTrain(architecture, start, 0)
    train(network, recipe.training, {}, images, Streams(0, 1), unwatched, Unkept(), regime)
    return architecture, regime.seen


@pytest.mark.parametrize("attack", [FGSM(epsilon=0.1), PGD(epsilon=0.1, step_size=0.03, steps=3)])
def test_fresh_examples_are_those_of_the_attack_on_the_weights_as_they_are_at_that_step(attack, few):
    from harness.engine.victim import NetworkVictim

    architecture, seen = watched(0, ReadyAttack("a", attack), few)
    assert len(seen) == 4
    for weights, clean, made, streams in seen:
        victim = NetworkVictim(architecture, weights)
        np.testing.assert_array_equal(made, attack(victim, clean, streams).images)
    assert not np.array_equal(seen[0][0]["layer-1/kernel"], seen[-1][0]["layer-1/kernel"])


def test_one_step_on_a_hidden_layer_is_that_of_numpy(few):
    """x + epsilon sign(grad) in the outputs of a sigmoid layer, whose range is [0, 1], gradient by hand."""
    _, seen = watched(1, ONE_STEP, few)
    weights, clean, made, _ = seen[2]
    w = {name: array.astype(np.float64) for name, array in weights.items()}
    a = 1 / (1 + np.exp(-(clean.images.reshape(len(clean), -1) @ w["layer-1/kernel"] + w["layer-1/bias"])))
    z = a @ w["layer-2/kernel"] + w["layer-2/bias"]
    logits = np.maximum(z, 0) @ w["layer-3/kernel"] + w["layer-3/bias"]
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(clean)), clean.labels] -= 1
    gradient = ((p @ w["layer-3/kernel"].T) * (z > 0)) @ w["layer-2/kernel"].T
    clear = np.abs(gradient) > 1e-6
    np.testing.assert_allclose(made[clear], np.clip(a + 0.1 * np.sign(gradient), 0, 1)[clear], atol=1e-5)
    assert clear.mean() > 0.9


@pytest.mark.parametrize("layer", [1, 2])
def test_the_layers_above_take_scaled_outputs_for_the_outputs_themselves(layer, few):
    recipe = model("minibatch", **ADAM, epochs=1)
    victim = recipe.victim(trained(recipe, few))
    scaled = scaled_outputs(victim, layer, few)
    assert scaled.examples.images.min() >= 0
    assert scaled.examples.images.max() <= 1
    if layer == 2:  # relu: from 0 to the largest output of these images
        assert scaled.examples.images.max() == 1
    outputs = victim.up_to(layer).outputs(few.images)
    restored = scaled.restored(scaled.examples.images).reshape(outputs.shape)
    np.testing.assert_allclose(restored, outputs, atol=1e-5 * outputs.max())
    np.testing.assert_allclose(
        scaled.victim.exact_logits(scaled.examples.images), victim.exact_logits(few.images), atol=1e-4
    )
    np.testing.assert_array_equal(scaled.victim.predict(scaled.examples.images), victim.predict(few.images))


HIDDEN = [
    ReadyAttack("ddn", DDN(target="none", steps=30)),
    ReadyAttack("lbfgs", LBFGSAttack()),
    ReadyAttack("polish", Polish(of="ddn"), {"of": ReadyAttack("ddn", DDN(steps=30))}),
    ReadyAttack("exact", ExactLinear()),
]


@pytest.mark.parametrize("attack", HIDDEN, ids=lambda attack: attack.name)
def test_minimum_distortion_attacks_fool_the_layers_above_a_hidden_one(attack, few):
    """On the last hidden layer, where even the exact attack applies: what is above is linear."""
    _, seen = watched(2, attack, few.take(np.arange(50)))
    weights, clean, made, _ = seen[0]
    kernel, bias = weights["layer-3/kernel"].astype(np.float64), weights["layer-3/bias"].astype(np.float64)
    wrong = (made @ kernel + bias).argmax(1) != clean.labels
    assert wrong.mean() > 0.9
    assert made.min() >= 0


def test_the_exact_attack_is_nearest_on_a_hidden_layer_too(few):
    images = few.take(np.arange(50))
    _, seen = watched(2, HIDDEN[3], images)
    _, ddn = watched(2, ReadyAttack("ddn", DDN(steps=200)), images)
    weights, clean, _, _ = seen[0]
    hidden = clean.images.reshape(50, -1)
    for name in ("layer-1", "layer-2"):
        hidden = hidden @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]
        hidden = 1 / (1 + np.exp(-hidden)) if name == "layer-1" else np.maximum(hidden, 0)
    logits = [each[0][2] @ weights["layer-3/kernel"] + weights["layer-3/bias"] for each in (seen, ddn)]
    both = logits[0].argmax(1) == logits[1].argmax(1)  # the same target, reached by both
    exact, approximate = (np.linalg.norm(each[0][2] - hidden, axis=1)[both] for each in (seen, ddn))
    assert both.sum() > 25
    assert (exact <= approximate + 1e-4).all()
    assert exact.mean() > 0


def test_a_network_trained_on_its_own_examples_resists_the_fast_gradient_sign_method(digits):
    strong = ReadyAttack("fgsm", FGSM(epsilon=0.15))
    wide = ({"dense": {"units": 64, "activation": "relu"}}, {"dense": {"units": 10}})
    errors = {}
    for kind, fields in {
        "minibatch": {},
        "adversarial": {"attack": "fgsm"},
        "adversarial-pools": {"attack": "fgsm", "pool_size": 600, "replaced": 0.5, "every": 6},
    }.items():
        recipe = model(kind, wide, epochs=25, **ADAM, **fields)
        victim = recipe.victim(trained(recipe, digits["train"], strong))
        made = strong(victim, digits["test"], Streams(1, 1))
        errors[kind] = ErrorRate()((victim,), None, made).value
    assert errors["minibatch"] > 0.5
    assert errors["adversarial"] < errors["minibatch"] - 0.2
    assert errors["adversarial-pools"] < errors["minibatch"] - 0.1


def test_the_facts_tell_how_many_examples_were_made_and_found(few):
    recipe = pools(epochs=3, warm_up=1, pools=(0, 1), pool_size=100, replaced=0.25, every=2)
    facts = trained(recipe, few).facts
    # four steps an epoch: the pools are filled at the fifth step, a quarter is replaced at the 7th, 9th and 11th
    assert facts["examples"] == 2 * (100 + 3 * 25)
    assert 0 < facts["examples_found"] <= 1
    assert trained(adversarial(epochs=2, warm_up=1), few).facts["examples"] == 200


def test_pools_of_a_hidden_layer_train_the_layers_above_it_alone(few):
    """With no learning from clean images to speak of, the layer below a pool stays where it was drawn."""
    sgd = {"optimizer": {"sgd": {"learning_rate": 0.1}}, "batch_size": 50}
    start = model("minibatch", **{**sgd, "optimizer": {"sgd": {"learning_rate": 1e-12}}}, epochs=1)
    recipe = model("adversarial-pools", attack="fgsm", **sgd, epochs=1, pools=(1,), weight=1000.0, pool_size=100)
    before, after = trained(start, few).weights, trained(recipe, few).weights
    moved = {name: np.abs(after[name] - before[name]).max() for name in before}
    assert moved["layer-1/kernel"] < 1e-3 * moved["layer-2/kernel"]
    assert moved["layer-3/kernel"] > 1e-2


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"pools": (3,)}, r"outputs of layer 3 of 3: expected 0 \(the images\) to 2"),
        ({"pools": (1, 1)}, "each layer once"),
        ({"pools": ()}, "at least 1"),
        ({"replaced": 0.0}, "greater than 0"),
    ],
)
def test_pools_that_cannot_be_are_refused(fields, says):
    with pytest.raises(ValidationError, match=says):
        pools(**fields)


def test_an_attack_that_cannot_be_made_for_the_layers_above_is_refused_in_words(few):
    exact = ReadyAttack("exact", ExactLinear())
    with pytest.raises(Infeasible, match="exact-linear cannot be made for the layers above layer 1; name another"):
        trained(pools(pools=(1,)), few, exact)
    with pytest.raises(Infeasible, match="cannot be made for the whole network"):
        trained(adversarial(), few, exact)


def test_an_attack_that_makes_several_examples_of_an_image_is_refused_in_words(few):
    every = ReadyAttack("every", FGSM(target="all"))
    with pytest.raises(Infeasible, match="several examples of each image, and a training takes one"):
        trained(adversarial(), few, every)
    behind = ReadyAttack("polish", Polish(of="every"), {"of": ReadyAttack("every", FGSM(target="all"))})
    with pytest.raises(ContractError, match="several examples of each image"):
        trained(adversarial(), few, behind)


def test_inputs_that_are_no_pixels_are_refused_as_the_first_layer_to_attack(few):
    """The outputs of a frozen model may leave [0, 1]."""
    below = model("minibatch", [{"dense": {"units": 8}}, {"dense": {"units": 10}}], **ADAM, epochs=1)
    victim = below.victim(trained(below, few))
    above = NetworkModel.model_validate(
        {
            "train_on": "digits/train",
            "starts_from": "below",
            "layers": LAYERS,
            "training": {"kind": "adversarial", "attack": "fgsm", **ADAM},
        }
    )
    with pytest.raises(Infeasible, match=r"attacks keep pixels in \[0, 1\], and these go from -"):
        above(train_on=few, streams=Streams(0, 1), starts_from=victim, **{"training.attack": ONE_STEP})


def test_equal_layers_above_share_a_program_and_are_not_taken_for_images():
    from harness.engine.victim import Architecture

    layers = model("minibatch").layers
    assert AboveLayer((1, 1, 24), layers) == AboveLayer((1, 1, 24), layers)
    assert AboveLayer((1, 1, 24), layers) != Architecture((1, 1, 24), layers)


@pytest.mark.parametrize("killed_after", [1, 2, 3])
def test_a_training_killed_before_or_after_its_pools_were_filled_ends_with_the_same_bits(killed_after, few):
    recipe = pools(epochs=4, warm_up=2, pools=(0, 2), pool_size=60, replaced=0.3, every=3)
    given = {"train_on": few, "streams": Streams(0, 1), "training.attack": ONE_STEP}
    whole, interrupted = recipe(**given), Kept(most=killed_after)
    with pytest.raises(KeyboardInterrupt):
        recipe(**given, journal=interrupted)
    assert len(interrupted.noted) == killed_after
    resumed = recipe(**given, journal=Kept(interrupted.noted))
    assert same(resumed, whole)
    assert resumed.facts == whole.facts


def test_the_bits_do_not_depend_on_how_many_networks_a_process_has_built(few):
    """Keras numbers its models, and TensorFlow orders sums by names."""
    recipe = pools(epochs=2, pools=(0, 1, 2), pool_size=60, every=2)
    results = [trained(recipe, few) for _ in range(6)]
    assert all(same(each, results[0]) for each in results[1:])

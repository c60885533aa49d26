"""What every registered training must be, whoever wrote it."""

import functools

import numpy as np
import pytest
from journals import Kept

from harness.attacks.pgd import PGD
from harness.datasets.digits import Digits
from harness.kinds.ready import ReadyAttack
from harness.kinds.registry import discover, kinds
from harness.models.network import NetworkModel
from harness.streams import Streams

discover()
CONVNET = [
    {"conv2d": {"filters": 4, "kernel_size": 3, "activation": "relu"}},
    {"max_pooling2d": {"pool_size": 2}},
    "batch_normalization",
    {"dropout": {"rate": 0.25}},
    {"dense": {"units": 10}},
]
CASES = {
    "lbfgs": ([{"dense": {"units": 12, "activation": "sigmoid"}}, {"dense": {"units": 10}}], [{"iterations": 15}]),
    "minibatch": (
        CONVNET,
        [
            {"epochs": 3, "batch_size": 60, "decay": 1e-3, "optimizer": {"sgd": {"momentum": 0.9}}},
            {
                "epochs": 3,
                "batch_size": 60,
                "optimizer": {
                    "adam": {"learning_rate": {"cosine_decay": {"initial_learning_rate": 0.01, "decay_steps": 9}}}
                },
                "early_stopping": {"held_out": 0.2, "patience": 2},
                "augmentation": {"shift": 1, "rotation": 10.0, "flip": True, "noise": 0.1},
            },
        ],
    ),
    "adversarial": (
        CONVNET,
        [
            {"attack": "pgd", "epochs": 3, "batch_size": 100, "weight": 0.3, "augmentation": {"shift": 1}},
            {"attack": "pgd", "epochs": 3, "batch_size": 100, "weight": 0.0},
        ],
    ),
    "adversarial-pools": (
        CONVNET,
        [
            {
                "attack": "pgd",
                "pools": (0, 1, 4),
                "pool_size": 80,
                "replaced": 0.25,
                "every": 2,
                "weight": 0.3,
                "epochs": 3,
                "batch_size": 60,
                "decay": 1e-3,
                "early_stopping": {"held_out": 0.2},
            }
        ],
    ),
    "distillation": (
        CONVNET,
        [
            {
                "teacher": "a",
                "temperature": 5.0,
                "epochs": 3,
                "batch_size": 60,
                "optimizer": {"sgd": {"momentum": 0.9}},
            },
            {"teacher": "a", "epochs": 3, "batch_size": 60, "augmentation": {"shift": 1}, "early_stopping": {}},
        ],
    ),
    "fine-tuning": (
        CONVNET,
        [
            {"attack": "pgd", "epochs": 3, "batch_size": 100, "optimizer": {"sgd": {"learning_rate": 0.05}}},
            {"attack": "pgd", "epochs": 3, "batch_size": 100, "augmentation": {"shift": 1}, "early_stopping": {}},
        ],
    ),
    "untrained": (CONVNET, []),  # takes no time: test_untrained.py
    "weights-file": (CONVNET, []),  # draws nothing and takes no time: test_weights_file.py
    "reconstruction-ica": (
        [
            {"locally_connected2d": {"filters": 3, "kernel_size": 3, "use_bias": False}},
            {"l2_pooling2d": {"pool_size": 2}},
            {"conv2d": {"filters": 2, "kernel_size": 2, "use_bias": False}},
            {"l2_pooling2d": {"pool_size": 2, "strides": 1}},
            "flatten",
        ],
        [{"epochs": 2, "batch_size": 50, "learning_rate": 0.01}],
    ),
    "sparse-autoencoder": (
        [{"dense": {"units": 12, "activation": "sigmoid"}}],
        [
            {"epochs": 3, "batch_size": 50},
            {"epochs": 3, "batch_size": 50, "tied": True},
            {"epochs": 3, "lbfgs": {"iterations": 15}},
        ],
    ),
}
"""Kind -> layers it can train, and fields to try it with."""
PGD_STEPS = ReadyAttack("pgd", PGD(epsilon=0.1, step_size=0.05, steps=2))
TRAININGS = [
    pytest.param(kind, fields, id=f"{kind}-{n}")
    for kind in kinds("trainings")
    for n, fields in enumerate(CASES[kind][1])
]


@pytest.fixture(scope="module")
def digits():
    return Digits()()["train"].take(np.arange(300))


def model(kind, fields, **changed):
    layers, _ = CASES[kind]
    given = {"train_on": "d/train", "layers": tuple(layers), "training": {"kind": kind, **fields}, **changed}
    if kinds("trainings")[kind].continues:
        given |= {"layers": (), "starts_from": "base", "frozen": False}
    return NetworkModel.model_validate(given)


@functools.cache
def base(kind):
    """A network of the layers the kind trains, which is to be trained further."""
    recipe = NetworkModel.model_validate(
        {"train_on": "d/train", "layers": tuple(CASES[kind][0]), "training": {"kind": "untrained"}}
    )
    return recipe.victim(recipe(train_on=Digits()()["train"], streams=Streams(3, 1)))


@functools.cache
def teacher():
    """A model that gives each image a class, though seldom the right one: a linear one, of random weights."""
    layers = ({"dense": {"units": 10, "kernel_initializer": "he_normal"}},)
    recipe = NetworkModel.model_validate({"train_on": "d/train", "layers": layers, "training": {"kind": "untrained"}})
    return recipe.victim(recipe(train_on=Digits()()["train"], streams=Streams(4, 1)))


def below(kind):
    """What a model of the kind is given to start from."""
    return {"starts_from": base(kind)} if kinds("trainings")[kind].continues else {}


def trained(kind, fields, digits, journal=None, run=1, **changed):
    named = kinds("trainings")[kind].references()
    given = below(kind) | {f"training.{name}": teacher() if name == "teacher" else PGD_STEPS for name in named}
    return model(kind, fields, **changed)(train_on=digits, streams=Streams(0, run), journal=journal, **given)


def same(first, second):
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(("kind", "fields"), TRAININGS)
def test_the_same_run_gives_the_same_bits_and_another_run_others(kind, fields, digits):
    first, again, other = (trained(kind, fields, digits, run=run).weights for run in (1, 1, 2))
    assert same(first, again)
    assert not same(first, other)


@pytest.mark.parametrize("killed_after", [1, 2])
@pytest.mark.parametrize(("kind", "fields"), TRAININGS)
def test_a_training_killed_anywhere_ends_with_the_same_bits(kind, fields, killed_after, digits):
    whole = trained(kind, fields, digits)
    interrupted = Kept(most=killed_after)
    with pytest.raises(KeyboardInterrupt):
        trained(kind, fields, digits, interrupted)
    assert len(interrupted.noted) == killed_after
    resumed = trained(kind, fields, digits, Kept(interrupted.noted))
    assert same(resumed.weights, whole.weights)
    assert resumed.facts == whole.facts


@pytest.mark.parametrize(("kind", "fields"), TRAININGS)
def test_replicas_are_trained_differently(kind, fields, digits):
    assert not same(trained(kind, fields, digits).weights, trained(kind, fields, digits, replica=1).weights)


@pytest.mark.parametrize(("kind", "fields"), TRAININGS)
def test_its_network_is_a_victim_and_its_facts_tell_how_it_went(kind, fields, digits):
    result = trained(kind, fields, digits)
    victim = model(kind, fields).victim(result, **below(kind))
    assert victim.image_shape == (8, 8, 1)
    assert np.isfinite(victim.exact_logits(digits.images[:5])).all()
    assert result.facts["loss_curve"][-1][1] < result.facts["loss_curve"][0][1]
    assert isinstance(result.settled, bool)


@pytest.mark.parametrize(("kind", "fields"), TRAININGS)
def test_a_changed_field_changes_the_key(kind, fields):
    changed = {"iterations": 16, "epochs": 4}
    name = next(name for name in changed if name in fields)
    assert model(kind, fields).fingerprint() != model(kind, fields | {name: changed[name]}).fingerprint()

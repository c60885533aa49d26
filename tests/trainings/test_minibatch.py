import keras
import numpy as np
import pytest
from keras import ops
from pydantic import ValidationError

from harness.datasets.digits import Digits
from harness.engine import augment
from harness.kinds.optimizer import Optimizer, Schedule, known
from harness.kinds.registry import discover
from harness.metrics.error_rate import ErrorRate
from harness.models.network import NetworkModel
from harness.streams import Streams
from harness.trainings.minibatch import Augmentation

discover()


@pytest.fixture(scope="module")
def digits():
    return Digits()()


def model(layers, **training):
    return NetworkModel.model_validate(
        {"train_on": "digits/train", "layers": tuple(layers), "training": {"kind": "minibatch", **training}}
    )


DENSE = [{"dense": {"units": 32, "activation": "relu"}}, {"dense": {"units": 10}}]


def test_a_convnet_learns_the_digits(digits):
    layers = [
        {"conv2d": {"filters": 16, "kernel_size": 3, "activation": "relu"}},
        "max_pooling2d",
        {"dense": {"units": 10}},
    ]
    recipe = model(layers, optimizer={"adam": {"learning_rate": 0.01}}, batch_size=50, epochs=8)
    result = recipe(train_on=digits["train"], streams=Streams(0, 1))
    assert ErrorRate()((recipe.victim(result),), digits["test"], None).value < 0.05


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop", "adamw", "nadam"])
def test_steps_are_those_of_keras_own_fit(digits, optimizer):
    """The same start, the same mini-batches in the same order: the same weights, up to float32 rounding."""
    recipe = model(DENSE, optimizer=optimizer, batch_size=100, epochs=1)
    few = digits["train"].take(np.arange(300))
    start = recipe.model_copy(update={"training": recipe.training.model_copy(update={"epochs": 1})})
    result = start(train_on=few, streams=Streams(0, 1))
    from harness.engine.initial import initial_weights
    from harness.engine.victim import Architecture, build_model

    architecture = Architecture((8, 8, 1), recipe.layers)
    net = build_model(architecture)
    first = initial_weights(architecture, Streams(0, 1).rng("weights", 0))
    for each in net.weights:
        each.assign(first[each.path])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(optimizer=recipe.training.optimizer.build(), loss=loss)
    order = Streams(0, 1).rng("shuffle", 0, 0).permutation(300)
    net.fit(few.images[order], few.labels[order], batch_size=100, epochs=1, shuffle=False, verbose=0)
    for each in net.weights:
        np.testing.assert_allclose(result.weights[each.path], each.numpy(), rtol=1e-3, atol=2e-5)


def test_decay_makes_weights_smaller(digits):
    few = digits["train"].take(np.arange(300))
    free, held = (
        model(DENSE, optimizer={"sgd": {"learning_rate": 0.1}}, decay=decay, epochs=5)(
            train_on=few, streams=Streams(0, 1)
        ).weights["layer-1/kernel"]
        for decay in (0.0, 1.0)
    )
    assert np.linalg.norm(held) < 0.9 * np.linalg.norm(free)


def test_early_stopping_ends_before_the_last_epoch_and_keeps_the_best_epochs_weights(digits):
    few = digits["train"].take(np.arange(200))
    recipe = model(
        DENSE, optimizer={"adam": {"learning_rate": 0.05}}, epochs=60, early_stopping={"held_out": 0.3, "patience": 2}
    )
    result = recipe(train_on=few, streams=Streams(0, 1))
    facts = result.facts
    assert facts["best_epoch"] + 2 == facts["epochs"] < 60
    order = Streams(0, 1).rng("held-out", 0).permutation(200)
    held_out = few.take(np.sort(order[:60]))
    z = recipe.victim(result).exact_logits(held_out.images)
    losses = np.log(np.exp(z).sum(1)) - z[np.arange(60), held_out.labels]
    assert losses.mean() == pytest.approx(facts["held_out_loss"], rel=1e-4)


@pytest.mark.parametrize("base", [Optimizer, Schedule])
def test_every_optimizer_and_schedule_builds_keras_own_with_keras_own_defaults(base):
    required = {
        "exponential_decay": {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.9},
        "piecewise_constant_decay": {"boundaries": (5,), "values": (0.1, 0.01)},
        "polynomial_decay": {"initial_learning_rate": 0.1, "decay_steps": 5},
        "inverse_time_decay": {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.9},
        "cosine_decay": {"initial_learning_rate": 0.1, "decay_steps": 5},
    }
    for name, cls in known(base).items():
        given = required.get(name, {})
        built = cls.model_validate(given).build()
        home = keras.optimizers if base is Optimizer else keras.optimizers.schedules
        theirs = getattr(home, cls.keras)(**given)
        assert type(built) is type(theirs)
        assert {k: v for k, v in built.get_config().items() if k != "name"} == {
            k: v for k, v in theirs.get_config().items() if k != "name"
        }


@pytest.mark.parametrize(
    ("optimizer", "says"),
    [("sgdd", "did you mean 'sgd'"), ({"sgd": {}, "adam": {}}, "expected one of"), ({"sgd": {"lr": 0.1}}, "sgd")],
)
def test_an_optimizer_that_there_is_not_is_refused(optimizer, says):
    with pytest.raises(ValidationError, match=says):
        model(DENSE, optimizer=optimizer)


def picture():
    return np.random.default_rng(0).uniform(size=(40, 7, 6, 2)).astype(np.float32)


def changed(**by):
    return ops.convert_to_numpy(
        augment.changed(ops.convert_to_tensor(picture()), Augmentation(**by), np.random.default_rng(1))
    )


def test_a_shift_moves_whole_pixels_and_lets_zeros_in():
    shifts = [(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3)]
    for before, after in zip(picture(), changed(shift=2), strict=True):
        found = []
        for dy, dx in shifts:
            padded = np.pad(before, ((2, 2), (2, 2), (0, 0)))
            found.append(np.allclose(padded[2 - dy : 9 - dy, 2 - dx : 8 - dx], after, atol=1e-5))
        assert sum(found) == 1


def test_a_flip_mirrors_about_half_of_the_images_left_to_right():
    mirrored = [
        np.allclose(before[:, ::-1], after, atol=1e-5)
        for before, after in zip(picture(), changed(flip=True), strict=True)
    ]
    same = [np.allclose(before, after, atol=1e-5) for before, after in zip(picture(), changed(flip=True), strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 10 < sum(mirrored) < 30


def test_a_rotation_turns_about_the_middle():
    dot = np.zeros((40, 9, 9, 1), np.float32)
    dot[:, 4, 4] = 1
    turned = ops.convert_to_numpy(
        augment.changed(ops.convert_to_tensor(dot), Augmentation(rotation=90.0), np.random.default_rng(1))
    )
    np.testing.assert_allclose(turned[:, 4, 4], 1, atol=1e-5)
    bar = np.zeros((40, 9, 9, 1), np.float32)
    bar[:, 4] = 1
    turned = ops.convert_to_numpy(
        augment.changed(ops.convert_to_tensor(bar), Augmentation(rotation=90.0), np.random.default_rng(1))
    )
    ys, xs = np.mgrid[-4:5, -4:5]
    angles = np.random.default_rng(1).uniform(-90, 90, 40)
    for image, angle in zip(turned[..., 0], np.radians(angles), strict=True):
        weight = image / image.sum()
        spread = np.array(
            [[(weight * ys * ys).sum(), (weight * ys * xs).sum()], [(weight * ys * xs).sum(), (weight * xs * xs).sum()]]
        )
        main = np.linalg.eigh(spread)[1][:, -1]
        assert abs(main @ [np.sin(angle), np.cos(angle)]) > 0.98 or abs(main @ [-np.sin(angle), np.cos(angle)]) > 0.98


def test_noise_has_the_deviation_asked_for_and_stays_in_the_box():
    middle = np.full((20, 9, 9, 1), 0.5, np.float32)
    noisy = ops.convert_to_numpy(
        augment.changed(ops.convert_to_tensor(middle), Augmentation(noise=0.1), np.random.default_rng(1))
    )
    assert (noisy - middle).std() == pytest.approx(0.1, rel=0.05)
    assert noisy.min() >= 0
    assert noisy.max() <= 1

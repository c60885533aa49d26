import keras
import numpy as np
import pytest
from keras import ops

from harness.attacks.ddn import DDN
from harness.attacks.lbfgs import LBFGSAttack
from harness.engine.foreign import KerasVictim
from harness.errors import UsageError
from harness.examples import Examples, LayeredVictim, Victim
from harness.streams import Streams


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="convolution")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Add()([x, keras.layers.Conv2D(4, 3, padding="same")(x)])
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Dense(10)(x))


@pytest.fixture(scope="module")
def examples():
    rng = np.random.default_rng(1)
    return Examples(rng.uniform(size=(6, 8, 8, 1)).astype(np.float32), rng.integers(0, 10, 6), np.arange(6))


def test_it_is_a_victim_that_says_what_the_model_says(model, examples):
    victim = KerasVictim(model)
    assert isinstance(victim, Victim)
    assert (victim.image_shape, victim.classes) == ((8, 8, 1), 10)
    theirs = model.predict(examples.images, verbose=0)
    np.testing.assert_allclose(ops.convert_to_numpy(victim.logits(examples.images)), theirs, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(victim.predict(examples.images), theirs.argmax(1))


def test_its_exact_logits_are_computed_in_float64(model, examples):
    victim, x = KerasVictim(model), examples.images.astype(np.float64)
    np.testing.assert_allclose(victim.exact_logits(x), model.predict(x, verbose=0), rtol=1e-4, atol=1e-5)
    step = np.random.default_rng(2).normal(size=x.shape)
    wide, narrow = (
        (victim.exact_logits(x + h * step) - victim.exact_logits(x - h * step)) / (2 * h) for h in (1e-6, 1e-9)
    )
    np.testing.assert_allclose(narrow, wide, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("attack", [LBFGSAttack(), DDN(steps=20)])
def test_attacks_find_examples_for_it(model, examples, attack):
    made = attack(KerasVictim(model), examples, Streams(0, 1))
    assert made.found.all()
    np.testing.assert_array_equal(model.predict(made.images, verbose=0).argmax(1), made.targets)


def test_a_model_that_takes_no_images_is_refused():
    with pytest.raises(UsageError, match=r"expected a model of one input \(n, h, w, c\)"):
        KerasVictim(keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)]))


def test_the_outputs_of_its_layers_are_those_of_keras_layers(model, examples):
    victim = KerasVictim(model)
    assert isinstance(victim, LayeredVictim)
    assert len(victim.layer_shapes) == len(model.layers)
    inner = keras.Model(model.inputs, model.get_layer("convolution").output)
    found = victim.layer_outputs(examples.images, 1)
    assert found.shape == (6, *victim.layer_shapes[1]) == (6, 6, 6, 4)
    np.testing.assert_allclose(found, inner.predict(examples.images, verbose=0), rtol=1e-4, atol=1e-5)
    last = len(victim.layer_shapes) - 1
    np.testing.assert_allclose(
        victim.layer_outputs(examples.images, last), victim.exact_logits(examples.images), rtol=1e-3, atol=1e-4
    )
    np.testing.assert_array_equal(victim.layer_outputs(examples.images, 0), examples.images)

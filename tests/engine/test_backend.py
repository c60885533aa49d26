import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from harness.engine import backend
from harness.errors import NoDevice


def squared_distance(x, centre):
    return ops.sum((x - centre) ** 2, axis=1)


def test_each_image_gets_the_gradient_of_its_own_value():
    x, centre = np.arange(6, dtype=np.float32).reshape(3, 2), np.ones((3, 2), np.float32)
    value, gradient = backend.jit(backend.value_and_gradient(squared_distance))(x, centre)
    np.testing.assert_allclose(value, ((x - centre) ** 2).sum(1), rtol=1e-6)
    np.testing.assert_allclose(gradient, 2 * (x - centre), rtol=1e-6)


def test_what_comes_beside_the_value_is_given_too_and_has_no_part_in_the_gradient():
    both = backend.value_and_gradient(lambda x: (ops.sum(x * x, axis=-1), ops.sum(x**3, axis=-1)), has_aux=True)
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    (value, beside), gradient = backend.jit(both)(x)
    np.testing.assert_allclose(value, (x**2).sum(1))
    np.testing.assert_allclose(beside, (x**3).sum(1))
    np.testing.assert_allclose(gradient, 2 * x)


@pytest.mark.parametrize("fuse", [True, False])
def test_the_gradient_of_a_dictionary_of_weights_has_its_names(fuse):
    weights = {"a": np.full((2, 3), 0.5, np.float32), "b": np.ones(3, np.float32)}
    x = np.ones((4, 2), np.float32)
    both = backend.value_and_gradient(lambda w, x: ops.sum(ops.tanh(ops.matmul(x, w["a"])) * w["b"], axis=1))
    value, gradient = backend.jit(both, fuse=fuse)(weights, x)
    np.testing.assert_allclose(value, np.full(4, 3 * np.tanh(1.0)), rtol=1e-5)
    np.testing.assert_allclose(gradient["b"], np.full(3, 4 * np.tanh(1.0)), rtol=1e-5)
    np.testing.assert_allclose(gradient["a"], np.full((2, 3), 4 * (1 - np.tanh(1.0) ** 2)), rtol=1e-5)


def test_what_the_value_does_not_depend_on_has_gradient_zero():
    both = backend.value_and_gradient(lambda w: ops.sum(w["used"]))
    _, gradient = both({"used": ops.ones(2), "unused": ops.ones(3)})
    np.testing.assert_array_equal(gradient["unused"], np.zeros(3))


def test_gradients_can_be_taken_inside_a_compiled_loop():
    both = backend.value_and_gradient(squared_distance)

    def descend(x, centre):
        step = lambda i, x: (i + 1, x - 0.25 * both(x, centre)[1])  # noqa: E731  an expression reads best here
        return ops.while_loop(lambda i, x: i < 20, step, (0, x))[1]

    reached = backend.jit(descend)(np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32))
    np.testing.assert_allclose(reached, np.ones((2, 3)), atol=1e-5)


def test_the_same_call_gives_the_same_bits():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2000, 300)).astype(np.float32), rng.normal(size=(300, 40)).astype(np.float32)
    compiled = backend.jit(lambda x, w: ops.sum(ops.sigmoid(ops.matmul(x, w)), axis=0))
    first = np.asarray(compiled(x, w))
    assert all(np.array_equal(first, np.asarray(compiled(x, w))) for _ in range(5))


def test_a_cpu_is_always_at_hand():
    with backend.on("cpu"):
        assert float(ops.sum(ops.ones(3))) == 3.0


def test_a_device_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(NoDevice, match=r"gpu:99.*cpu:0"):
        backend.on("gpu:99")


def test_starting_the_engine_writes_nothing():
    script = "import harness.engine.victim as v; from keras import ops; print(float(ops.sum(ops.ones(3))))"
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "KERAS_"))}
    environment = plain | {"KERAS_BACKEND": backend.BACKEND}
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout == "3.0\n"
    assert ran.stderr == ""


SETTINGS = "k.config.floatx(), k.config.dtype_policy().name, k.config.image_data_format(), k.config.epsilon(), k.config.max_epochs()"
STANDARD = "('float32', 'float32', 'channels_last', 1e-07, None)"


def started(home, keras_json, **variables):
    """Start the engine in a process of its own, with a keras.json and variables of the environment."""
    (home / "keras.json").write_text(keras_json)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("KERAS_")}
    environment = plain | {"KERAS_BACKEND": backend.BACKEND, "KERAS_HOME": str(home), **variables}
    script = f"import harness.engine.backend; import keras as k; print(({SETTINGS}))"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("floatx", ["float64", "float16"])
def test_the_precision_is_float32_whatever_the_user_s_settings_of_keras_say(tmp_path, floatx):
    settings = {"floatx": floatx, "epsilon": 1e-3, "image_data_format": "channels_first", "nnx_enabled": True}
    ran = started(tmp_path, json.dumps(settings), KERAS_MAX_EPOCHS="1", KERAS_MAX_STEPS_PER_EPOCH="no number")
    assert ran.stdout.strip() == STANDARD, ran.stderr


def test_settings_that_keras_refuses_are_named_with_their_file(tmp_path):
    ran = started(tmp_path, '{"floatx": "bfloat16"}')
    assert "UsageError: Keras refuses its settings in keras.json" in ran.stderr
    assert "correct or delete that file" in ran.stderr


def test_a_policy_that_a_program_or_another_kind_has_set_is_set_back():
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_floatx("float64")
    try:
        backend.standardise()
        assert str(eval(SETTINGS, {"k": keras})) == STANDARD  # noqa: S307  the same words as in the other process
    finally:
        backend.standardise()

import numpy as np
import pytest
from keras import ops

from harness.engine import backend, victim
from harness.engine.victim import Architecture, NetworkVictim, build_model
from harness.errors import ContractError, UsageError
from harness.examples import LayeredVictim, Victim
from harness.layers.conv2d import Conv2D
from harness.layers.dense import Dense
from harness.layers.dropout import Dropout
from harness.layers.max_pooling2d import MaxPooling2D

SHAPE = (4, 3, 2)


def network(*layers, seed=0):
    architecture = Architecture(SHAPE, layers)
    rng = np.random.default_rng(seed)
    drawn = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in architecture.shapes.items()}
    return NetworkVictim(architecture, drawn)


def in_keras(net):
    """Return the same network as a model of Keras of its own."""
    model = build_model(net.architecture)
    for each in model.weights:
        each.assign(net.weights[each.path])
    return model


def images(n, seed=1):
    return np.random.default_rng(seed).uniform(size=(n, *SHAPE)).astype(np.float32)


NETWORKS = [
    network(Dense(units=5)),
    network(Dense(units=7, activation="sigmoid"), Dense(units=5)),
    network(Dense(units=7, activation="relu"), Dense(units=6, activation="tanh"), Dense(units=5)),
]


@pytest.mark.parametrize("net", NETWORKS)
def test_logits_on_the_device_agree_with_those_in_float64(net):
    x = images(9)
    np.testing.assert_allclose(ops.convert_to_numpy(net.logits(x)), net.exact_logits(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("net", NETWORKS)
def test_keras_computes_the_same_logits(net):
    x = images(9)
    np.testing.assert_allclose(in_keras(net).predict(x, verbose=0), net.exact_logits(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("net", NETWORKS)
def test_the_loss_is_the_negative_log_probability_of_the_label(net):
    x, labels = images(6), np.array([0, 1, 2, 3, 4, 0])
    z = net.exact_logits(x)
    expected = np.log(np.exp(z).sum(1)) - z[np.arange(6), labels]
    np.testing.assert_allclose(net.loss_and_gradient(ops.convert_to_tensor(x), labels)[0], expected, rtol=1e-4)


@pytest.mark.parametrize("net", NETWORKS)
def test_the_gradient_agrees_with_finite_differences_in_float64(net):
    x, labels = images(3), np.array([4, 0, 2])
    gradient = ops.convert_to_numpy(net.loss_and_gradient(ops.convert_to_tensor(x), labels)[1])

    def losses(x):
        z = net.exact_logits(x)
        return np.log(np.exp(z).sum(1)) - z[np.arange(3), labels]

    step = np.random.default_rng(2).normal(size=x.shape)
    slope = (losses(x + 1e-6 * step) - losses(x - 1e-6 * step)) / 2e-6
    np.testing.assert_allclose((gradient * step).sum((1, 2, 3)), slope, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("n", [0, 1, 5, 64, 130])
def test_predictions_are_those_of_the_logits_whatever_the_number_of_images(n, monkeypatch):
    monkeypatch.setattr(victim, "FORWARD", victim.FORWARD._replace(images=32))
    predicted = NETWORKS[1].predict(images(n))
    assert predicted.dtype == np.int64
    np.testing.assert_array_equal(predicted, NETWORKS[1].exact_logits(images(n)).argmax(1))


def test_networks_of_equal_architecture_share_one_compiled_function():
    first, second = (
        network(Dense(units=8, activation="relu"), Dense(units=5), seed=3),
        network(Dense(units=8, activation="relu"), Dense(units=5), seed=4),
    )
    before = victim._classifier.cache_info().currsize
    assert not np.array_equal(first.predict(images(50)), second.predict(images(50)))
    assert victim._classifier.cache_info().currsize == before + 1


@pytest.mark.parametrize("k", [1, 2])
def test_a_network_on_top_of_another_takes_its_outputs_as_images(k):
    whole = NETWORKS[2]
    below, above = whole.architecture.layers[:k], whole.architecture.layers[k:]
    parts = [Architecture(SHAPE, below), Architecture((1, 1, below[-1].units), above)]
    arrays = list(whole.weights.values())
    lower, upper = (
        NetworkVictim(part, dict(zip(part.shapes, some, strict=True)))
        for part, some in zip(parts, (arrays[: 2 * k], arrays[2 * k :]), strict=True)
    )
    joined = upper.on_top_of(lower)
    assert joined.weights.keys() == whole.weights.keys()
    np.testing.assert_array_equal(joined.exact_logits(images(4)), whole.exact_logits(images(4)))


@pytest.mark.parametrize("fuse", [True, False])
def test_a_network_first_used_inside_a_program_of_another_package_can_be_used_after_it(fuse):
    net = network(Dense(units=5), seed=3)
    first = backend.jit(net.logits, fuse=fuse)(ops.convert_to_tensor(images(2)))
    again = backend.jit(lambda x: net.logits(x) + 0.0, fuse=fuse)(ops.convert_to_tensor(images(2)))
    np.testing.assert_array_equal(ops.convert_to_numpy(first), ops.convert_to_numpy(again))


def test_only_a_single_layer_without_activation_is_linear():
    kernel, bias = NETWORKS[0].linear
    np.testing.assert_allclose(images(4).reshape(4, -1) @ kernel + bias, NETWORKS[0].exact_logits(images(4)))
    assert NETWORKS[1].linear is None
    assert network(Dense(units=5, activation="relu")).linear is None


def test_weights_of_another_shape_are_refused():
    with pytest.raises(UsageError, match="expected weights of shapes"):
        NetworkVictim(Architecture(SHAPE, (Dense(units=4),)), NETWORKS[0].weights)


def test_a_network_is_a_victim():
    assert isinstance(NETWORKS[0], Victim)
    assert (NETWORKS[0].image_shape, NETWORKS[0].classes) == (SHAPE, 5)


@pytest.mark.parametrize("shape", [(4, 3, 4), (4, 3, 1), (3, 4, 2), (24, 1, 1), (2, 3, 4), (24,)])
@pytest.mark.parametrize("ask", ["predict", "exact_logits", "logits"])
def test_images_of_another_shape_are_refused_even_where_their_pixels_would_fit(shape, ask):
    net = NETWORKS[0]
    with pytest.raises(ContractError, match="but the model takes images of"):
        getattr(net, ask)(np.zeros((5, *shape), np.float32))
    with pytest.raises(ContractError, match="but the model takes images of"):
        net.loss_and_gradient(np.zeros((5, *shape), np.float32), np.zeros(5, np.int32))


CONVNET = network(
    Conv2D(filters=3, kernel_size=2, activation="relu"),
    MaxPooling2D(pool_size=(1, 2)),
    Dense(units=6, activation="tanh"),
    Dropout(rate=0.5),
    Dense(units=5),
)


@pytest.mark.parametrize("layer", [1, 2, 3, 4, 5])
def test_the_outputs_of_a_layer_are_those_of_keras_model_up_to_it(layer):
    model, x = in_keras(CONVNET), images(9)
    inner = type(model)(model.inputs, model.get_layer(f"layer-{layer}").output)
    found = CONVNET.layer_outputs(x, layer)
    assert found.shape == (9, *CONVNET.layer_shapes[layer])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, inner.predict(x, verbose=0), rtol=1e-4, atol=1e-5)


def test_a_network_shows_its_layers_from_the_images_to_the_logits():
    x = images(4)
    assert isinstance(CONVNET, LayeredVictim)
    assert CONVNET.layer_shapes == (SHAPE, (3, 2, 3), (3, 1, 3), (6,), (6,), (5,))
    np.testing.assert_array_equal(CONVNET.layer_outputs(x, 0), x)
    np.testing.assert_allclose(CONVNET.layer_outputs(x, 5), CONVNET.exact_logits(x), rtol=1e-4, atol=1e-5)
    with pytest.raises(ContractError, match="found images of 3×3×2"):
        CONVNET.layer_outputs(np.zeros((1, 3, 3, 2), np.float32), 0)


def test_layers_are_counted_from_the_first_of_the_model_a_network_starts_from():
    below, above = network(Dense(units=7, activation="relu")), Architecture((1, 1, 7), (Dense(units=5),))
    whole = NetworkVictim(above, {name: np.ones(shape, np.float32) for name, shape in above.shapes.items()})
    x = images(3)
    np.testing.assert_array_equal(whole.on_top_of(below).layer_outputs(x, 1), below.layer_outputs(x, 1))

"""What every registered layer must be, whoever wrote it."""

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from keras import ops
from pydantic import ValidationError

from harness.engine import backend
from harness.engine.victim import Architecture, NetworkVictim, build_model
from harness.errors import Infeasible
from harness.kinds.along import count, placed_along
from harness.kinds.layer import SLOPES, ActivationName, ShapeKeeping
from harness.kinds.registry import discover, kinds, lent
from harness.models.network import NetworkModel

discover()
IMAGE = (6, 5, 3)
EXAMPLES = {
    "activation": [
        {"activation": name} for name in ("leaky_relu", "elu", "gelu", "sigmoid", "tanh", "softplus", "relu6")
    ],
    "average_pooling2d": [{"pool_size": 2}, {"pool_size": 3, "strides": 2, "padding": "same"}],
    "batch_normalization": [{}],
    "branches": [
        {"paths": [[], [{"conv2d": {"filters": 3, "kernel_size": 3, "padding": "same"}}]]},
        {"join": "concatenate", "paths": [["flatten"], [{"dense": {"units": 4}}]]},
        {"join": "average", "paths": [[{"dense": {"units": 4}}], [{"dense": {"units": 4}}]]},
        {"join": "average-probabilities", "paths": [[{"dense": {"units": 4}}], [{"dense": {"units": 4}}]]},
    ],
    "channel_swap": [{}, {"order": [1, 2, 0]}],
    "conv2d": [
        {"filters": 4, "kernel_size": 3},
        {"filters": 2, "kernel_size": [2, 3], "strides": 2, "padding": "same", "activation": "relu"},
        {"filters": 6, "kernel_size": 3, "groups": 3, "padding": "same"},
        {"filters": 2, "kernel_size": [3, 2], "dilation_rate": [2, 3]},
    ],
    "dense": [{"units": 4}, {"units": 7, "activation": "relu", "use_bias": False}],
    "depthwise_conv2d": [
        {"kernel_size": 3, "depth_multiplier": 2},
        {"kernel_size": [3, 2], "strides": 2, "padding": "same", "activation": "relu6", "use_bias": False},
        {"kernel_size": 2, "dilation_rate": [1, 2], "padding": "same"},
    ],
    "dropout": [{"rate": 0.5}],
    "flatten": [{}],
    "gaussian_noise": [{"stddev": 0.3}],
    "global_average_pooling2d": [{}],
    "global_max_pooling2d": [{}],
    "l2_pooling2d": [{"pool_size": 2}, {"pool_size": 3, "strides": 2, "padding": "same"}],
    "layer_normalization": [{}],
    "local_contrast_normalization": [{"size": 3}, {"size": [5, 3], "stddev": 0.8, "floor": 0.1}],
    "local_response_normalization": [
        {"k": 1.0, "alpha": 0.5, "average": True},
        {"size": 3, "alpha": 0.3, "beta": 0.6},
    ],
    "locally_connected2d": [
        {"filters": 2, "kernel_size": 3},
        {"filters": 3, "kernel_size": [3, 2], "strides": [2, 1], "activation": "relu", "use_bias": False},
    ],
    "maxout": [{"pieces": 3}],
    "max_pooling2d": [{"pool_size": 2}, {"pool_size": 3, "strides": 2, "padding": "same"}],
    "rbf": [{"units": 4}, {"units": 3, "precision": "diagonal"}],
    "rescaling": [{"scale": 3.0, "offset": -0.5}, {"scale": [3.0, -4.0, 0.5], "offset": [-0.5, 0.25, 0.1]}],
    "reshape": [{"target_shape": [15, 6]}],
    "zero_padding2d": [{"padding": [1, 2]}],
}
"""Kind -> fields to try it with."""
CASES = [
    pytest.param(kind, fields, id=f"{kind}-{n}") for kind in kinds("layers") for n, fields in enumerate(EXAMPLES[kind])
]


def layer(kind, fields):
    return kinds("layers")[kind].model_validate_json(json.dumps(fields))


def network(kind, fields):
    """The layer below a dense one, with random weights of both; variances are positive."""
    architecture = Architecture(IMAGE, (layer(kind, fields), layer("dense", {"units": 4})))
    rng = np.random.default_rng(0)
    drawn = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in architecture.shapes.items()}
    return NetworkVictim(
        architecture, {name: abs(array) if "variance" in name else array for name, array in drawn.items()}
    )


def images(n, seed=1):
    return np.random.default_rng(seed).uniform(size=(n, *IMAGE)).astype(np.float32)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_it_knows_the_shape_that_keras_gives_its_output(kind, fields):
    model = build_model(Architecture(IMAGE, (layer(kind, fields),)))
    assert tuple(model.output_shape[1:]) == layer(kind, fields).output(IMAGE)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_it_knows_the_weights_that_keras_gives_it_without_allocating_them(kind, fields):
    layers = (layer(kind, fields),)
    model = build_model(Architecture(IMAGE, layers))
    found = {
        f"{name}/{part}": shape
        for name, each, entering in placed_along(layers, IMAGE, "layer")
        for part, shape in each.weight_shapes(entering).items()
    }
    numbers = [each for each in model.weights if "seed_generator" not in each.path]
    assert sorted(found.items()) == sorted((each.path, tuple(each.shape)) for each in numbers)
    assert count(layers, IMAGE) == sum(int(np.prod(each.shape)) for each in numbers)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_float32_on_the_device_agrees_with_the_float64_twin(kind, fields):
    net = network(kind, fields)
    exact = net.exact_logits(images(5))
    assert exact.dtype == np.float64
    np.testing.assert_allclose(ops.convert_to_numpy(net.logits(images(5))), exact, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_the_twin_computes_in_float64_throughout(kind, fields):
    """A step of 1e-9 shows in float64 alone: float32 within would lose it in rounding."""
    net = network(kind, fields)
    x, step = images(3).astype(np.float64), np.random.default_rng(2).normal(size=(3, *IMAGE))
    wide, narrow = ((net.exact_logits(x + h * step) - net.exact_logits(x - h * step)) / (2 * h) for h in (1e-6, 1e-9))
    np.testing.assert_allclose(narrow, wide, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("fuse", [True, False], ids=["fused", "unfused"])
@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_the_gradient_agrees_with_finite_differences_of_the_twin(kind, fields, fuse):
    net, labels = network(kind, fields), np.array([1, 0, 3])
    step = np.random.default_rng(3).normal(size=(3, *IMAGE))
    gradient = backend.jit(net.loss_and_gradient, fuse=fuse)(ops.convert_to_tensor(images(3)), labels)[1]

    def losses(x):
        z = net.exact_logits(x)
        return np.log(np.exp(z).sum(1)) - z[np.arange(3), labels]

    x = images(3).astype(np.float64)
    slope = (losses(x + 1e-6 * step) - losses(x - 1e-6 * step)) / 2e-6
    np.testing.assert_allclose((ops.convert_to_numpy(gradient) * step).sum((1, 2, 3)), slope, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_it_is_affine_exactly_where_it_says_so(kind, fields):
    """An affine function of a mean of images is the mean of its values."""
    net = network(kind, fields)
    a, b = (10 * (images(4, seed).astype(np.float64) - 0.5) for seed in (5, 6))
    apart = abs(net.exact_logits((a + b) / 2) - (net.exact_logits(a) + net.exact_logits(b)) / 2).max()
    assert (apart < 1e-9) == layer(kind, fields).affine


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_its_network_computes_the_same_as_keras_own_model(kind, fields):
    net = network(kind, fields)
    model = build_model(net.architecture)
    for each in model.weights:
        each.assign(net.weights[each.path])
    np.testing.assert_allclose(model.predict(images(4), verbose=0), net.exact_logits(images(4)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_a_network_with_it_is_read_from_json_as_it_was_written(kind, fields):
    model = NetworkModel.model_validate(
        {"train_on": "d/train", "layers": (layer(kind, fields),), "training": {"kind": "minibatch"}}
    )
    again = NetworkModel.model_validate_json(model.model_dump_json())
    assert again == model
    assert again.fingerprint() == model.fingerprint()


@pytest.mark.parametrize("kind", kinds("layers"))
def test_it_is_a_file_of_at_most_forty_lines_of_code(kind):
    lines = Path(__import__(kinds("layers")[kind].__module__, fromlist=["_"]).__file__).read_text().splitlines()
    code = [line for line in lines if line.strip() and not line.strip().startswith(('"""', "#"))]
    assert len(code) <= 40


def alone(kind, fields, image=IMAGE):
    """A network of the layer alone, its outputs laid flat, with random weights."""
    each = layer(kind, fields)
    architecture = Architecture(image, (each, layer("flatten", {})))
    rng = np.random.default_rng(7)
    drawn = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in architecture.shapes.items()}
    drawn = {name: abs(array) if "variance" in name else array for name, array in drawn.items()}
    return NetworkVictim(architecture, drawn), each.norm_bounds(image, drawn, "layer-1")


def jacobian(net, x, step=1e-6):
    """Central differences of the float64 twin, ``(inputs, outputs)``."""
    moves = step * np.eye(x.size).reshape(-1, *x.shape)
    return (net.exact_logits(x + moves) - net.exact_logits(x - moves)) / (2 * step)


SLOPED = [
    case for case in CASES if case.values[0] == "activation" or case.values[1].get("activation", "linear") != "linear"
]
NORMLESS = [case for case in CASES if case.values[0] == "rbf" or case.values[1].get("join") == "average-probabilities"]
"""Layers that declare no norm: the slope of ``rbf`` grows without bound."""
WIDE = [
    ("max_pooling2d", {"pool_size": 3, "strides": 1, "padding": "same"}),
    ("max_pooling2d", {"pool_size": [2, 3], "strides": [1, 2]}),
    ("average_pooling2d", {"pool_size": 3, "strides": 1, "padding": "same"}),
    ("average_pooling2d", {"pool_size": [2, 3], "strides": [1, 2]}),
    ("average_pooling2d", {"pool_size": 2, "strides": 3}),
    ("conv2d", {"filters": 2, "kernel_size": 3, "strides": [1, 2]}),
    ("conv2d", {"filters": 4, "kernel_size": 2, "padding": "same"}),
    ("conv2d", {"filters": 6, "kernel_size": 2, "groups": 3, "strides": 2}),
    ("conv2d", {"filters": 2, "kernel_size": 2, "dilation_rate": 3, "padding": "same"}),
    ("depthwise_conv2d", {"kernel_size": 3, "strides": 2, "padding": "same", "depth_multiplier": 3}),
    ("depthwise_conv2d", {"kernel_size": 1}),
    ("l2_pooling2d", {"pool_size": 3, "strides": 1, "padding": "same"}),
    ("l2_pooling2d", {"pool_size": [2, 3], "strides": [1, 2]}),
    ("local_response_normalization", {"size": 1, "alpha": 1.0, "beta": 2.0, "k": 0.5}),
    ("local_response_normalization", {"size": 3, "alpha": 10.0, "beta": 0.25, "k": 1.0}),
    ("local_contrast_normalization", {"size": 1}),
    ("locally_connected2d", {"filters": 2, "kernel_size": 2, "strides": 3}),
    ("rescaling", {"scale": -2.0}),
]
"""More to try bounds with: windows that overlap, that leave pixels out, and that are not square."""


@pytest.mark.parametrize(("kind", "fields"), [*(case for case in CASES if case not in NORMLESS), *WIDE])
def test_it_declares_an_operator_norm_that_no_two_inputs_exceed(kind, fields):
    """Near and far pairs, and pairs that differ in one pixel."""
    net, bounds = alone(kind, fields)
    assert 0 <= bounds.lower <= bounds.upper
    assert 0 <= bounds.printed < np.inf
    rng, pairs = np.random.default_rng(8), []
    for scale in (1e-4, 1.0, 10.0):
        x = rng.normal(0, scale, (60, *IMAGE))
        y = x + rng.normal(0, scale, x.shape) * (rng.uniform(size=x.shape) < rng.choice([0.02, 1.0], (60, 1, 1, 1)))
        pairs.append((x, y))
    x, y = (np.concatenate(each) for each in zip(*pairs, strict=True))
    apart = np.linalg.norm((x - y).reshape(len(x), -1), axis=1)
    moved = np.linalg.norm(net.exact_logits(x) - net.exact_logits(y), axis=1)
    assert (moved <= bounds.upper * bounds.slope * apart * (1 + 1e-9) + 1e-12).all()


@pytest.mark.parametrize(("kind", "fields"), [*(case for case in CASES if case not in SLOPED + NORMLESS), *WIDE])
def test_a_norm_it_calls_exact_is_that_of_its_derivative_where_it_is_steepest(kind, fields):
    """Affine layers have one derivative; poolings follow a single bright pixel, normalizations stretch a uniform image."""
    net, bounds = alone(kind, fields)
    if not bounds.exact:
        pytest.skip("it has two ends")
    uneven = np.random.default_rng(9).uniform(
        0, 0.1, IMAGE
    )  # no two activations are equal, where a maximum has no derivative
    images = [uneven.copy() for _ in range(IMAGE[0] * IMAGE[1])]
    for n, peak in enumerate(images):
        peak[n // IMAGE[1], n % IMAGE[1]] += 1e3
    if "pooling" not in kind:
        images += [np.full(IMAGE, 0.3), np.zeros(IMAGE)]
    steepest = max(np.linalg.norm(jacobian(net, x), 2) for x in images)
    assert steepest == pytest.approx(bounds.upper, rel=1e-6)


@pytest.mark.parametrize("name", get_args(ActivationName))
def test_the_largest_slope_of_an_activation_function_is_met_and_not_exceeded(name):
    grid = np.linspace(-8, 8, 16_001).reshape(-1, 1, 1, 1)
    net = NetworkVictim(Architecture((1, 1, 1), (layer("activation", {"activation": name}), layer("flatten", {}))), {})
    slopes = (net.exact_logits(grid + 1e-6) - net.exact_logits(grid - 1e-6)) / 2e-6
    assert abs(slopes).max() == pytest.approx(SLOPES[name], rel=1e-3)
    assert abs(slopes).max() <= SLOPES[name] + 1e-8


def test_a_layer_that_declares_no_norm_is_refused_by_name():
    class Cubes(ShapeKeeping):
        """Each activation to the third power."""

    with (
        lent("layers", {"cubes": Cubes}),
        pytest.raises(Infeasible, match=r"layer-2: layers of the kind 'cubes' declare no"),
    ):
        Cubes().norm_bounds(IMAGE, {}, "layer-2")


def test_the_paths_of_branches_are_bounded_together_though_each_alone_is_exact():
    twice = alone("branches", {"paths": [[], []]})[1]
    assert (twice.lower, twice.upper) == (0.0, 2.0)
    beside = alone("branches", {"paths": [[], [{"rescaling": {"scale": 2.0}}]], "join": "concatenate"})[1]
    assert beside.upper == pytest.approx(5**0.5)


def test_pixels_become_what_a_network_of_caffe_takes_to_the_last_digit():
    """Blue, green and red from 0 to 255, less the means of ImageNet."""
    scaled = layer("rescaling", {"scale": 255.0, "offset": [-123.0, -117.0, -104.0]})
    net = NetworkVictim(Architecture(IMAGE, (scaled, layer("channel_swap", {}), layer("flatten", {}))), {})
    x = images(4)
    expected = 255 * x[..., ::-1].astype(np.float64) - [104, 117, 123]
    np.testing.assert_allclose(net.exact_logits(x), expected.reshape(4, -1), rtol=1e-12, atol=1e-12)


def test_an_order_of_channels_names_each_once():
    with pytest.raises(ValidationError, match=r"expected every channel from 0 to 2 once; found \[0, 1, 1\]"):
        layer("channel_swap", {"order": [0, 1, 1]})


def test_dropout_and_noise_do_nothing_to_a_victim():
    for kind in ("dropout", "gaussian_noise"):
        net = network(kind, {})
        np.testing.assert_array_equal(
            ops.convert_to_numpy(net.logits(images(4))), ops.convert_to_numpy(net.logits(images(4)))
        )


@pytest.mark.parametrize(
    ("kind", "fields", "shape", "says"),
    [
        ("conv2d", {"filters": 1, "kernel_size": 7}, (6, 9, 1), "the kernel 7×7 is larger than its input 6×9"),
        ("max_pooling2d", {"pool_size": [2, 9]}, (6, 8, 1), "the window 2×9 is larger than its input 6×8"),
        ("conv2d", {"filters": 1, "kernel_size": 3}, (12,), "takes images"),
        ("reshape", {"target_shape": [5]}, (6,), "of 6 activations"),
        (
            "rescaling",
            {"offset": [1.0, 2.0]},
            (6, 6, 3),
            "expected 3 numbers as offset, as many as its input 6×6×3 has",
        ),
        ("channel_swap", {}, (6, 6, 1), "takes 3 channels, but its input has the shape 6×6×1"),
        ("maxout", {"pieces": 5}, (6, 6, 12), "cannot split the channels of its input 6×6×12 into groups of 5"),
        ("branches", {"paths": [[], [{"dense": {"units": 2}}]]}, (3,), "cannot add paths that end in 3, 2"),
    ],
)
def test_an_input_that_does_not_fit_is_refused_in_words(kind, fields, shape, says):
    with pytest.raises(ValueError, match=says):
        layer(kind, fields).output(shape)


def test_maxout_units_are_numpys_largest_of_their_pieces_and_follow_the_largest_alone():
    """Five units of three pieces each: a linear layer of 15, the pieces of a unit side by side."""
    architecture = Architecture(IMAGE, (layer("dense", {"units": 15}), layer("maxout", {"pieces": 3})))
    rng = np.random.default_rng(0)
    w = {name: rng.normal(0, 0.5, shape) for name, shape in architecture.shapes.items()}
    net, x = NetworkVictim(architecture, {name: each.astype(np.float32) for name, each in w.items()}), images(7)
    pieces = x.reshape(7, -1) @ net.weights["layer-1/kernel"].astype(np.float64) + net.weights["layer-1/bias"]
    np.testing.assert_allclose(net.exact_logits(x), pieces.reshape(7, 5, 3).max(axis=2), rtol=1e-12)
    winners = pieces.reshape(7, 5, 3).argmax(axis=2)[:, 2] + 2 * 3
    slopes = jacobian(net, x[0].astype(np.float64))[:, 2]
    np.testing.assert_allclose(slopes, net.weights["layer-1/kernel"][:, winners[0]], atol=1e-6)


@pytest.mark.parametrize(("kind", "fields"), NORMLESS)
def test_a_layer_without_a_norm_says_so(kind, fields):
    with pytest.raises(Infeasible, match=f"layers of the kind '{kind}' declare no bound"):
        alone(kind, fields)


@pytest.mark.parametrize("precision", ["unit", "diagonal"])
def test_radial_basis_functions_are_numpys_of_centres_and_precisions(precision):
    architecture = Architecture(IMAGE, (layer("rbf", {"units": 4, "precision": precision}),))
    shapes = architecture.shapes
    assert shapes["layer-1/log_precision"] == ((4,) if precision == "unit" else (90, 4))
    rng = np.random.default_rng(0)
    w = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    net, x = NetworkVictim(architecture, w), images(7)
    apart = x.reshape(7, -1, 1).astype(np.float64) - w["layer-1/kernel"]
    expected = -(np.exp(w["layer-1/log_precision"].astype(np.float64)) * apart**2).sum(axis=1)
    np.testing.assert_allclose(net.exact_logits(x), expected, rtol=1e-10)


def test_a_radial_basis_function_is_one_at_its_centre_whatever_the_rounding():
    architecture = Architecture(IMAGE, (layer("rbf", {"units": 2, "initial_precision": 5.0}),))
    w = {name: each.numpy() for name, each in zip(architecture.shapes, architecture.model().weights, strict=True)}
    np.testing.assert_allclose(w["layer-1/log_precision"], np.log(5.0), rtol=1e-6)
    x = images(2)
    net = NetworkVictim(architecture, w | {"layer-1/kernel": x.reshape(2, -1).T})
    logits = ops.convert_to_numpy(net.logits(x))
    assert logits.max() <= 0
    np.testing.assert_allclose(np.diag(logits), 0, atol=1e-3)
    assert logits[0, 1] < -10

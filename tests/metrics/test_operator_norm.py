import numpy as np
import pytest
from pydantic import ValidationError

from harness.engine.victim import Architecture, NetworkVictim
from harness.errors import Infeasible
from harness.examples import Examples
from harness.kinds.layer import ShapeKeeping
from harness.kinds.registry import discover, kinds, lent
from harness.metrics.operator_norm import OperatorNorm

discover()
LAYERS = kinds("layers")


def network(*layers, image=(8, 8, 1)):
    architecture = Architecture(image, layers)
    rng = np.random.default_rng(0)
    drawn = {name: rng.normal(size=shape).astype(np.float32) for name, shape in architecture.shapes.items()}
    return NetworkVictim(
        architecture, {name: abs(each) if "variance" in name else each for name, each in drawn.items()}
    )


def images_of(victim):
    return Examples(np.zeros((1, *victim.image_shape), np.float32), np.zeros(1, np.int64), np.arange(1))


def measured(victim, **options):
    return OperatorNorm(**options)((victim,), images_of(victim), None).value


@pytest.fixture(scope="module")
def dense():
    return network(LAYERS["dense"](units=5, activation="sigmoid"), LAYERS["dense"](units=3))


@pytest.fixture(scope="module")
def strided():
    """Too large to be written out: its norm has two ends."""
    layers = LAYERS["conv2d"](filters=4, kernel_size=5, strides=2, padding="same"), LAYERS["dense"](units=2)
    return network(*layers, image=(72, 72, 1))


def test_of_a_dense_layer_it_is_the_largest_singular_value_without_the_activation_function(dense):
    largest = np.linalg.norm(dense.weights["layer-1/kernel"].astype(float), 2)
    for end in ("lower", "upper", "exact"):
        assert measured(dense, layer=1, end=end) == pytest.approx(largest, rel=1e-12)


def test_of_a_network_it_is_the_product_with_a_quarter_for_each_sigmoid(dense):
    layers = [measured(dense, layer=k) for k in (1, 2)]
    assert measured(dense) == pytest.approx(layers[0] * layers[1] / 4, rel=1e-12)
    assert measured(dense, end="exact") == measured(dense)


def test_a_large_convolution_has_two_ends_and_no_exact_norm(strided):
    lower, upper = (measured(strided, layer=1, end=end) for end in ("lower", "upper"))
    assert 0.9 * upper < lower < upper
    with pytest.raises(Infeasible, match=r"exactly known norm, found bounds of .* set end: lower or end: upper"):
        OperatorNorm(layer=1, end="exact")((strided,), images_of(strided), None)


def test_the_printed_formula_has_half_of_the_upper_end_for_a_stride_of_two(strided):
    """Of the layer, and so of the product."""
    for layer in (1, None):
        printed, upper = (
            OperatorNorm(layer=layer, formula=formula)((strided,), images_of(strided), None).value
            for formula in ("printed", "corrected")
        )
        assert printed == pytest.approx(upper / 2, rel=1e-9)


def test_the_printed_formula_has_no_lower_end():
    with pytest.raises(ValidationError, match="gives only upper bounds; found lower, write upper"):
        OperatorNorm(formula="printed", end="lower")


def test_max_pooling_whose_windows_overlap_stretches_though_the_paper_calls_it_contractive():
    victim = network(LAYERS["max_pooling2d"](pool_size=3, strides=1), LAYERS["dense"](units=2))
    assert measured(victim, layer=1, end="exact") == pytest.approx(3.0)
    assert measured(victim, layer=1, formula="printed") == 1.0


def test_the_product_is_refused_where_one_layer_declares_no_norm_and_other_layers_are_not():
    class Squares(ShapeKeeping):
        """The square of each activation."""

        def connect(self, x, name, dtype):
            return x * x

    with lent("layers", {"squares": Squares}):
        victim = network(LAYERS["dense"](units=4), Squares(), LAYERS["dense"](units=3))
        assert measured(victim, layer=1) > 0
        with pytest.raises(Infeasible, match="layer-2: layers of the kind 'squares' declare no bound"):
            measured(victim)


def test_a_layer_that_the_network_does_not_have_is_refused(dense):
    with pytest.raises(Infeasible, match="at most 2, the layers of the network, found 3"):
        measured(dense, layer=3)


def test_a_model_whose_layers_are_not_known_is_refused():
    class Foreign:
        image_shape, classes = (8, 8, 1), 2

    with pytest.raises(Infeasible, match="expected a network of layers, found a Foreign"):
        measured(Foreign())


def test_layers_of_the_model_below_are_counted_first():
    below = network(LAYERS["dense"](units=6, activation="relu"))
    head = network(LAYERS["dense"](units=2), image=(1, 1, 6)).on_top_of(below)
    assert measured(head, layer=1) == measured(below)
    assert measured(head) == pytest.approx(measured(below) * measured(head, layer=2))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("conv2d", {"filters": 3, "kernel_size": 3, "padding": "same"}),
        ("depthwise_conv2d", {"kernel_size": 3, "strides": 2, "padding": "same", "depth_multiplier": 2}),
        ("dense", {"units": 4}),
    ],
)
def test_a_linear_layer_and_batch_normalization_after_it_are_one_linear_map(kind, fields):
    victim = network(LAYERS[kind](**fields), LAYERS["batch_normalization"](), image=(6, 6, 2))
    victim.weights["layer-2/moving_variance"][:] = [1e-6, 4.0, 0.5, 9.0][: victim.architecture.outputs[1][-1]]
    victim = NetworkVictim(victim.architecture, victim.weights)
    basis = np.eye(72, dtype=np.float64).reshape(72, 6, 6, 2)
    outputs = [victim.layer_outputs(images.astype(np.float32), 2) for images in (basis, basis[:1] * 0)]
    matrix = (outputs[0] - outputs[1]).reshape(72, -1).astype(float)
    assert measured(victim, end="exact") == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-4)
    assert measured(victim) < measured(victim, layer=1) * measured(victim, layer=2)


def test_a_block_of_one_path_has_the_norm_of_its_layers_and_a_residual_one_at_most_one_more():
    path = LAYERS["conv2d"](filters=2, kernel_size=3, padding="same"), LAYERS["batch_normalization"]()
    alone = network(LAYERS["branches"](paths=(path,)), image=(6, 6, 2))
    residual = network(LAYERS["branches"](paths=(path, ())), image=(6, 6, 2))
    weights = {f"layer-{k}/{part}": alone.weights[f"layer-1-1-{k}/{part}"] for k, part in
               [(1, "kernel"), (1, "bias"), *((2, part) for part in ("gamma", "beta", "moving_mean", "moving_variance"))]}  # fmt: skip
    plain = NetworkVictim(network(*path, image=(6, 6, 2)).architecture, weights)
    assert measured(alone, layer=1) == pytest.approx(measured(plain, end="exact"), rel=1e-12)
    assert measured(residual, layer=1) == pytest.approx(measured(plain) + 1, rel=1e-12)

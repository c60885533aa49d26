"""Layers of images against their definitions, computed by NumPy window by window."""

import json

import numpy as np
import pytest
from scipy import signal

from harness.engine import backend
from harness.engine.initial import initial_weights
from harness.engine.victim import Architecture, NetworkVictim
from harness.kinds.layer import around
from harness.kinds.registry import discover, kinds

discover()
IMAGE = (7, 6, 4)
X = np.random.default_rng(0).normal(size=(3, *IMAGE))


def computed(kind, image=IMAGE, x=X, **fields):
    """What the layer makes of the images in float64, in its own shape, and its random weights."""
    layer = kinds("layers")[kind].model_validate_json(json.dumps(fields))
    architecture = Architecture(image, (layer, kinds("layers")["flatten"]()))
    rng = np.random.default_rng(1)
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in architecture.shapes.items()}
    made = NetworkVictim(architecture, weights).exact_logits(x)
    exact = {name.removeprefix("layer-1/"): array.astype(np.float64) for name, array in weights.items()}
    return made.reshape(len(x), *layer.output(image)), exact


def windows(x, size, strides, padding="valid"):
    """Yield (row, column) of each window and its pixels ``(n, rows, columns, c)``; zeros beyond the image."""
    x = np.pad(x, [(0, 0), *around(x.shape[1:], size, strides, padding), (0, 0)])
    for y in range((x.shape[1] - size[0]) // strides[0] + 1):
        for c in range((x.shape[2] - size[1]) // strides[1] + 1):
            top, left = y * strides[0], c * strides[1]
            yield (y, c), x[:, top : top + size[0], left : left + size[1]]


def test_groups_of_filters_see_groups_of_channels():
    made, w = computed("conv2d", filters=6, kernel_size=[3, 2], groups=2, strides=2, padding="same")
    assert w["kernel"].shape == (3, 2, 2, 6)
    for (y, x), seen in windows(X, (3, 2), (2, 2), "same"):
        for f in range(6):
            channels = slice(0, 2) if f < 3 else slice(2, 4)
            expected = (seen[..., channels] * w["kernel"][..., f]).sum((1, 2, 3)) + w["bias"][f]
            np.testing.assert_allclose(made[:, y, x, f], expected, rtol=1e-9)


def test_one_group_for_each_channel_is_a_depthwise_convolution():
    made, w = computed("depthwise_conv2d", kernel_size=3, depth_multiplier=2, strides=2)
    for (y, x), seen in windows(X, (3, 3), (2, 2)):
        expected = np.einsum("nijc,ijcm->ncm", seen, w["kernel"]).reshape(3, 8) + w["bias"]
        np.testing.assert_allclose(made[:, y, x], expected, rtol=1e-9)


@pytest.mark.parametrize("dilation", [(2, 1), (1, 3), (2, 2)])
def test_a_dilated_window_is_one_with_zeros_between_its_pixels(dilation):
    made, w = computed("conv2d", filters=2, kernel_size=[3, 2], dilation_rate=dilation, use_bias=False)
    wide = np.zeros((2 * dilation[0] + 1, dilation[1] + 1, 4, 2))
    wide[:: dilation[0], :: dilation[1]] = w["kernel"]
    for image, f in np.ndindex(3, 2):
        expected = sum(signal.correlate2d(X[image, ..., c], wide[..., c, f], "valid") for c in range(4))
        np.testing.assert_allclose(made[image, ..., f], expected, rtol=1e-9, atol=1e-12)


def test_untied_filters_are_those_of_each_window():
    made, w = computed("locally_connected2d", filters=3, kernel_size=[3, 2], strides=[2, 1], activation="relu")
    assert w["kernel"].shape == (3, 5, 3, 2, 4, 3)
    for (y, x), seen in windows(X, (3, 2), (2, 1)):
        expected = np.einsum("nijc,ijcf->nf", seen, w["kernel"][y, x]) + w["bias"][y, x]
        np.testing.assert_allclose(made[:, y, x], np.maximum(expected, 0), rtol=1e-9, atol=1e-12)


def test_untied_filters_start_as_those_of_a_convolution_do():
    layer = kinds("layers")["locally_connected2d"](filters=8, kernel_size=5)
    drawn = initial_weights(Architecture((12, 12, 4), (layer,)), np.random.default_rng(0))["layer-1/kernel"]
    limit = np.sqrt(6 / (5 * 5 * (4 + 8)))  # Glorot's, of one window
    assert 0.99 * limit < abs(drawn).max() <= limit
    assert drawn.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)


def test_depthwise_filters_are_drawn_from_the_streams_given_and_not_by_keras():
    architecture = Architecture(IMAGE, (kinds("layers")["depthwise_conv2d"](kernel_size=3),))
    one, again, other = (initial_weights(architecture, np.random.default_rng(k))["layer-1/kernel"] for k in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(("strides", "padding"), [(None, "valid"), (2, "same"), ([1, 2], "valid")])
def test_l2_pooling_is_the_root_of_a_window_s_sum_of_squares(strides, padding):
    made, _ = computed("l2_pooling2d", pool_size=[3, 2], strides=strides, padding=padding, epsilon=1e-6)
    steps = (3, 2) if strides is None else (2, 2) if strides == 2 else (1, 2)
    for (y, x), seen in windows(X, (3, 2), steps, padding):
        np.testing.assert_allclose(made[:, y, x], np.sqrt((seen**2).sum((1, 2)) + 1e-6), rtol=1e-12)


@pytest.mark.parametrize("average", [False, True])
def test_responses_are_normalized_over_neighbouring_channels(average):
    """Krizhevsky et al. 2012, section 3.3; Caffe divides alpha by the number of channels of a sum."""
    x = np.random.default_rng(2).normal(0, 30, (3, 2, 2, 9))
    made, _ = computed(
        "local_response_normalization", (2, 2, 9), x, size=5, alpha=0.01, beta=0.75, k=2.0, average=average
    )
    for i in range(9):
        around_i = x[..., max(0, i - 2) : min(9, i + 3)]
        alpha = 0.01 / 5 if average else 0.01
        np.testing.assert_allclose(made[..., i], x[..., i] / (2 + alpha * (around_i**2).sum(-1)) ** 0.75, rtol=1e-12)


def test_contrasts_are_normalized_over_all_channels_and_a_gaussian_window():
    """Le et al. 2012, page 4; a uniform image has no contrast, and a faint one is divided by the floor."""
    made, _ = computed("local_contrast_normalization", size=[5, 3], stddev=1.5, floor=0.01)
    gaussian = np.exp(-(np.arange(-2, 3)[:, None] ** 2 + np.arange(-1, 2)[None, :] ** 2) / (2 * 1.5**2))

    def mean_around(values):
        found = np.zeros(IMAGE[:2])
        for y, x in np.ndindex(IMAGE[:2]):
            total = weight = 0.0
            for i, j in np.ndindex(5, 3):
                if 0 <= y + i - 2 < 7 and 0 <= x + j - 1 < 6:
                    total += gaussian[i, j] * values[y + i - 2, x + j - 1].mean()
                    weight += gaussian[i, j]
            found[y, x] = total / weight
        return found[..., None]

    for image, out in zip(X, made, strict=True):
        centred = image - mean_around(image)
        np.testing.assert_allclose(out, centred / np.maximum(0.01, np.sqrt(mean_around(centred**2))), rtol=1e-9)
    faint, _ = computed("local_contrast_normalization", x=1e-6 * X, size=[5, 3], stddev=1.5, floor=0.01)
    np.testing.assert_allclose(faint[0], 1e-4 * (X[0] - mean_around(X[0])), rtol=1e-9)
    uniform, _ = computed("local_contrast_normalization", x=np.full((1, *IMAGE), 0.4), size=3)
    np.testing.assert_allclose(uniform, 0, atol=1e-12)


def test_relu6_is_cut_at_zero_and_six():
    made, _ = computed("activation", x=5 * X, activation="relu6")
    np.testing.assert_allclose(made, np.clip(5 * X, 0, 6), rtol=1e-12)


@pytest.mark.parametrize("kind", ["local_contrast_normalization", "l2_pooling2d", "local_response_normalization"])
def test_a_dark_image_has_a_finite_gradient(kind):
    layers = (kinds("layers")[kind](), kinds("layers")["dense"](units=3))
    architecture = Architecture(IMAGE, layers)
    weights = initial_weights(architecture, np.random.default_rng(0))
    images = np.zeros((2, *IMAGE), np.float32)
    gradient = backend.jit(NetworkVictim(architecture, weights).loss_and_gradient)(images, np.array([0, 1]))[1]
    assert np.isfinite(np.asarray(gradient)).all()


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        (
            "conv2d",
            {"filters": 5, "kernel_size": 3, "groups": 2},
            "expected a divisor of the 5 filters; found 2",
        ),
        ("conv2d", {"filters": 5, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, "dilation_rate: expected 1"),
        ("depthwise_conv2d", {"kernel_size": 3, "strides": [1, 2]}, "expected equal strides"),
        ("local_response_normalization", {"size": 4}, "expected an odd number"),
        ("local_contrast_normalization", {"size": [3, 4]}, "expected odd numbers"),
    ],
)
def test_fields_that_do_not_fit_together_are_refused_in_words(kind, fields, says):
    with pytest.raises(ValueError, match=says):
        kinds("layers")[kind].model_validate_json(json.dumps(fields))


def test_channels_that_are_no_groups_and_windows_larger_than_the_image_are_refused_in_words():
    conv = kinds("layers")["conv2d"]
    with pytest.raises(ValueError, match="cannot split the channels of 5×5×3 into 2 groups"):
        conv(filters=4, kernel_size=3, groups=2).output((5, 5, 3))
    with pytest.raises(ValueError, match="the kernel 7×7 is larger than its input 5×5"):
        conv(filters=4, kernel_size=3, dilation_rate=3).output((5, 5, 3))
    with pytest.raises(ValueError, match="takes images"):
        kinds("layers")["depthwise_conv2d"](kernel_size=1).output((5,))


def test_a_field_added_to_convolutions_leaves_no_trace_where_it_is_not_used():
    conv = kinds("layers")["conv2d"](filters=4, kernel_size=3)
    assert conv.model_dump().keys() == {
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "activation",
        "use_bias",
        "kernel_initializer",
    }
    assert (
        conv.fingerprint()
        == kinds("layers")["conv2d"](filters=4, kernel_size=3, groups=1, dilation_rate=1).fingerprint()
    )
    assert len({conv.model_copy(update=each).fingerprint() for each in ({"groups": 2}, {"dilation_rate": 2}, {})}) == 3

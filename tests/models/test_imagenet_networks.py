"""The networks of ``specs/szegedy2013`` beyond MNIST: read, counted without being allocated, and given their published files' arrays."""

import hashlib
import math
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from harness.kinds.along import placed_along
from harness.kinds.channels_first import channels_first
from harness.kinds.registry import discover
from harness.spec.reading.load import load
from harness.streams import Streams

discover()
PACK = Path(__file__).parents[2] / "specs" / "szegedy2013"
IMAGE = (227, 227, 3)
CAFFE = {
    "conv1": (96, 3, 11, 11), "conv2": (256, 48, 5, 5), "conv3": (384, 256, 3, 3), "conv4": (384, 192, 3, 3),
    "conv5": (256, 192, 3, 3), "fc6": (4096, 9216), "fc7": (4096, 4096), "fc8": (1000, 4096),
}  # fmt: skip
"""Layers of Caffe's bvlc_alexnet and their weights' shapes; each has biases too, one for each output."""
PRINTED = {"conv1": "3x11x11x96", "conv2": "96x5x5x256", "conv3": "256x3x3x384", "conv4": "384x3x3x384", "conv5": "384x3x3x256",
           "fc6": "9216x4096", "fc7": "4096x4096", "fc8": "4096x1000"}  # fmt: skip
"""Sizes of Table 5 of Szegedy et al. 2014, which calls the last three FC1 to FC3."""
DATA = Path(os.environ.get("HARNESS_DATA_DIR", ""))
SAMPLE = DATA / "imagenet_sample.zip"


def counted(model, shape):
    """The number of parameters, and the most bytes that were allocated to count them."""
    tracemalloc.start()
    count = model.parameters(shape)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return count, most


@pytest.mark.parametrize(("reading", "parameters"), [("grouped", 60_965_224), ("ungrouped", 62_378_344)])
def test_each_reading_of_alexnet_has_its_number_of_parameters(reading, parameters):
    count, most = counted(load(PACK, readings={"alexnet-columns": reading}).models["alexnet"], IMAGE)
    assert count == parameters
    assert most < 1_000_000


def test_quocnet_has_the_billion_parameters_of_its_paper_and_its_small_twin_a_thousandth():
    models = load(PACK).models
    stages = (183**2 * 18**2 * 3 * 8, 162**2 * 18**2 * 8 * 8, 141**2 * 18**2 * 8 * 8)  # windows, inputs of one, maps
    count, most = counted(models["quocnet"], (200, 200, 3))
    assert count == sum(stages)
    assert most < 1_000_000
    assert 900 < count / models["quocnet-small"].parameters((32, 32, 3)) < 1000


class Network:
    """An architecture, without its backend."""

    def __init__(self, layers):
        self.layers, self.image_shape = layers, IMAGE


def test_alexnet_s_weights_have_the_shapes_of_the_published_file_in_the_order_of_the_pack_s_names():
    model = load(PACK).models["alexnet"]
    expected = [shape for kernel in CAFFE.values() for shape in (kernel, kernel[:1])]
    assert [axes.stored for axes in channels_first(Network(model.layers)).values()] == expected
    assert model.training.arrays == tuple(f"{name}/{k}" for name in CAFFE for k in (0, 1))


def test_the_ungrouped_sizes_are_those_table_5_prints_and_its_claims_measure_those_layers():
    spec = load(PACK, readings={"alexnet-columns": "ungrouped"})
    placed = [
        (int(name.removeprefix("layer-")), each.weight_shapes(shape)["kernel"])
        for name, each, shape in placed_along(spec.models["alexnet"].layers, IMAGE, "layer")
        if each.weight_shapes(shape)
    ]
    sizes = [
        f"{kernel[2]}x{kernel[0]}x{kernel[1]}x{kernel[3]}" if len(kernel) == 4 else "x".join(map(str, kernel))
        for _, kernel in placed
    ]
    assert sizes == list(PRINTED.values())
    rows = [claim.measure.options["layer"] for claim in spec.paper.claims if claim.id.startswith("table-5/")]
    assert rows == [number for number, _ in placed]


@pytest.mark.parametrize("name", ["squeezenet", "efficientnet-lite0"])
def test_the_claims_on_norms_are_on_each_layer_with_weights(name):
    spec = load(PACK)
    layers = spec.models[name].layers
    with_weights = [
        number
        for number, each in enumerate(layers, 1)
        if hasattr(each, "kernel_size") or hasattr(each, "units") or getattr(each, "inner", ())
    ]
    exhibit = f"table-5-{name.removesuffix('-lite0')}/"
    rows = [claim.measure.options["layer"] for claim in spec.paper.claims if claim.id.startswith(exhibit)]
    assert rows == with_weights


def test_efficientnet_lite0_has_the_parameters_of_its_authors_and_its_file_s_arrays_are_named_in_its_layers_order():
    model = load(PACK).models["efficientnet-lite0"]
    shape = (224, 224, 3)
    weights = [
        (f"{name}/{weight}", size)
        for name, each, at in placed_along(model.layers, shape, "layer")
        for weight, size in each.weight_shapes(at).items()
    ]
    trained = [math.prod(size) for name, size in weights if "moving" not in name]
    assert sum(trained) == 4_652_008
    ends = {"kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias",
            "moving_mean": "running_mean", "moving_variance": "running_var"}  # fmt: skip
    expected = [ends[name.rpartition("/")[2]] for name, _ in weights]
    assert [each.rpartition(".")[2] for each in model.training.arrays] == expected


@pytest.mark.parametrize(
    ("name", "file", "sample", "once", "five"),
    [
        ("squeezenet", "squeezenet_v1.0_imagenet.npz", "imagenet-sample", 0.65, 0.85),
        ("efficientnet-lite0", "efficientnet-lite0-57934424.pth", "imagenet-sample-224", 0.85, 0.96),
    ],
)
def test_every_fourth_image_of_the_sample_is_classified_as_the_file_is_known_to(name, file, sample, once, five):
    """Loader, preprocessing and layers together: so many are right at once, and so many among the five likeliest."""
    if missing := [each for each in (SAMPLE.name, file) if not (DATA / each).is_file()]:
        pytest.skip(f"needs {' and '.join(missing)} in HARNESS_DATA_DIR")
    spec = load(PACK)
    model, data = spec.models[name], spec.data[sample]((DATA,))["train"]
    assert hashlib.sha256((DATA / file).read_bytes()).hexdigest() == model.training.sha256
    given = spec.data[model.train_on.split("/")[0]]()["test"]
    victim = model.victim(model(train_on=given, streams=Streams(0, 0), folders=(DATA,)))
    fourth = data.take(np.arange(0, 1000, 4))
    logits = victim.outputs(fourth.images)
    likeliest = np.argsort(-logits, axis=1)[:, :5]
    assert (likeliest[:, 0] == fourth.labels).mean() == pytest.approx(once, abs=0.02)
    assert (likeliest == fourth.labels[:, None]).any(axis=1).mean() == pytest.approx(five, abs=0.02)

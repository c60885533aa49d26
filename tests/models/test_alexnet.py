"""AlexNet as a pack writes it (``tests/models/alexnet``): read, counted and given its published file's arrays, never allocated."""

import tracemalloc
from pathlib import Path

import pytest

from harness.kinds.along import count, placed_along
from harness.kinds.channels_first import channels_first
from harness.kinds.registry import discover
from harness.spec.reading.load import load

discover()
PACK = Path(__file__).parent / "alexnet"
IMAGE = (227, 227, 3)
CAFFE = {
    "conv1": (96, 3, 11, 11), "conv2": (256, 48, 5, 5), "conv3": (384, 256, 3, 3), "conv4": (384, 192, 3, 3),
    "conv5": (256, 192, 3, 3), "fc6": (4096, 9216), "fc7": (4096, 4096), "fc8": (1000, 4096),
}  # fmt: skip
"""Layers of Caffe's bvlc_alexnet and their weights' shapes; each has biases too, one for each output."""
PRINTED = {"conv1": "3x11x11x96", "conv2": "96x5x5x256", "conv3": "256x3x3x384", "conv4": "384x3x3x384", "conv5": "384x3x3x256",
           "fc6": "9216x4096", "fc7": "4096x4096", "fc8": "4096x1000"}  # fmt: skip
"""Sizes of Table 5 of Szegedy et al. 2014, which calls the last three FC1 to FC3."""


@pytest.mark.parametrize(("reading", "parameters"), [("grouped", 60_965_224), ("ungrouped", 62_378_344)])
def test_each_reading_has_its_number_of_parameters_counted_without_allocating_them(reading, parameters):
    layers = load(PACK, readings={"columns": reading}).models["alexnet"].layers
    tracemalloc.start()
    assert count(layers, IMAGE) == parameters
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


class Network:
    """An architecture, without its backend."""

    def __init__(self, layers):
        self.layers, self.image_shape = layers, IMAGE


def test_its_weights_have_the_shapes_of_the_published_file_in_the_order_of_the_pack_s_names():
    model = load(PACK).models["alexnet"]
    expected = [shape for kernel in CAFFE.values() for shape in (kernel, kernel[:1])]
    assert [axes.stored for axes in channels_first(Network(model.layers)).values()] == expected
    assert model.training.arrays == tuple(f"{name}/{k}" for name in CAFFE for k in (0, 1))


def test_the_ungrouped_sizes_are_those_table_5_prints():
    layers = load(PACK, readings={"columns": "ungrouped"}).models["alexnet"].layers
    kernels = [
        each.weight_shapes(shape)["kernel"]
        for _, each, shape in placed_along(layers, IMAGE, "layer")
        if each.weight_shapes(shape)
    ]
    sizes = [
        f"{kernel[2]}x{kernel[0]}x{kernel[1]}x{kernel[3]}" if len(kernel) == 4 else "x".join(map(str, kernel))
        for kernel in kernels
    ]
    assert sizes == list(PRINTED.values())

"""Weights of a file in place of a training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator

from harness.errors import Infeasible, WeightsMissing
from harness.examples import Examples, Journal, Trained, Watch
from harness.kinds.axes import Axes
from harness.kinds.channels_first import channels_first
from harness.kinds.contract import shape_text
from harness.kinds.file_fields import ArrayName, FileName, Sha1, Sha256
from harness.kinds.layer import LayerRecipe, Shape
from harness.kinds.recipe import unused
from harness.kinds.registry import training
from harness.kinds.training import TrainingRecipe, Untrained
from harness.naming import unknown
from harness.sources import Unsound
from harness.sources.caffemodel import CaffeModel
from harness.sources.hdf5 import Hdf5
from harness.sources.named import find_file, found_in, missing
from harness.sources.npz import Npz
from harness.sources.safetensors import Safetensors
from harness.sources.stored import Container, Stored
from harness.sources.torch_file import TorchFile
from harness.streams import Streams

MOST_BYTES = 2**30
"""A file larger than this is refused unread."""
Layout = Literal["keras", "channels-first"]
_FORMATS: Mapping[str, tuple[Callable[[bytes], Container], Layout]] = {
    ".npz": (Npz, "keras"),
    ".safetensors": (Safetensors, "keras"),
    ".weights.h5": (Hdf5, "keras"),
    ".caffemodel": (CaffeModel, "channels-first"),
    ".pth": (TorchFile, "channels-first"),
}
"""End of a file's name -> its reader, and the layout of those who write it."""


def _of_a_format(name: str) -> str:
    if not name.endswith(tuple(_FORMATS)):
        *most, last = _FORMATS
        raise ValueError(f"expected a file {', '.join(most)} or {last}; found {name!r}")
    return name


@training("weights-file", edition=1)
class WeightsFile(TrainingRecipe):
    """Weights trained elsewhere, read from a file that is identified by its SHA-256, or its SHA-1; nothing is trained.

    harness looks for the file by name in the data folders (``--data-dir``, HARNESS_DATA_DIR). Arrays from NumPy,
    safetensors and Keras have Keras' shapes: dense kernels (inputs, units), convolutions (height, width, inputs, filters), images
    flattened in the order height, width, channels. Those from Caffe and PyTorch are transposed: they are (units, inputs),
    (filters, inputs, height, width), images flattened in the order channels, height, width. Floats of other precisions are
    converted to float32. Nothing in the file is ever executed.
    """

    uses_start: ClassVar[bool] = False
    loads_weights: ClassVar[bool] = True

    file: Annotated[FileName, AfterValidator(_of_a_format)]
    """Name of the file within the data folders: ``.npz``, ``.safetensors``, ``.weights.h5``, ``.caffemodel`` or ``.pth``."""
    sha256: Sha256 | None = None
    """SHA-256 of the file."""
    sha1: Sha1 | None = Field(None, exclude_if=unused)
    """Instead, the SHA-1 of a file whose publisher gives no other hash. Give exactly one of the two."""
    origin: str | None = Field(None, min_length=1, max_length=300, exclude_if=unused)
    """Where to get the file and how large it is; null: not stated."""
    arrays: tuple[ArrayName, ...] = ()
    """Names of the file's arrays, in the order of the network's weights: layer by layer, kernel before bias. Empty
    if they are the network's own names: ``layer-1/kernel``, ``layer-1/bias``, ``layer-2/kernel`` and so on. Keras' are called
    ``layers/dense/vars/0``, Caffe's ``conv1/0`` and ``conv1/1``, PyTorch's as in its dictionary, ``features.0.weight``."""
    layout: Layout | None = Field(None, exclude_if=unused)
    """Order of the arrays' axes: Keras' or channels first; null takes the order used by the program that writes
    such files."""

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if (self.sha256 is None) == (self.sha1 is None):
            raise ValueError("expected sha256 (or sha1), which identifies the file; 'sha256sum FILE' prints it")
        return self

    @property
    def _digest(self) -> str:
        return self.sha256 or str(self.sha1)

    @property
    def random(self) -> bool:
        """Nothing is drawn."""
        return False

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """Reading a file takes almost no time."""
        return 0.1

    def beforehand(self, folders: tuple[Path, ...]) -> None:
        """Raise WeightsMissing where no folder has a file of this name."""
        troubles: list[str] = []
        if next(found_in(self.file, folders, troubles), None) is None:
            raise self._missing(folders, troubles)

    def _missing(self, folders: Sequence[Path], troubles: Sequence[str]) -> WeightsMissing:
        told = f" ({self.origin.rstrip('.')})" if self.origin else ""
        return WeightsMissing(f"weights are missing{told}: {missing(self.file, self._digest, folders, troubles)}")

    def train(
        self, network: Untrained, examples: Examples, streams: Streams, watch: Watch, journal: Journal
    ) -> Trained:
        """Read the weights.

        Raises:
            WeightsMissing: if the file is in none of the folders.
            Infeasible: if it does not hold this network's weights.
        """
        troubles: list[str] = []
        found = find_file([self.file], self._digest, network.folders, MOST_BYTES, troubles)
        if found is None:
            raise self._missing(network.folders, troubles)
        shapes = {name: tuple(array.shape) for name, array in network.start.items()}
        reader, usual = next(each for end, each in _FORMATS.items() if self.file.endswith(end))
        axes = _axes(network, shapes) if (self.layout or usual) == "channels-first" else _as_in_keras(shapes)
        try:
            weights = self._read(reader(found[1]), axes, shapes)
        except Unsound as trouble:
            raise Infeasible(f"the weights file {self.file} cannot be used: it {trouble}") from trouble
        return Trained(
            weights, facts={"file": self.file, "sha256": self.sha256 or hashlib.sha256(found[1]).hexdigest()}
        )

    def _read(
        self, container: Container, axes: Mapping[str, Axes], shapes: Mapping[str, Shape]
    ) -> dict[str, NDArray[np.float32]]:
        """Return a network's weights by name; raise Unsound where the file does not hold them."""
        names = self.arrays or tuple(shapes)
        if len(names) != len(shapes):
            raise Unsound(
                f"does not fit: 'arrays' names {len(names)} arrays, but the network has {len(shapes)} weights: "
                f"{', '.join(f'{name} {shape_text(shape)}' for name, shape in shapes.items())}"
            )
        found = {}
        for name, (weight, shape) in zip(names, shapes.items(), strict=True):
            array = _array(container, name, weight, axes[weight], shape)
            found[weight] = np.ascontiguousarray(axes[weight].restored(array, shape))
        return found


def _as_in_keras(shapes: Mapping[str, Shape]) -> dict[str, Axes]:
    return {name: Axes.kept(shape) for name, shape in shapes.items()}


def _axes(network: Untrained, shapes: Mapping[str, Shape]) -> dict[str, Axes]:
    """Return each weight's layout with channels first."""
    axes = channels_first(network.architecture)
    if lacking := shapes.keys() - axes.keys():
        raise Infeasible(
            f"{min(lacking)}: its layer kind does not declare its weights, so their channels-first layout is unknown; "
            "write its method 'weight_shapes', or layout: keras"
        )
    return axes


def _array(container: Container, name: str, weight: str, axes: Axes, shape: Shape) -> NDArray[np.float32]:
    """Return an array of the file as float32, unpacked after its dtype and shape were found right."""
    if name not in container.names:
        named = "" if name == weight else f" for {weight}"
        raise Unsound(f"has not the array{named}: {unknown('array', name, container.names)}; name them under 'arrays'")
    stored = container.stored(name)
    what = f"{weight}" if name == weight else f"{name}, given for {weight},"
    if stored.kind != "f" or stored.itemsize > 8:
        raise Unsound(f"does not fit: {what} is {stored.dtype}, expected floats of at most 64 bits")
    if not stored.has(axes.stored):
        hint = _hint(stored, shape) if axes.stored == shape else _other_layout(stored, shape)
        raise Unsound(
            f"does not fit: {what} has the shape {shape_text(stored.shape) or 'of a single number'}, "
            f"expected {shape_text(axes.stored)}{hint}"
        )
    array = stored.read()
    with np.errstate(over="ignore"):
        weights = np.asarray(array, np.float32)
    if not np.isfinite(weights).all():
        which = "a value beyond float32" if np.isfinite(array).all() else "values that are not finite"
        raise Unsound(f"does not fit: {what} holds {which}")
    return weights


def _hint(stored: Stored, shape: Shape) -> str:
    """Say how an array of the right numbers in another order becomes the weight."""
    if sorted(stored.shape) != sorted(shape):
        return ""
    if len(shape) == 2:
        return "; it is transposed: write layout: channels-first, or save its transpose"
    if len(shape) == 4 and stored.shape == (shape[3], shape[2], shape[0], shape[1]):
        return (
            "; it is in PyTorch's order (filters, inputs, height, width): write layout: channels-first, or save "
            "array.transpose(2, 3, 1, 0)"
        )
    return "; its axes are in another order: save it in Keras' order"


def _other_layout(stored: Stored, shape: Shape) -> str:
    return "; it is in Keras' order: write layout: keras" if stored.shape == shape else ""

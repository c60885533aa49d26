"""Writes files of arrays as other programs do."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import zipfile
from typing import Any, ClassVar

import numpy as np

NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "uint8": "U8", "bool": "BOOL"}


def npz(arrays: dict[str, Any], *, compressed: bool = True) -> bytes:
    """As NumPy."""
    packed = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(packed, **arrays)
    return packed.getvalue()


def safetensors(arrays: dict[str, np.ndarray], **changed: Any) -> bytes:
    """As Hugging Face's safetensors; ``changed`` replaces entries of the header."""
    header: dict[str, Any] = {"__metadata__": {"format": "np"}}
    body = b""
    for name, array in arrays.items():
        content = np.ascontiguousarray(array).tobytes()
        offsets = [len(body), len(body) + len(content)]
        header[name] = {"dtype": NAMES[str(array.dtype)], "shape": list(array.shape), "data_offsets": offsets}
        body += content
    text = json.dumps(header | changed).encode()
    return struct.pack("<Q", len(text)) + text + body


def hdf5(arrays: dict[str, Any]) -> bytes:
    """As Keras' ``save_weights``: arrays in one piece, without compression, in groups by the slashes of their names."""
    import h5py

    packed = io.BytesIO()
    with h5py.File(packed, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return packed.getvalue()


def varint(number: int) -> bytes:
    """As Protocol Buffers: seven bits a byte, the lowest first."""
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def field(number: int, value: int | bytes) -> bytes:
    """A field of Protocol Buffers: a number, or a text, message or packed numbers."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def blob(array: np.ndarray, *, version: int = 2) -> bytes:
    """A BlobProto of Caffe; until 2014 every array had four sides."""
    if version == 2:
        shape = field(7, field(1, b"".join(map(varint, array.shape))))
    else:
        sides = (1,) * (4 - array.ndim) + array.shape
        shape = b"".join(field(k, side) for k, side in enumerate(sides, 1))
    double = array.dtype == np.float64
    return shape + field(8 if double else 5, np.ascontiguousarray(array).tobytes())


def caffemodel(layers: dict[str, list[np.ndarray]], *, version: int = 2) -> bytes:
    """As Caffe: a NetParameter with a layer of data, and layers with their arrays; versions 0, 1 and 2 of its layers."""
    net = field(1, b"AlexNet")
    if version == 2:
        net += field(100, field(1, b"data") + field(2, b"Data") + field(4, b"data"))
    for name, arrays in layers.items():
        blobs = [blob(array, version=version) for array in arrays]
        if version == 2:
            kind = field(1, name.encode()) + field(2, b"Convolution") + field(10, 1)
            net += field(100, kind + b"".join(field(7, each) for each in blobs))
        elif version == 1:
            net += field(
                2, field(2, b"below") + field(4, name.encode()) + field(5, 4) + b"".join(field(6, b) for b in blobs)
            )
        else:
            inner = field(1, name.encode()) + field(2, b"conv") + b"".join(field(50, each) for each in blobs)
            net += field(2, field(1, inner) + field(2, b"below"))
    return net


STORAGES = {
    "float64": "Double",
    "float32": "Float",
    "float16": "Half",
    "int64": "Long",
    "uint8": "Byte",
    "bool": "Bool",
}


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text.encode())) + text.encode()


def _numbers(*each: int) -> bytes:
    return b"(" + b"".join(pickle.dumps(number, 2)[2:-1] for number in each) + b"t"


ORDERED = b"ccollections\nOrderedDict\n)R"


def state_dict(arrays: dict[str, np.ndarray], *, legacy: bool = False) -> bytes:
    """The pickle of PyTorch's ordered dictionary of tensors, each with a storage of its own; ``arrays`` may be transposed."""
    made = b"\x80\x02" + ORDERED + b"("
    for key, (name, array) in enumerate(arrays.items()):
        storage = b"(" + _text("storage") + f"ctorch\n{STORAGES[str(array.dtype)]}Storage\n".encode()
        storage += (
            _text(str(key)) + _text("cpu") + pickle.dumps(array.size, 2)[2:-1] + (b"N" if legacy else b"") + b"tQ"
        )
        steps = [step // array.itemsize for step in array.strides]
        tensor = (
            b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + _numbers(*array.shape) + _numbers(*steps)
        )
        made += _text(name) + tensor + b"\x89" + ORDERED + b"tR"
    return made + b"u}" + _text("_metadata") + ORDERED + b"sb."


def pth(arrays: dict[str, np.ndarray]) -> bytes:
    """As ``torch.save`` since 1.6."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("weights/data.pkl", state_dict(arrays))
        archive.writestr("weights/byteorder", "little")
        for key, array in enumerate(arrays.values()):
            archive.writestr(f"weights/data/{key}", array.tobytes(order="A"))
        archive.writestr("weights/version", "3\n")
    return packed.getvalue()


def pth_before(arrays: dict[str, np.ndarray]) -> bytes:
    """As ``torch.save`` before 1.6."""
    machine = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    made = b"".join(pickle.dumps(each, 2) for each in (0x1950A86A20F9469CFC6C, 1001, machine))
    made += state_dict(arrays, legacy=True) + pickle.dumps([str(key) for key in range(len(arrays))], 2)
    return made + b"".join(struct.pack("<q", array.size) + array.tobytes(order="A") for array in arrays.values())


def idx(array: np.ndarray) -> bytes:
    """As the authors of MNIST: a gzipped IDX file of bytes."""
    head = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.tobytes())


class _Python2(pickle._Pickler):
    """A pickler whose texts are strings of Python 2."""

    dispatch: ClassVar[Any] = dict(pickle._Pickler.dispatch)

    def save_string(self, text: Any) -> None:
        content = text.encode() if isinstance(text, str) else text
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        self.memoize(text)

    dispatch[bytes] = save_string
    dispatch[str] = save_string


def batch(images: np.ndarray, labels: Any) -> bytes:
    """As the authors of CIFAR-10: rows of (3, 32, 32) bytes and a list of labels, pickled by Python 2."""
    packed = io.BytesIO()
    rows = np.ascontiguousarray(images.transpose(0, 3, 1, 2)).reshape(len(images), -1)
    what = {
        b"batch_label": b"some",
        b"labels": [int(label) for label in labels],
        b"data": rows,
        b"filenames": [b"a.png"],
    }
    _Python2(packed, 2).dump(what)
    return packed.getvalue().replace(b"numpy._core", b"numpy.core")

"""Writes files of arrays as other programs do."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
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

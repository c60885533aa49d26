"""Reads arrays out of a file of PyTorch (``.pth``) by name: a pickle of tensors, of which none of PyTorch's code is run."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from math import prod
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.sources import Unsound
from harness.sources.archive import opened, parsing
from harness.sources.pickled import MOST_PARTS, Restricted, checked_key
from harness.sources.stored import Stored

MOST_PICKLE = 16 * 2**20
"""No description of the tensors is longer."""
MOST_DEPTH = 8
"""Dictionaries within one another."""
MOST_AXES = 32
"""No tensor has more."""
_ZIP = b"PK\x03\x04"
_MAGIC = 0x1950A86A20F9469CFC6C
"""First pickle of a file of PyTorch before 1.6."""
_COUNT = 8
"""Bytes that say, in such a file, how many numbers of a storage follow."""
_TYPES: Mapping[str, tuple[str, int, str]] = MappingProxyType(
    {
        "DoubleStorage": ("f", 8, "<f8"), "FloatStorage": ("f", 4, "<f4"), "HalfStorage": ("f", 2, "<f2"),
        "BFloat16Storage": ("f", 2, "<u2"), "LongStorage": ("i", 8, "<i8"), "IntStorage": ("i", 4, "<i4"),
        "ShortStorage": ("i", 2, "<i2"), "CharStorage": ("i", 1, "i1"), "ByteStorage": ("u", 1, "u1"),
        "BoolStorage": ("b", 1, "?"),
    }
)  # fmt: skip
"""PyTorch's name of a storage -> kind, bytes of an element, and NumPy's name; NumPy has no bfloat16."""


@dataclass(frozen=True)
class _Type:
    """Stands for the class of a storage."""

    name: str


@dataclass(frozen=True)
class _Storage:
    """Numbers that tensors are made of: their type, key and how many there are."""

    type: str
    key: str
    count: int


@dataclass(frozen=True)
class _Tensor:
    """What a pickle says of a tensor."""

    storage: _Storage
    first: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


class _Names(dict[Any, Any]):
    """Stands for an ordered dictionary; what else hangs on it is dropped."""

    def __init__(self, pairs: Any = ()) -> None:
        super().__init__((checked_key(key), value) for key, value in pairs)

    def __setstate__(self, state: Any) -> None:
        """Take nothing."""


def _tensor(storage: Any, first: Any, shape: Any, steps: Any, *_: Any) -> _Tensor:
    """Take the place of ``torch._utils._rebuild_tensor_v2``."""
    sides = (*shape, *steps, first)
    if (
        type(storage) is not _Storage
        or type(shape) is not tuple
        or type(steps) is not tuple
        or len(shape) != len(steps)
        or len(shape) > MOST_AXES
        or not all(type(side) is int and 0 <= side < 2**63 for side in sides)
    ):
        raise Unsound("is damaged: it holds an impossible tensor")
    return _Tensor(storage, first, shape, steps)


def _parameter(tensor: Any, *_: Any) -> Any:
    """Take the place of ``torch._utils._rebuild_parameter``."""
    return tensor


class _TorchUnpickler(Restricted):
    """Knows PyTorch's constructors of tensors by name alone."""

    built = (_Names,)

    dispatch = Restricted.dispatch | {pickle.BINPERSID[0]: pickle._Unpickler.load_binpersid}  # type: ignore[attr-defined]  # noqa: SLF001
    known: ClassVar[Mapping[tuple[str, str], Any]] = MappingProxyType(
        {
            ("collections", "OrderedDict"): _Names,
            ("torch._utils", "_rebuild_tensor"): _tensor,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch._utils", "_rebuild_parameter"): _parameter,
            **{("torch", name): _Type(name) for name in _TYPES},
        }
    )

    def __init__(self, stream: BytesIO) -> None:
        super().__init__(stream)
        self.storages: dict[str, _Storage] = {}

    def persistent_load(self, pid: Any) -> _Storage:
        """Return the placeholder of a storage."""
        match pid:
            case ("storage", _Type(name), str(key), _, int(count), *rest) if count >= 0 and rest in ([], [None]):
                self.storages[key] = _Storage(name, key, count)
                return self.storages[key]
        raise Unsound("is damaged: it names an impossible storage")


class TorchFile:
    """The tensors of a ``.pth`` file (``stored.Container``); those of dictionaries within are called ``model/conv.weight``."""

    def __init__(self, content: bytes) -> None:
        """Read what the file says of its tensors, and none of their numbers.

        Raises:
            Unsound: if it is no such file, is damaged, or asks for anything but tensors of plain numbers.
        """
        self.content = content
        try:
            with parsing():
                self.bytes_of, whole = _zipped(content) if content.startswith(_ZIP) else _unzipped(content)
                self.tensors = dict(_named(whole))
        except Unsound as trouble:
            raise Unsound(f"is not a .pth file of tensors, or is damaged: it {trouble}") from trouble
        self.names = tuple(self.tensors)

    def stored(self, name: str) -> Stored:
        """Return what the file says of a tensor."""
        tensor = self.tensors[name]
        kind, size, plain = _TYPES[tensor.storage.type]

        def read() -> NDArray[Any]:
            array = _strided(np.frombuffer(self.bytes_of(tensor.storage), plain), tensor, name)
            # bfloat16 is the upper half of float32.
            return (array.astype(np.uint32) << 16).view(np.float32) if plain == "<u2" else array

        return Stored(tensor.storage.type.removesuffix("Storage").lower(), kind, tensor.shape, size, read)


def _strided(numbers: NDArray[Any], tensor: _Tensor, name: str) -> NDArray[Any]:
    """Return a tensor of a storage's numbers, after its last one was found among them."""
    if not prod(tensor.shape):
        return numbers[:0].reshape(tensor.shape)
    last = tensor.first + sum((side - 1) * step for side, step in zip(tensor.shape, tensor.steps, strict=True))
    if last >= len(numbers):
        raise Unsound(f"is damaged: {name} reads element {last:,} of a storage of {len(numbers):,}")
    steps = tuple(step * numbers.itemsize for step in tensor.steps)
    return np.ascontiguousarray(
        np.lib.stride_tricks.as_strided(numbers[tensor.first :], tensor.shape, steps, writeable=False)
    )


def _named(value: Any) -> Iterator[tuple[str, _Tensor]]:
    """Yield the tensors of dictionaries by name."""
    within, parts = [("", value, 0)], 0
    while within:
        path, each, depth = within.pop()
        if not isinstance(each, dict):
            continue
        for key, part in each.items():
            parts += 1
            if parts > MOST_PARTS or depth > MOST_DEPTH:
                raise Unsound(f"holds more than {MOST_PARTS:,} parts, or more than {MOST_DEPTH} nested dictionaries")
            if isinstance(key, str) and isinstance(part, _Tensor):
                yield f"{path}{key}", part
            elif isinstance(key, str):
                within.append((f"{path}{key}/", part, depth + 1))


def _zipped(content: bytes) -> tuple[Callable[[_Storage], bytes], Any]:
    """Return how to get a storage's bytes, and what is pickled: the file is a zip archive, as since PyTorch 1.6."""
    archive = zipfile.ZipFile(BytesIO(content))
    pickled = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickled) != 1:
        raise Unsound("holds no file data.pkl, or several")
    root = pickled[0].removesuffix("data.pkl")
    packed = {each.filename for each in archive.infolist() if each.compress_type != zipfile.ZIP_STORED}

    def member(name: str, most: int) -> bytes:
        with parsing(), opened(archive, root + name, most) as stream:
            return stream.read(most)

    def bytes_of(storage: _Storage) -> bytes:
        size, name = storage.count * _TYPES[storage.type][1], f"data/{storage.key}"
        if root + name in packed:
            raise Unsound(
                f"is damaged: storage {storage.key[:80]} is compressed, expected none, as PyTorch writes them"
            )
        found = member(name, size)
        if len(found) != size:
            raise Unsound(f"is damaged: storage {storage.key[:80]} has {len(found):,} bytes, expected {size:,}")
        return found

    if f"{root}byteorder" in archive.namelist() and member("byteorder", 16) != b"little":
        raise Unsound("holds numbers in big-endian order; save it on another computer")
    return bytes_of, _TorchUnpickler(BytesIO(member("data.pkl", MOST_PICKLE))).load()


def _unzipped(content: bytes) -> tuple[Callable[[_Storage], bytes], Any]:
    """Return the same of a file before PyTorch 1.6: five pickles, then the storages one after another."""
    stream = BytesIO(content)
    if _TorchUnpickler(stream).load() != _MAGIC:
        raise Unsound("does not begin like a PyTorch file")
    _TorchUnpickler(stream).load()  # version of the format
    _TorchUnpickler(stream).load()  # the computer's byte order and sizes
    reader = _TorchUnpickler(stream)
    whole, sizes = reader.load(), reader.storages
    keys = _TorchUnpickler(stream).load()
    if type(keys) is not list or not all(type(key) is str for key in keys) or len(set(keys)) != len(keys):
        raise Unsound("is damaged: it has no list of storages")
    places, place = {}, stream.tell()
    for key in keys:
        if key not in sizes:
            raise Unsound(f"is damaged: no tensor has the storage {key[:80]}")
        size = sizes[key].count * _TYPES[sizes[key].type][1]
        count = int.from_bytes(content[place : place + _COUNT], "little")
        place += _COUNT
        if count != sizes[key].count or size > len(content) - place:
            raise Unsound(f"is damaged or cut short: storage {key[:80]} would have {size:,} bytes")
        places[key] = slice(place, place + size)
        place += size
    return lambda storage: content[places[storage.key]], whole

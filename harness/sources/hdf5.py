"""Reads arrays out of an HDF5 file by their paths, as Keras writes ``.weights.h5``: whole, uncompressed, within the file."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.sources import Unsound
from harness.sources.archive import parsing
from harness.sources.stored import Stored

MOST_LINKS = 100_000
"""A file with more groups and arrays is refused."""
MOST_DEPTH = 32
"""Groups within one another."""


class Hdf5:
    """The arrays of an HDF5 file (``stored.Container``); links that are not to the file's own objects are passed over.

    HDF5's library finds the arrays; their bytes are taken from the file as it is, so that no size it claims is believed.
    """

    def __init__(self, content: bytes) -> None:
        """Find all arrays.

        Raises:
            Unsound: if it is no HDF5 file, or a damaged one.
        """
        import h5py  # noqa: PLC0415  it takes a third of a second, and only such files need it

        self.content = content
        try:
            with parsing():
                self.file = h5py.File(BytesIO(content), "r")
                self.names = tuple(_arrays(self.file))
        except Unsound as trouble:
            raise Unsound(f"is not a .weights.h5 file, or is damaged: it {trouble}") from trouble

    def stored(self, name: str) -> Stored:
        """Return what the file says of an array."""
        with parsing():
            array = self.file[name]
            plan, shape, dtype = array.id.get_create_plist(), tuple(map(int, array.shape)), array.dtype
            start, size = array.id.get_offset(), array.id.get_storage_size()
            plain = start is not None and not plan.get_nfilters() and not plan.get_external_count()

        def read() -> NDArray[Any]:
            wanted = int(np.prod(shape, dtype=object)) * dtype.itemsize
            if not plain or size != wanted or start + size > len(self.content):
                raise Unsound(
                    f"does not fit: {name} has {size:,} bytes in the file, {'' if plain else 'in pieces, '}expected "
                    f"{wanted:,}, whole and uncompressed, as Keras writes them"
                )
            return np.frombuffer(self.content, dtype, count=size // dtype.itemsize, offset=start).reshape(shape)

        return Stored(str(dtype), dtype.kind, shape, dtype.itemsize, read)


def _arrays(file: Any) -> Iterator[str]:
    """Yield the path of every array; each group is entered once, whatever links lead to it."""
    import h5py  # noqa: PLC0415  as above

    groups, entered, links = [("", file)], {h5py.h5o.get_info(file.id).addr}, 0
    while groups:
        path, group = groups.pop()
        for name in group:
            links += 1
            if links > MOST_LINKS or path.count("/") > MOST_DEPTH:
                raise Unsound(f"has more than {MOST_LINKS:,} parts, or more than {MOST_DEPTH} nested groups")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            within = group[name]
            if isinstance(within, h5py.Dataset):
                yield f"{path}{name}"
            elif isinstance(within, h5py.Group) and (place := h5py.h5o.get_info(within.id).addr) not in entered:
                entered.add(place)
                groups.append((f"{path}{name}/", within))

"""Writes image files, and folders, tars and zips of files."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)


def photo(pixels: Any, form: str = "PNG", mode: str | None = None, **words: Any) -> bytes:
    """An image file of pixels ``(h, w)`` or ``(h, w, c)``, or of so many random ones, converted to one of Pillow's modes."""
    shape = pixels if isinstance(pixels, tuple) else None
    image = Image.fromarray(np.asarray(RNG.integers(0, 256, shape) if shape else pixels, np.uint8))
    packed = io.BytesIO()
    (image if mode is None else image.convert(mode)).save(packed, form, **words)
    return packed.getvalue()


def folder(files: dict[str, bytes], place: Path) -> Path:
    """A folder with these files."""
    for path, content in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    return place


def zipped(files: dict[str, bytes], place: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip of these files, in this order."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(place, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return place


def tarred(files: dict[str, bytes], place: Path | None = None, **changed: Any) -> bytes:
    """A tar of these files, in this order; ``changed`` are attributes of all its headers."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            for name, value in changed.items():
                setattr(member, name, value)
            archive.addfile(member, io.BytesIO(content))
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(packed.getvalue())
    return packed.getvalue()

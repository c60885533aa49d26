"""Reads image files into one array, and names those that are unusual."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.errors import plural
from harness.sources import Unsound
from harness.sources.pixels import UNUSABLE, Fit, decoded_image
from harness.sources.tree import FileTree

ENDINGS = (".jpg", ".jpeg", ".png")
"""Of the files that are images, in small or capital letters."""

NAMED = 5
"""So many files are named; the others are counted."""
PATIENCE = 100
"""After so many files too many that cannot be used, no more is unpacked: an archive of nothing else could be endless."""


@dataclass(frozen=True, eq=False)
class Photographs:
    """The images of some files.

    Attributes:
        images: float32 ``(n, h, w, c)`` in [0, 1], in the order of the paths, without files that cannot be used.
        used: bool ``(paths,)``, which files could be used.
        sha256: of the list of all the files, as ``sha256sum`` prints it in the order of the paths.
        unusual: what is unusual -> the files' paths.
        troubles: path -> why the file cannot be used.
    """

    images: NDArray[np.float32]
    used: NDArray[np.bool_]
    sha256: str
    unusual: dict[str, list[str]]
    troubles: dict[str, str]

    @property
    def told(self) -> str:
        """How many there are, and how many of them are unusual in which way, in words."""
        counts = [f"{len(found):,} {sort}" for sort, found in self.unusual.items()]
        return plural(len(self.used), "image file") + (f" ({', '.join(counts)})" if counts else "")

    def named(self, sort: str) -> str:
        """Return the names of the first files that are unusual in one way, why they cannot be used, and how many follow."""
        found = self.unusual.get(sort, [])
        shown = [f"{path} {self.troubles[path]}" if sort == UNUSABLE else path for path in found[:NAMED]]
        more = [f"{len(found) - NAMED:,} more"] if len(found) > NAMED else []
        return ", ".join(shown + more)


def image_paths(paths: Sequence[str]) -> list[str]:
    """Return those of image files; hidden ones are none, nor what macOS adds to a zip."""
    return [path for path in paths if path.lower().endswith(ENDINGS) and not _is_hidden(path)]


def _is_hidden(path: str) -> bool:
    return any(step.startswith(".") or step == "__MACOSX" for step in path.split("/"))


def photographs(tree: FileTree, paths: Sequence[str], fit: Fit, most_unusable: int = 0) -> Photographs:
    """Read images one by one into the array that is returned; no second copy of it is made.

    Args:
        tree: the files.
        paths: of the images, in order.
        fit: how they come to one size.
        most_unusable: so many files may be unusable; with ``PATIENCE`` more, the others are not looked at.

    Raises:
        Unsound: if a file cannot be read at all, or no image can be used, or too many cannot.
    """
    places = {path: place for place, path in enumerate(paths)}
    images = np.empty((len(paths), *fit.size, fit.channels), np.float32)
    used = np.zeros(len(paths), bool)
    digests: dict[str, str] = {}
    unusual: dict[str, list[str]] = {}
    troubles: dict[str, str] = {}
    for path, content in tree.contents(paths):
        digests[path] = hashlib.sha256(content).hexdigest()
        try:
            pixels, sorts = decoded_image(content, fit)
        except Unsound as trouble:
            troubles[path], sorts = str(trouble), [UNUSABLE]
        else:
            np.divide(pixels, np.float32(255), out=images[places[path]])
            used[places[path]] = True
        for sort in sorts:
            unusual.setdefault(sort, []).append(path)
        if len(troubles) == min(len(paths), most_unusable + PATIENCE):
            raise Unsound(
                f"has {plural(len(troubles), 'image')} that cannot be used, such as {path}, which {troubles[path]}"
            )
    listed = "".join(f"{digests[path]}  {path}\n" for path in paths)
    named = {sort: sorted(found) for sort, found in sorted(unusual.items())}
    return Photographs(_closed_up(images, used), used, hashlib.sha256(listed.encode()).hexdigest(), named, troubles)


def _closed_up(images: NDArray[np.float32], used: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the images that are used, moved up to the front of the very array."""
    for to, place in enumerate(np.flatnonzero(used)):
        if to != place:
            images[to] = images[place]
    return images[: np.count_nonzero(used)]

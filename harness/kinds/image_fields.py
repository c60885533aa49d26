"""Fields of a recipe that describe image files: where they are, which of them, of which class, and what may be unusual."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from harness.kinds.file_fields import FileName, Sha256
from harness.kinds.recipe import Frozen

_Count = Annotated[int, Field(ge=1, le=10_000_000)]
_Share = Annotated[float, Field(ge=0, le=1)]


class NamedFile(Frozen):
    """A text file in the data folders."""

    file: FileName
    """Name of the file within the data folders."""
    sha256: Sha256
    """SHA-256 of the file."""


class GroundTruth(NamedFile):
    """A ground-truth file with the class of each image.

    Each line holds an image's path and its class, as a number or a name; or only the class, in the order of the
    paths.
    """

    first: int = Field(0, ge=0, le=1)
    """The number of the first class in the file."""
    order: NamedFile | None = None
    """A file with the names of the classes in the order of these numbers, one in each line, if that is not the
    order of the data set: ILSVRC's development kit counts from 1 and not by name. Null if it is."""


class ImageFiles(Frozen):
    """The image files of one split."""

    source: FileName
    """Name of a folder, or of a file ``.tar`` or ``.zip``, within the data folders."""
    inside: FileName | None = None
    """A folder within it: only its images are used; null for all."""
    sha256: Sha256 | None = None
    """SHA-256 of the list of the images' files that ``sha256sum`` prints, in the order of their paths, relative
    to ``inside``: the same for a folder, a tar and a zip. Null accepts any images; their hash is recorded."""
    labels: GroundTruth | None = None
    """A ground-truth file; null if the first folder of each path is the image's class."""
    per_class: _Count | None = None
    """Maximum number of images of each class, drawn at random with ``seed``; null takes all."""
    images: _Count | None = None
    """Maximum number of images of all classes, drawn at random with ``seed``; null takes all."""
    seed: int = Field(0, ge=0)
    """Seed of the draw, which depends only on the images' paths and is the same in all runs."""


class UnusualShares(Frozen):
    """Largest fraction of a split's images that may be unusual in each way; with more, the data set is refused."""

    grey: _Share = 0.05
    """Images with one channel, which is repeated."""
    cmyk: _Share = 0.01
    """Images in CMYK, which are converted."""
    transparent: _Share = 0.01
    """Images with transparency, which is ignored."""
    tiny: _Share = 0.05
    """Images with fewer rows or columns than ``size`` before resizing."""
    unusable: _Share = 0.0
    """Images that are truncated, damaged, of another format or too large; these are left out."""

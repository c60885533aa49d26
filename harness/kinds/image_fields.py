"""Fields of a recipe that describe image files: where they are, which of them, of which class, and what may be unusual."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from harness.kinds.file_fields import FileName, Sha256
from harness.kinds.recipe import Frozen

_Count = Annotated[int, Field(ge=1, le=10_000_000)]
_Share = Annotated[float, Field(ge=0, le=1)]


class NamedFile(Frozen):
    """A text file in the folders of data."""

    file: FileName
    """Name of the file within the folders of data."""
    sha256: Sha256
    """SHA-256 of the file."""


class GroundTruth(NamedFile):
    """A file that says the class of each image.

    Each line holds an image's path and its class, as a number or a name; or the class alone, in the order of the paths.
    """

    first: int = Field(0, ge=0, le=1)
    """The number of the first class in the file."""
    order: NamedFile | None = None
    """A file that names the classes in the order of these numbers, one in a line, where that is not the data set's own
    order: ILSVRC's development kit counts from 1 and not by name. Null where it is."""


class ImageFiles(Frozen):
    """The image files of one split."""

    source: FileName
    """Name of a folder, or of a file ``.tar`` or ``.zip``, within the folders of data."""
    inside: FileName | None = None
    """A folder within it, whose images alone are meant; null for all."""
    sha256: Sha256 | None = None
    """SHA-256 of the list of the images' files that ``sha256sum`` prints, in the order of their paths, which begin below
    ``inside``: the same for a folder, a tar and a zip. Null where any images will do; what is found is recorded."""
    labels: GroundTruth | None = None
    """A ground-truth file; null where the first folder of each path is the image's class."""
    per_class: _Count | None = None
    """Take at most so many images of each class, drawn by ``seed``; null takes all."""
    images: _Count | None = None
    """Take at most so many images of those, drawn likewise; null takes all."""
    seed: int = Field(0, ge=0)
    """Seed of the draw, which depends on the images' paths and is the same in all runs."""


class UnusualShares(Frozen):
    """Largest share of a split's images that may be unusual in each way; with more, the data set is refused."""

    grey: _Share = 0.05
    """Of one channel, which is repeated."""
    cmyk: _Share = 0.01
    """Of the four channels of print, which are converted."""
    transparent: _Share = 0.01
    """With transparency, which is left away."""
    tiny: _Share = 0.05
    """With fewer rows or columns than ``size`` before they are resized."""
    unusable: _Share = 0.0
    """Cut short, damaged, of another format or too large: these are left out."""

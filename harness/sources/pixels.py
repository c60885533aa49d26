"""Decodes a JPEG or PNG file to pixels, resized and cropped as a network's images are."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.sources import Unsound, printable

MOST_PIXELS = 2**26
"""An image that declares more, or would have more once resized, is not decoded; ImageNet's largest has 61 million."""
MOST_SCANNED = 2**30
"""Pixels that a JPEG's scans go over together: each of a progressive one goes over all of them, and takes a few bytes."""
_SCAN = b"\xff\xda"
"""Begins a scan; within one, these two bytes never follow each other."""
Interpolation = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
"""Pillow's names; all but ``nearest`` average over what a new pixel covers where an image is made smaller (antialiasing)."""
Sort = Literal["grey", "cmyk", "transparent", "tiny", "unusable"]
"""What is unusual in an image file: it has one channel, or CMYK's four, or transparency; fewer rows or columns than are
wanted; or it cannot be used at all."""
UNUSABLE: Sort = "unusable"
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK"}
"""Pillow's names of what eight bits for each channel hold; others lose bits when they are converted."""


@dataclass(frozen=True)
class Fit:
    """How images come to one size.

    Attributes:
        size: height and width, cut out of the middle.
        resize: before that, the length of the shorter side, or height and width; None leaves the size as it is.
        interpolation: of the pixels when an image is resized.
        channels: 3 for red, green and blue, 1 for grey.
    """

    size: tuple[int, int]
    resize: int | tuple[int, int] | None
    interpolation: Interpolation
    channels: Literal[1, 3]


def decoder() -> str:
    """Return what decodes the files: other versions may decode a JPEG to slightly other pixels."""
    from PIL import __version__, features  # noqa: PLC0415  only where images are decoded, and `lint` must answer at once

    turbo = features.version("libjpeg_turbo")
    return f"Pillow {__version__}" + (f" with libjpeg-turbo {turbo}" if turbo else "")


def decoded_image(content: bytes, fit: Fit) -> tuple[NDArray[np.uint8], list[Sort]]:
    """Return an image's pixels ``(h, w, c)``, and what is unusual in its file.

    Pixels are those that the file stores: neither a colour profile nor an orientation is applied. Grey is repeated in each
    channel, CMYK converted by Pillow, and transparency left away.

    Raises:
        Unsound: if it is no JPEG or PNG, is cut short or damaged, or too large, or its size does not do.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  as above

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's of large images: the limit is ours
            with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
                _refuse_scans(image, content.count(_SCAN))
                found = _unusual(image, fit)
                to = _resized(image.height, image.width, fit)
                return _fitted(image, to, fit), found
    except (Unsound, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise Unsound("is no JPEG and no PNG") from error
    except Exception as error:  # decoders raise errors of every kind
        raise Unsound(f"is damaged: {printable(error)}") from error


def _refuse_scans(image: Any, scans: int) -> None:
    """Raise Unsound for a JPEG of so many scans that decoding it would hardly end; usual ones have about ten."""
    if image.format != "PNG" and scans * image.height * image.width > max(
        MOST_SCANNED, 16 * image.height * image.width
    ):
        raise Unsound(f"is damaged: it has {scans:,} scans of {image.height:,}×{image.width:,} pixels")


def _unusual(image: Any, fit: Fit) -> list[Sort]:
    """Return what a file's header shows; raise Unsound for a format that would lose bits."""
    if image.mode not in _MODES:
        raise Unsound(f"is stored as {image.mode!r}, expected eight bits for each channel")
    found: list[Sort] = []
    if image.mode in {"1", "L", "LA"} and fit.channels == 3:
        found.append("grey")
    if image.mode == "CMYK":
        found.append("cmyk")
    if image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info:
        found.append("transparent")
    if image.height < fit.size[0] or image.width < fit.size[1]:
        found.append("tiny")
    return found


def _resized(height: int, width: int, fit: Fit) -> tuple[int, int]:
    """Return height and width after resizing; raise Unsound where there are too many pixels, or too few to crop."""
    to = (height, width)
    if isinstance(fit.resize, tuple):
        to = fit.resize
    elif fit.resize is not None:
        shorter = min(height, width)
        to = fit.resize * height // shorter, fit.resize * width // shorter
    for (h, w), when in (((height, width), "has"), (to, "would be resized to")):
        if h * w > MOST_PIXELS:
            raise Unsound(f"is too large: it {when} {h:,}×{w:,} pixels, expected at most {MOST_PIXELS:,}")
    if to[0] < fit.size[0] or to[1] < fit.size[1]:
        raise Unsound(
            f"has {height}×{width} pixels, expected at least {fit.size[0]}×{fit.size[1]} because images are not resized"
        )
    return to


def _fitted(image: Any, to: tuple[int, int], fit: Fit) -> NDArray[np.uint8]:
    """Decode, convert, resize and crop; an odd row or column is cut off below, or at the right."""
    from PIL import Image  # noqa: PLC0415  as above

    mode = "RGB" if fit.channels == 3 else "L"
    whole = image if image.mode == mode else image.convert(mode)
    if to != (image.height, image.width):
        whole = whole.resize(to[::-1], Image.Resampling[fit.interpolation.upper()])
    (height, width), (top, left) = fit.size, ((side - cut) // 2 for side, cut in zip(to, fit.size, strict=True))
    cut = whole.crop((left, top, left + width, top + height))
    return np.asarray(cut, np.uint8).reshape(height, width, fit.channels)

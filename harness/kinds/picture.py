"""Recipe of a claim's exhibit: a grid of originals, each beside its adversarial example."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.examples import Examples, Grid
from harness.kinds.recipe import Recipe, unused

LARGEST = 20
"""Most rows or columns: at 28×28 pixels, 400 pairs fill a printed page."""
GROUND = 128
"""Grey between the images: visible beside black and white images, on light and dark pages."""


class Picture(Recipe):
    """A grid of image pairs: each original, to its right the distorted image, and between them the perturbation."""

    kind = "picture"
    edition = 1
    group = "picture"

    rows: int = Field(ge=1, le=LARGEST)
    """Rows of the grid."""
    columns: int = Field(ge=1, le=LARGEST)
    """Pairs in each row: the original, and to its right the distorted image."""
    difference: float | None = Field(None, gt=0, le=1000, exclude_if=unused)
    """Shows the difference between the two, multiplied by this number, on grey (Szegedy et al. 2014, Figure 5:
    10); null shows none."""
    side: int | None = Field(None, ge=8, le=10_000, exclude_if=unused)
    """Maximum length, in pixels, of the longer side of an image; larger images are scaled down. null shows every
    pixel."""

    @property
    def panels(self) -> int:
        """Images shown of each example."""
        return 2 if self.difference is None else 3

    @property
    def random(self) -> bool:
        """Whether it draws random numbers: no, it shows the first images in their order."""
        return False

    @property
    def seconds(self) -> float:
        """No more than reading the images takes."""
        return 0.1

    def draw(self, clean: Examples, made: Examples) -> Grid:
        """Draw the first crafted examples beside the images they were made from.

        Args:
            clean: the split the images were taken from, float32 ``(n, h, w, c)`` in [0, 1].
            made: what the attack made, at most as many as the grid holds, ``index`` as in ``clean``.

        Returns:
            The grid; it ends with the row in which the examples do. Of images of other than three channels the mean
            over channels is drawn.
        """
        shown = made.take(np.arange(min(len(made), self.rows * self.columns)))
        originals = clean.images[clean.rows_of(shown.index)]
        found = np.ones(len(shown), bool) if shown.found is None else shown.found
        known = shown.targets is None or bool(found.all())  # an example that misses its target may have any class
        distortion = shown.distortion
        return Grid(
            png=as_png(self._arranged(originals, shown.images)),
            shown=len(shown),
            distortion=None if distortion is None or not len(shown) else float(distortion.mean()),
            correct=int((~found).sum()) if known else None,
            clipped=bool(shown.images.size and (shown.images.min() < 0 or shown.images.max() > 1)),
        )

    def _arranged(self, originals: NDArray[np.float32], distorted: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the grid as bytes ``(height, width, c)``; a narrow gap within a pair, twice as wide between pairs."""
        height, width, channels = fitted(originals.shape[1:], self.side)
        narrow = max(1, width // 14)
        step = width + narrow
        down, along = height + narrow, self.panels * step + narrow
        rows = -(-len(originals) // self.columns)
        canvas = np.full((rows * down + narrow, self.columns * along, channels), GROUND, np.uint8)
        for place, (original, made) in enumerate(zip(originals, distorted, strict=True)):
            row, column = divmod(place, self.columns)
            top, left = narrow + row * down, narrow + column * along
            for number, image in enumerate(self._panels(original, made)):
                at = left + number * step
                canvas[top : top + height, at : at + width] = as_bytes(image, self.side)
        return canvas

    def _panels(self, original: NDArray[np.float32], made: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the images shown of one example, left to right."""
        if self.difference is None:
            return [original, made]
        return [original, GROUND / 255 + np.float32(self.difference) * (made - original), made]


def fitted(shape: tuple[int, ...], side: int | None) -> tuple[int, int, int]:
    """Return the shape (h, w, c) in which images are shown whose longer side may have so many pixels."""
    height, width, channels = shape
    longer = max(height, width)
    if side is None or longer <= side:
        return height, width, channels
    return max(1, round(height * side / longer)), max(1, round(width * side / longer)), channels


def as_bytes(image: NDArray[np.float32], side: int | None = None) -> NDArray[np.uint8]:
    """Return pixels as bytes, of larger images means over several; those outside [0, 1] are clipped: no screen shows them."""
    pixels = np.asarray(np.rint(255 * np.clip(image, 0, 1)), np.uint8)
    height, width, channels = fitted(pixels.shape, side)
    if (height, width) == pixels.shape[:2]:
        return pixels
    from PIL import Image  # noqa: PLC0415  as below

    planes = [Image.fromarray(pixels[..., c]).resize((width, height), Image.Resampling.BOX) for c in range(channels)]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def as_png(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a canvas ``(h, w, c)`` as the bytes of a PNG file."""
    from PIL import Image  # noqa: PLC0415  only where a picture is drawn, and `lint` must answer at once

    grey = canvas if canvas.shape[2] == 3 else np.asarray(np.rint(canvas.mean(axis=2)), np.uint8)
    out = BytesIO()
    Image.fromarray(grey).save(out, "PNG", optimize=True)
    return np.frombuffer(out.getvalue(), np.uint8)

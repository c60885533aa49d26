"""Recipe of a claim's exhibit: a grid of originals, each beside its adversarial example."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.examples import Examples, Grid
from harness.kinds.recipe import Recipe

LARGEST = 20
"""Most rows or columns: at 28×28 pixels, 400 pairs fill a printed page."""
GROUND = 128
"""Grey between the images: visible beside black and white images, on light and dark pages."""


class Picture(Recipe):
    """A grid of pairs, as papers print them: originals in the odd columns, distorted images in the even ones."""

    kind = "picture"
    edition = 1
    group = "picture"

    rows: int = Field(ge=1, le=LARGEST)
    """Rows of the grid."""
    columns: int = Field(ge=1, le=LARGEST)
    """Pairs in each row: the original, and to its right what became of it."""

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
        """Return the grid as bytes ``(height, width, c)``; a narrow gap within a pair, a wide one between pairs."""
        _, height, width, channels = originals.shape
        narrow = max(1, width // 14)
        wide = 2 * narrow
        down, along = height + narrow, 2 * width + narrow + wide
        rows = -(-len(originals) // self.columns)
        canvas = np.full((rows * down + narrow, self.columns * along, channels), GROUND, np.uint8)
        for place, pair in enumerate(zip(originals, distorted, strict=True)):
            row, column = divmod(place, self.columns)
            top, left = narrow + row * down, narrow + column * along
            for offset, image in zip((0, width + narrow), pair, strict=True):
                canvas[top : top + height, left + offset : left + offset + width] = as_bytes(image)
        return canvas


def as_bytes(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return pixels as bytes; those outside [0, 1] are clipped, since no screen shows them."""
    return np.asarray(np.rint(255 * np.clip(image, 0, 1)), np.uint8)


def as_png(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a canvas ``(h, w, c)`` as the bytes of a PNG file."""
    from PIL import Image  # noqa: PLC0415  only where a picture is drawn, and `lint` must answer at once

    grey = canvas if canvas.shape[2] == 3 else np.asarray(np.rint(canvas.mean(axis=2)), np.uint8)
    out = BytesIO()
    Image.fromarray(grey).save(out, "PNG", optimize=True)
    return np.frombuffer(out.getvalue(), np.uint8)

"""Recipe of a claim's exhibit: the top images of some units beside those of some random directions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, SerializeAsAny

from harness.errors import plural
from harness.examples import Examples, Grid, Victim
from harness.kinds.picture import GROUND, LARGEST, as_bytes, as_png, fitted
from harness.kinds.recipe import Frozen, Recipe, unused
from harness.kinds.top_images import TopImages
from harness.streams import Streams


class Gallery(Frozen):
    """How much a gallery shows of a claim's measure and, to its right, of the measure it is compared with."""

    rows: int = Field(ge=1, le=LARGEST)
    """Number of units or directions, the first ones drawn; one row of top-activating images each."""
    side: int | None = Field(None, ge=8, le=10_000, exclude_if=unused)
    """Maximum length, in pixels, of the longer side of an image; larger images are scaled down. null shows every
    pixel."""


class GalleryDrawing(Recipe):
    """Draws a gallery, as the figures of Szegedy et al. (2014) show it: a row for each unit, and for each direction."""

    kind = "gallery"
    edition = 1
    group = "picture"

    rows: int = Field(ge=1, le=LARGEST)
    """Rows of the grid."""
    side: int | None = Field(None, ge=8, le=10_000, exclude_if=unused)
    """Maximum length, in pixels, of the longer side of an image; larger images are scaled down. null shows every
    pixel."""
    sides: tuple[SerializeAsAny[TopImages], ...] = Field(min_length=1, max_length=2)
    """The metric whose top images are shown on the left, and the one on the right if there are two."""

    @property
    def seconds(self) -> float:
        """What finding the top images takes."""
        return sum(side.seconds for side in self.sides)

    def draw(self, given: Sequence[tuple[Victim, Examples]], streams: Streams) -> Grid:
        """Draw the top images of the first units and directions, the largest activation first.

        Args:
            given: the network and the images of each side.
            streams: those the metrics are measured with, so that the units and directions are the measured ones.

        Returns:
            The grid; the sides are apart by the width of half an image.
        """
        shown, panels, told = 0, [], []
        for side, (victim, images) in zip(self.sides, given, strict=True):
            tops = side.tops(victim, images, streams)[: self.rows]
            shown += tops.size
            panels.append(_panel(images.images[tops], self.rows, self.side))
            told.append(f"{plural(len(tops), side.along)} of {_place(side.layer)}")
        width = panels[0].shape[1] // self.sides[0].top // 2
        apart = np.full((len(panels[0]), width, panels[0].shape[2]), GROUND, np.uint8)
        parts = [part for panel in panels for part in (apart, panel)][1:]
        where = f"{told[0]} on the left, {told[1]} on the right" if len(told) == 2 else told[0]
        return Grid(
            png=as_png(np.concatenate(parts, axis=1)),
            shown=shown,
            across=sum(side.top for side in self.sides),
            says=f"In each row the {self.sides[0].top} images with the largest activation, the largest first: {where}.",
        )


def _place(layer: int) -> str:
    return f"layer {layer}" if layer else "the pixels"


def _panel(images: NDArray[np.float32], rows: int, side: int | None) -> NDArray[np.uint8]:
    """Return images ``(r, top, h, w, c)`` as bytes, with room for so many rows."""
    top, (height, width, channels) = images.shape[1], fitted(images.shape[2:], side)
    gap = max(1, width // 14)
    canvas = np.full((rows * (height + gap) + gap, top * (width + gap) + gap, channels), GROUND, np.uint8)
    for row, group in enumerate(images):
        for column, image in enumerate(group):
            down, along = gap + row * (height + gap), gap + column * (width + gap)
            canvas[down : down + height, along : along + width] = as_bytes(image, side)
    return canvas

"""Images of noise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from harness.examples import Examples
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.registry import dataset

Extent = Annotated[int, Field(ge=1, le=10_000)]


@dataset("rubbish", edition=1)
class Rubbish(DatasetRecipe):
    """Images of independent noise, which belong to no class (rubbish class examples: Goodfellow et al. 2015, appendix).

    They are drawn once, with ``seed``, and are the same in all runs; a claim's sample is drawn from them in each
    run. Every label is 0 and has no meaning. Gaussian noise leaves [0, 1].
    """

    splits = ("test",)

    image_shape: tuple[Extent, Extent, Extent] = (28, 28, 1)  # type: ignore[misc]  # a field here, a constant of other kinds
    """Height, width and channels."""
    classes: int = Field(10, ge=2, le=100_000)  # type: ignore[misc]  # as above
    """Number of classes of the networks that they are given to."""
    images: int = Field(10_000, ge=1, le=1_000_000)
    """Number of images."""
    noise: Literal["gaussian", "uniform"] = "gaussian"
    """How each pixel is drawn: from N(0, ``stddev``²), or uniformly from [0, 1]."""
    stddev: float = Field(1.0, gt=0, le=1000)
    """Standard deviation of Gaussian noise; not used for uniform noise."""
    seed: int = Field(0, ge=0)
    """Seed of the noise."""

    @property
    def stays_in_box(self) -> bool:
        """Uniform noise does."""
        return self.noise == "uniform"

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        """Draw the split ``test``."""
        rng, shape = np.random.default_rng(self.seed), (self.images, *self.image_shape)
        if self.noise == "uniform":
            pixels = rng.random(shape, np.float32)
        else:
            pixels = np.float32(self.stddev) * rng.standard_normal(shape, np.float32)
        return {"test": Examples(pixels, np.zeros(self.images, np.int64), np.arange(self.images))}

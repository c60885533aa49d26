"""Which images of a split a measure uses."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.recipe import Recipe, unused
from harness.streams import Streams


class Sample(Recipe):
    """Which images of a split a measure uses."""

    kind = "sample"
    edition = 1
    group = "sample"

    count: int | None = Field(None, ge=1)
    """Number of images, drawn without replacement in each run; null means the whole split."""
    which: Literal["all", "correct"] = "all"
    """``correct`` leaves out the images the attacked model misclassifies."""
    other_than: int | None = Field(None, ge=0, lt=100_000, exclude_if=unused)
    """Leaves out the images of this class, for an attack that has it as the target of all images; null leaves out
    none."""

    @property
    def qualifying(self) -> str:
        """Name of the images from which it is drawn."""
        images = {"all": "images", "correct": "correctly classified images"}[self.which]
        return images if self.other_than is None else f"{images} of other classes than {self.other_than}"

    @property
    def random(self) -> bool:
        """Drawing a sample is random; taking a whole split is not."""
        return self.count is not None

    def choose(self, total: int, qualifies: NDArray[np.bool_], streams: Streams) -> NDArray[np.int64]:
        """Return the chosen positions in the split, int64, in the order drawn.

        The split is permuted with the run's stream, and the first eligible images are taken. So two models that are
        attacked in the same run share nearly all images.
        """
        order = streams.rng("sample").permutation(total) if self.random else np.arange(total)
        return order[qualifies[order]][: self.count].astype(np.int64)

"""Base of rates over images that may be taken over the images of one class alone."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from harness.errors import Invalid
from harness.examples import Examples
from harness.kinds.metric import MetricRecipe
from harness.kinds.recipe import unused


class ClassRate(MetricRecipe):
    """A rate over all images, or over those of one true class."""

    unit = "fraction"
    statistic = "proportion"

    true_class: int | None = Field(None, ge=0, le=1_000_000, exclude_if=unused)
    """Counts only images of this true class, numbered from 0; null counts all images. It is not an attack's
    target."""

    def cannot(self, models: int, classes: int | None) -> str:
        """Return that the data have no such class."""
        if self.true_class is None or classes is None or self.true_class < classes:
            return ""
        return f"true_class: expected a class of the data, 0 to {classes - 1}, found {self.true_class}"

    def counted(self, images: Examples) -> Examples:
        """Return the images the rate is over.

        Raises:
            Invalid: where none of them is of the class.
        """
        if self.true_class is None:
            return images
        rows = np.flatnonzero(images.labels == self.true_class)
        if not len(rows):
            raise Invalid(f"{self.kind}: true_class: none of {len(images)} images is of the class {self.true_class}")
        return images.take(rows)

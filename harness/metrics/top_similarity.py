"""How alike the top images of a unit, or of a random direction, are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.examples import Examples, Victim
from harness.kinds.registry import metric
from harness.kinds.top_images import TopImages, outputs


@metric("top-similarity", edition=1)
class TopSimilarity(TopImages):
    """Mean cosine similarity between features of two top-activating images, averaged over units or directions.

    Over all pairs of different images. If all features of an image are 0, its cosine similarity with others is 0.
    """

    called = "similarity of the top images"

    features: int = Field(0, ge=0, le=10_000)
    """The layer whose outputs are compared, counted from 1; 0 compares pixels."""

    def score(self, victim: Victim, images: Examples, tops: NDArray[np.int64]) -> float:
        """Return the mean cosine, in [-1, 1]."""
        rows, place = np.unique(tops, return_inverse=True)
        parts = outputs(victim, images.images[rows], self.features, self.kind)
        features = np.concatenate([part.astype(np.float64) for part in parts])
        features /= np.maximum(np.linalg.norm(features, axis=1, keepdims=True), np.finfo(float).tiny)
        # The squared norm of a sum holds every ordered pair, and each vector with itself.
        chosen = features[place.reshape(tops.shape)]
        sums, own = (chosen.sum(axis=1) ** 2).sum(axis=1), (chosen**2).sum(axis=(1, 2))
        return float(((sums - own) / (self.top * (self.top - 1))).mean())

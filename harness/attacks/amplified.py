"""Another attack's distortions, magnified."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.errors import Invalid
from harness.examples import Examples, Victim, Watch, rms
from harness.kinds.derived import DerivedAttack
from harness.kinds.registry import attack
from harness.streams import Streams


@attack("amplified", edition=1)
class Amplified(DerivedAttack):
    """Magnifies another attack's distortions to a given size (Szegedy et al. 2014, section 4.2 and Table 4).

    The paper prints x + 0.1 (x' - x) / |x' - x| and says the distortion goes "from 0.06 to 0.1": the norm is the
    RMS over pixels. The paper does not say whether each image, or only their mean, has the distortion 0.1.
    """

    to: float = Field(0.1, gt=0, le=10)
    """The distortion, as RMS over pixels in [0, 1], before any clipping."""
    rule: Literal["common-factor", "each-image"] = "common-factor"
    """Whether one factor for all images sets the mean distortion of the examples found to ``to``, or a separate
    factor sets the distortion of each image (an unchanged image stays unchanged)."""
    clip: bool = False
    """Whether pixels are clipped to [0, 1]; the paper does not say."""

    @property
    def stays_in_box(self) -> bool:
        """Whether examples are clipped to [0, 1]."""
        return self.clip

    @property
    def sets_distortion(self) -> bool:
        """Whether the distortion is a field: not exactly if examples are clipped."""
        return not self.clip

    @property
    def by_target(self) -> bool:
        """The criterion is an error, as in the paper's table, not the class the examples were meant to get."""
        return False

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores."""
        return 0.03

    def run(
        self,
        victim: Victim,
        clean: Examples,
        streams: Streams,
        watch: Watch,
        *,
        of: Examples | None = None,
        **inputs: Any,
    ) -> Examples:
        """Return every example magnified; found where the model, in float64, then errs."""
        of, made, rows = self.examples_of(of, clean)
        originals = clean.images[rows].astype(np.float64)
        moved = of.images - originals
        images = originals + self._factors(rms(moved), made)[:, None, None, None] * moved
        if self.clip:
            images = np.clip(images, 0.0, 1.0)
        crafted = images.astype(np.float32)
        found = victim.exact_logits(crafted).argmax(axis=1) != of.labels
        return of.crafted(crafted, found)

    def _factors(self, distortion: NDArray[np.float64], found: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return what each image's change is multiplied by, ``(n,)``."""
        if self.rule == "each-image":
            return np.where(distortion > 0, self.to / np.where(distortion > 0, distortion, 1.0), 1.0)
        if not found.any():
            raise Invalid(f"amplified: the attack {self.of!r} found no example, so there is no mean distortion")
        mean = distortion[found].mean()
        if not mean > 0:
            raise Invalid(f"amplified: the examples of the attack {self.of!r} do not differ from the clean images")
        return np.full_like(distortion, self.to / mean)

"""Base of attacks that may start from another attack's examples instead of the clean images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.errors import ContractError
from harness.examples import Examples, Victim
from harness.kinds.confirmation import exact_margin
from harness.kinds.recipe import AttackRef, unused
from harness.kinds.targeting import TargetedAttack


class StartingAttack(TargetedAttack):
    """An attack with a choice of starting points. Authors write ``run``, which gets the other attack's examples as ``start``."""

    start: AttackRef | None = Field(None, exclude_if=unused)
    """The attack whose examples are the starting points, for the same model and images; its example with the same target,
    else its first one. It is kept where no closer example is found. ``gaussian-noise`` with ``clip: true`` gives random
    starting points. null: the clean images."""

    def starts(self, victim: Victim, clean: Examples, start: Examples | None) -> Examples:
        """Return where each image's search starts, and whether that point meets the image's criterion in float64.

        Args:
            victim: the network attacked.
            clean: the images, and what is wanted of each.
            start: the other attack's examples; None where no attack is named.

        Raises:
            ContractError: if they are of other images, or leave [0, 1].
        """
        if self.start is None:
            return clean.crafted(clean.images, np.zeros(len(clean), bool))
        if start is None:
            raise ContractError(f"{self.kind}: expected the examples of the attack {self.start!r}")
        rows = _same_target(start, clean, victim.classes)
        rows = np.where(rows < 0, start.rows_of(clean.index), rows)
        missing = clean.index[rows < 0]
        if len(missing):
            raise ContractError(
                f"{self.kind}: the attack {self.start!r} was run on other images; image {missing[0]} is not among them"
            )
        images = start.images[rows]
        if images.size and (images.min() < 0 or images.max() > 1):
            raise ContractError(
                f"{self.kind}: the examples of the attack {self.start!r} leave [0, 1]; name an attack that stays within it "
                "(one that can clip does so with clip: true)"
            )
        return clean.crafted(images, exact_margin(victim, images, *clean.criterion) > 0)


def _same_target(start: Examples, clean: Examples, classes: int) -> NDArray[np.int64]:
    """Return the row of ``start`` with each image's index and target, ``(n,)``; -1 where there is none."""
    if start.targets is None or clean.targets is None:
        return np.full(len(clean), -1)
    pairs = replace(start, index=start.index * classes + start.targets)
    return pairs.rows_of(clean.index * classes + clean.targets)

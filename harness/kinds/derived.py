"""Attacks made of another attack's examples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import ContractError
from harness.examples import Examples
from harness.kinds.attack import AttackRecipe
from harness.kinds.recipe import AttackRef


class DerivedAttack(AttackRecipe):
    """An attack made of another attack's examples. Authors write ``run``, which gets them as ``of``; nothing is drawn."""

    of: AttackRef
    """The attack whose examples are used, for the same model and images; their targets are kept."""

    @property
    def random(self) -> bool:
        """Nothing is drawn."""
        return False

    def tries(self, classes: int, *, of: Examples | None = None, **inputs: Any) -> int:
        """The number of examples the other attack makes of each image."""
        return 1 if of is None or not len(of) else len(of) // len(np.unique(of.index))

    def examples_of(
        self, of: Examples | None, clean: Examples
    ) -> tuple[Examples, NDArray[np.bool_], NDArray[np.int64]]:
        """Return the other attack's examples, which of them were found, and the row of each one's clean image.

        Raises:
            ContractError: if they are not an attack's, or of other images.
        """
        if of is None or of.found is None:
            raise ContractError(f"{self.kind}: expected the examples of the attack {self.of!r}")
        rows = clean.rows_of(of.index)
        missing = of.index[rows < 0]
        if len(missing):
            raise ContractError(
                f"{self.kind}: the attack {self.of!r} was run on other images; image {missing[0]} is not among these"
            )
        return of, of.found, rows

"""The paper's attack: box-constrained L-BFGS on the penalised objective, with a search over c."""

from __future__ import annotations

import math
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.examples import AttackFailure, Examples, Victim, Watch, rms
from harness.kinds.confirmation import exact_margin
from harness.kinds.recipe import Frozen, unused
from harness.kinds.registry import attack
from harness.kinds.starting import StartingAttack
from harness.streams import Streams


class SharedConstant(Frozen):
    """One c for all images."""

    error_above: float = Field(ge=0, lt=1)
    """Uses the largest c with which more than this fraction of the images gets the target class; the others count
    as not found."""
    images: int | None = Field(None, ge=1, le=1_000_000, exclude_if=unused)
    """On how many images c is chosen (the first ones); the others are minimised once with this c. null: all."""

    def chosen_on(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows that c is chosen on, where each image's index is in one row or several."""
        _, first = np.unique(index, return_index=True)
        return np.flatnonzero(np.isin(index, index[np.sort(first)[: self.images]]))


@attack("lbfgs", edition=1)
class LBFGSAttack(StartingAttack):
    """Smallest distortion that turns an image into the target class (Szegedy et al. 2014, section 4.1).

    Minimises c times the distortion plus the cross-entropy to the target over images in [0, 1], and searches for
    the largest c whose minimiser has the target class. (The paper prints "minimum c", but c multiplies the
    distortion, so that the smallest distortion belongs to the largest c.)
    """

    needs_target = True

    penalty: Literal["squared", "norm"] = "squared"
    """The distortion that c multiplies: |r|**2, or |r| as printed (the paper does not say which norm)."""
    iterations: int = Field(150, ge=1, le=100_000)
    """Maximum number of L-BFGS iterations for each value of c."""
    memory: int = Field(5, ge=1, le=50)
    """Number of curvature pairs that L-BFGS keeps."""
    relative_gtol: float = Field(1e-3, gt=0, le=0.1)
    """A minimisation ends when the norm of the projected gradient is this fraction of the norm of the penalty's
    gradient."""
    ftol: float = Field(1e-7, ge=0, le=1e-2)
    """A minimisation also ends when a step reduces the objective by at most this (times the objective if that
    exceeds 1)."""
    log_c_tolerance: float = Field(3e-3, gt=0, le=1)
    """The search ends when log c is known with this precision; ten times the default adds about 0.2 % to a
    distortion."""
    initial_const: float | None = Field(None, gt=0, le=1e6)
    """The first c; null predicts it from the gradient at the clean image."""
    binary_search_steps: int = Field(40, ge=1, le=1000)
    """Maximum number of values of c for each image; every third is the middle of the bracket on log c, the others
    are interpolated."""
    ladder: float | None = Field(None, ge=1.1, le=1e4, exclude_if=unused)
    """Only powers of this number are tried as c. The result can be smaller than the largest successful c by up to
    this factor. null searches for c with the precision log_c_tolerance."""
    shared_constant: SharedConstant | None = Field(None, exclude_if=unused)
    """One c for all images; null searches for c for each image."""
    confidence: float = Field(1e-3, ge=1e-4, le=100)
    """The margin, in logits, by which the criterion must be met, so that it is still met with another batch size
    (which changes a logit by less than a tenth of this). For a network with small weights each 0.01 adds 1 % to
    the distortion."""

    @model_validator(mode="after")
    def _searches_in_one_way(self) -> Self:
        if self.ladder is not None and self.shared_constant is not None:
            raise ValueError("ladder and shared_constant are two ways to search c; leave out one of them")
        return self

    @property
    def runs_until_found(self) -> bool:
        """Other values of c are tried until one succeeds."""
        return self.binary_search_steps > 1 and self.shared_constant is None

    @property
    def one_for_all(self) -> bool:
        """Whether one c is searched for all images."""
        return self.shared_constant is not None

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores, once compiled."""
        return 1.0

    def run(
        self,
        victim: Victim,
        clean: Examples,
        streams: Streams,
        watch: Watch,
        *,
        start: Examples | None = None,
        **inputs: Any,
    ) -> Examples:
        """Return the minimisers of the largest c that succeeded, and which have their target in float64 too."""
        from harness.engine.c_search import CSearch, CSearchSettings
        from harness.engine.lbfgsb import LBFGSB
        from harness.engine.refill import search_with_refill
        from harness.engine.shared_c import search_shared

        search = CSearch(LBFGSB(self.memory, self.iterations, self.ftol), self.penalty)
        first = math.nan if self.initial_const is None else self.initial_const
        settings = CSearchSettings(
            first,
            self.log_c_tolerance,
            self.confidence,
            self.relative_gtol,
            self.binary_search_steps,
            math.log(self.ladder) if self.ladder is not None else 0.0,
        )
        begun = self.starts(victim, clean, start)
        starts = None if self.start is None else begun.images
        if self.shared_constant is None:
            ended = search_with_refill(search, settings, victim, clean.images, clean.criterion[0], watch, starts)
        else:
            share, rows = self.shared_constant.error_above, self.shared_constant.chosen_on(clean.index)
            ended = search_shared(
                search, settings, victim, clean.images, clean.criterion[0], rows, share, watch, starts
            )
        margin = exact_margin(victim, ended.images, *clean.criterion)
        # An image that had the target class already is its own example, whatever its margin.
        least = np.where(ended.tried == 0, 0.0, self.confidence / 2.0)
        confirmed = ended.reached & (margin > least)
        failure = np.where(ended.reached & ~confirmed, np.int8(AttackFailure.UNCONFIRMED), ended.failure)
        made = clean.crafted(ended.images, confirmed, failure)
        before, now = (rms(each.images.astype(np.float64) - clean.images) for each in (begun, made))
        kept = np.flatnonzero(np.asarray(begun.found) & (~confirmed | (before < now)))
        return made.with_rows(kept, begun.take(kept))

"""The measurement of one claim: its runs with everything that judging and reports need, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from harness.kinds.recipe import Frozen
from harness.strictjson import LARGEST

FIRST_PILOT = 1000
"""Runs with this number or a higher one set margins and are never judged."""
PILOT_RUNS = 5
"""Default number of pilot runs: the spread of five has a standard error of about a third."""
MOST_IMAGES = 10**15
"""Largest number of images in a count."""


class MemberValue(Frozen):
    """The value of one member of a mean over several models or splits."""

    value: float = Field(ge=-LARGEST, le=LARGEST)
    """In the metric's natural unit."""
    count: int | None = Field(None, ge=0, le=MOST_IMAGES)
    of: int | None = Field(None, ge=1, le=MOST_IMAGES)


class Sampled(Frozen):
    """One side of a claim in one run: the mean over its members (a single one unless the measure lists several)."""

    keys: tuple[str, ...]
    """Content keys of the jobs that measured the value, one for each member."""
    value: float = Field(ge=-LARGEST, le=LARGEST)
    """In the metric's natural unit (a rate is a fraction)."""
    count: int | None = Field(None, ge=0, le=MOST_IMAGES)
    of: int | None = Field(None, ge=1, le=MOST_IMAGES)
    spread: float | None = Field(None, ge=0, le=LARGEST)
    """Standard deviation over images."""
    histogram: tuple[tuple[float, ...], tuple[int, ...]] | None = None
    settled: bool = True
    """False if an upstream training did not meet its stopping criterion and its loss still changed."""
    found: float | None = Field(None, ge=0, le=1)
    """The attack's success rate on the images measured, a fraction; None without an attack."""
    failures: Mapping[str, Annotated[int, Field(ge=1, le=MOST_IMAGES)]] = Field(default_factory=dict)
    """On how many images the attack failed, by reason (``harness.examples.AttackFailure``); empty where it failed on none, and in
    records made before reasons were kept."""
    members: tuple[MemberValue, ...] = ()
    """The value of each member, in the order of ``keys``; empty for a single member, and in old records without
    them."""

    @model_serializer(mode="wrap")
    def _without_empty(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out members and failures if there are none, so that a record without them does not change."""
        content: dict[str, Any] = handler(self)
        return {name: value for name, value in content.items() if value or name not in {"members", "failures"}}

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.count is not None and self.of is not None and self.count > self.of:
            raise ValueError(f"counts {self.count} of {self.of} images")
        if self.members and len(self.members) != len(self.keys):
            raise ValueError(f"has values of {len(self.members)} members and keys of {len(self.keys)}")
        if self.histogram is not None and len(self.histogram[0]) != len(self.histogram[1]) + 1:
            raise ValueError("a histogram needs one more edge than bins")
        if self.histogram is not None:
            edges, counts = self.histogram
            if any(low >= high for low, high in pairwise(edges)) or max(map(abs, edges)) > LARGEST:
                raise ValueError(f"the edges of a histogram must increase, within ±{LARGEST:g}")
            if min(counts, default=0) < 0 or sum(counts) > MOST_IMAGES:
                raise ValueError("a histogram counts images")
        return self


class Run(Frozen):
    """One run of one claim."""

    run: int = Field(ge=1)
    measured: Sampled
    other: Sampled | None = None
    """The measure to compare with."""
    limit: Sampled | None = None
    """The exact minimum for the same images, if it is known."""

    @property
    def sides(self) -> tuple[Sampled, ...]:
        """The value, the value to compare with and the limit, if the run has them."""
        return tuple(side for side in (self.measured, self.other, self.limit) if side is not None)

    @property
    def settled(self) -> bool:
        """Whether every training on which its values depend met its stopping criterion."""
        return all(side.settled for side in self.sides)


class Missing(Frozen):
    """Why a claim has no measurement, or lacks runs."""

    reason: str
    """A reason code of NOT_RUN: not-yet-run, time-limit, data-missing, weights-missing, no-device, …"""
    sentence: str
    """What happened, and what would make it run."""


class Measurement(Frozen):
    """All runs of one claim, or why there are none."""

    claim: str
    budget: str = ""
    comparable: bool = True
    """False for a rehearsal."""
    deterministic: bool = False
    """True if no job of the value draws random numbers: then there is one run."""
    runs: tuple[Run, ...] = ()
    missing: Missing | None = None
    attempt: Missing | None = None
    """Why a later attempt lacked requested runs, so that this measurement was kept; None if there was no such
    attempt."""
    inputs: str = ""
    """Digest of everything on which the number depends; a claim whose inputs changed must be measured again."""
    provenance: str = ""
    """Key into ``Record.provenance``."""
    unverified: str = Field("", max_length=40)
    """Day since which the values are unverified, because they come from a record without a checksum; empty if
    verified."""

    @model_validator(mode="after")
    def _runs_differ(self) -> Self:
        if len({run.run for run in self.runs}) < len(self.runs):
            raise ValueError("two runs have one number")
        return self

    @property
    def keys(self) -> list[str]:
        """Content keys of the jobs that measured all its runs."""
        return [key for run in self.runs for side in run.sides for key in side.keys]

    @property
    def strength(self) -> tuple[bool, bool, int]:
        """Strength of the measurement: whether it has values, whether it is comparable with the paper, number of runs."""
        return bool(self.runs), self.comparable, len(self.runs)

    def replaces(self, old: Measurement) -> bool:
        """Whether this measurement, the newer one, replaces the older one.

        Other inputs under the same budget mean that the older one is outdated. Otherwise the stronger one is kept, so
        that no rehearsal, failure or smaller number of runs replaces a measurement; of equally strong ones the newer is
        kept.
        """
        outdated = self.budget == old.budget and self.inputs != old.inputs
        return outdated or self.strength >= old.strength


class PilotRuns(Frozen):
    """The values of one claim's pilot runs."""

    runs: tuple[Run, ...]
    inputs: str
    """As in ``Pilot``."""
    when: str = ""
    """When the last of them was measured; empty if unknown."""

"""What a record holds: every claim's runs, or the reason why there are none, with all it takes to judge and show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Self

from pydantic import Field, model_validator

from harness.kinds.recipe import Frozen
from harness.record.facts import Job, Surroundings
from harness.record.invocation import BUDGET, Invocation
from harness.spec.paper import Paper
from harness.strictjson import LARGEST

FORMAT = 1
"""Format of records this version writes; it refuses later ones."""
FIRST_PILOT = 1000
"""Runs numbered from here on set margins and are never judged."""
PILOT_RUNS = 5
"""How many there are, unless told otherwise: the spread of five is known to about a third."""

Jobs = Mapping[str, Mapping[str, Any]]
"""A record's jobs: facts by content key."""
MOST_IMAGES = 10**15
"""No value is a count of more images."""


class Sampled(Frozen):
    """One side of a claim in one run: the mean over its members (a single one unless the measure lists several)."""

    keys: tuple[str, ...]
    """Content keys of the measure jobs behind the value."""
    value: float = Field(ge=-LARGEST, le=LARGEST)
    """In the metric's natural unit (a rate is a fraction)."""
    count: int | None = Field(None, ge=0, le=MOST_IMAGES)
    of: int | None = Field(None, ge=1, le=MOST_IMAGES)
    spread: float | None = Field(None, ge=0, le=LARGEST)
    """Standard deviation over images."""
    histogram: tuple[tuple[float, ...], tuple[int, ...]] | None = None
    settled: bool = True
    """False if a training behind it did not meet its stopping rule and its loss still moved."""
    found: float | None = Field(None, ge=0, le=1)
    """Fraction of the crafted examples behind it that reached their goal; None without an attack."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.count is not None and self.of is not None and self.count > self.of:
            raise ValueError(f"counts {self.count} of {self.of} images")
        if self.histogram is not None and len(self.histogram[0]) != len(self.histogram[1]) + 1:
            raise ValueError("a histogram needs one edge more than it has bins")
        if self.histogram is not None:
            edges, counts = self.histogram
            if any(low >= high for low, high in pairwise(edges)) or max(map(abs, edges)) > LARGEST:
                raise ValueError(f"the edges of a histogram must rise, within ±{LARGEST:g}")
            if min(counts, default=0) < 0 or sum(counts) > MOST_IMAGES:
                raise ValueError("a histogram counts images")
        return self


class Run(Frozen):
    """One run of one claim."""

    run: int = Field(ge=1)
    measured: Sampled
    other: Sampled | None = None
    """The measure compared with."""
    limit: Sampled | None = None
    """The exact minimum for the same images, where it is known."""

    @property
    def sides(self) -> tuple[Sampled, ...]:
        """What was measured, what it is compared with, and its limit, as far as they are there."""
        return tuple(side for side in (self.measured, self.other, self.limit) if side is not None)

    @property
    def settled(self) -> bool:
        """Whether every training its values rest on met its stopping rule."""
        return all(side.settled for side in self.sides)


class Missing(Frozen):
    """Why a claim has no (or not every) measurement."""

    reason: str
    """One of the NOT_RUN reasons: not-yet-run, time-limit, data-missing, weights-missing, no-device, …"""
    sentence: str
    """What happened, and what would make it run."""


class Measurement(Frozen):
    """All runs of one claim, or why there are none."""

    claim: str
    budget: str = ""
    comparable: bool = True
    """False for a rehearsal."""
    deterministic: bool = False
    """True if nothing random lies behind the value: one run is all there is."""
    runs: tuple[Run, ...] = ()
    missing: Missing | None = None
    attempt: Missing | None = None
    """Why a later attempt, which this measurement outlived, did not give every run asked for; None where there was
    none, or the latest did."""
    inputs: str = ""
    """Digest of the resolved measure and everything it names; a claim whose inputs changed must be measured anew."""
    provenance: str = ""
    """Key into ``Record.provenance``."""
    unverified: str = Field("", max_length=40)
    """Day since which the values are unverified, being those of a record without a checksum; empty where they are not."""

    @model_validator(mode="after")
    def _runs_differ(self) -> Self:
        if len({run.run for run in self.runs}) < len(self.runs):
            raise ValueError("two runs have one number")
        return self

    @property
    def keys(self) -> list[str]:
        """Content keys of the measure jobs behind all its runs."""
        return [key for run in self.runs for side in run.sides for key in side.keys]

    @property
    def strength(self) -> tuple[bool, bool, int]:
        """How much the measurement proves: has values at all, may be compared with the paper, number of runs."""
        return bool(self.runs), self.comparable, len(self.runs)

    def replaces(self, old: Measurement) -> bool:
        """Whether this, the newer one, takes the older one's place.

        Within one budget, other inputs mean that the older one is out of date, whatever it proved. Otherwise the
        stronger one stays, so that no rehearsal, failure or shorter run costs a measurement; on a tie the newer wins.
        """
        if self.budget == old.budget and self.inputs and old.inputs and self.inputs != old.inputs:
            return True
        return self.strength >= old.strength


class Drawn(Frozen):
    """A claim's picture: a grid of images, each beside what the attack made of it."""

    png: str = Field(pattern=r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$")
    """The PNG file in base64."""
    shown: int = Field(ge=1)
    """Number of pairs."""
    distortion: float | None = Field(None, ge=0, le=LARGEST)
    """Mean over the distorted images shown."""
    correct: int | None = Field(None, ge=0)
    """How many of them the network they were made for still classifies correctly; None where not known."""
    clipped: bool = False
    """Whether pixels outside [0, 1] were clipped to be shown."""
    key: str
    """Content key of the job that drew it."""


class Declared(Frozen):
    """When a deviation was first declared, in these words, to a run of ``harness verify``."""

    because: str
    """The words."""
    first_seen: str
    """When that run began, before any of its jobs: ISO 8601, UTC."""
    after_runs: bool
    """Whether runs of the claim that are judged were in the record by then."""


class Explored(Frozen):
    """What was measured under other readings than the chosen ones."""

    readings: dict[str, str] = Field(min_length=1)
    """Assumption -> reading, where it differs from the chosen one."""
    measurements: dict[str, Measurement] = Field(default_factory=dict)
    """By claim id; claims these readings do not touch are not listed."""


class Record(Frozen):
    """What one pack's verification left behind."""

    format: int = Field(FORMAT, ge=1)
    harness: str
    """Version of harness that wrote it."""
    paper: Paper
    called: Invocation | None = None
    """How verify was called last; absent in older records."""
    recipes: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)
    """``Spec.recipes()``: what every name in the paper's claims meant."""
    measurements: dict[str, Measurement] = Field(default_factory=dict)
    """By claim id."""
    explored: dict[str, Explored] = Field(default_factory=dict)
    """Other readings of the paper by label, ``assumption=reading, …``."""
    provenance: dict[str, Surroundings] = Field(default_factory=dict)
    """Surroundings by digest: commit, versions, device, threads, processor, seeds, data digests."""
    jobs: dict[str, Job] = Field(default_factory=dict)
    """Facts of every job behind the measurements by key: verb, name, run, seconds, when, facts of the training and
    its ``loss_curve`` of (iteration or epoch, loss); ``inputs`` lists the keys of the jobs it was made from, ``result`` is the SHA-256 of the arrays it made (absent in
    older records), ``provenance`` is a key into the surroundings."""
    digests: dict[str, str] = Field(default_factory=dict)
    """Data set name -> SHA-256 of its arrays."""
    declared: dict[str, Declared] = Field(default_factory=dict)
    """Claim id -> since when it is declared to deviate; absent from older records."""
    pictures: dict[str, Drawn] = Field(default_factory=dict)
    """Claim id -> its picture, of the images behind its measurement; absent where none was asked for, or not yet drawn."""

    verified: bool = Field(True, exclude=True)
    """False where the file it was read from had no checksum; not written."""

    @property
    def invocation(self) -> Invocation:
        """How verify was called, or, where the record does not tell, how it usually is."""
        return self.called or Invocation(pack=f"specs/{self.paper.name}")

    def verifying(self, claim: str, *more: str) -> str:
        """Return the command that measures a claim so that it can be judged, with further words."""
        other = self.paper.comparable and self.paper.budget != BUDGET
        budget = ("--budget", self.paper.budget) if other else ()
        return self.invocation.command("verify", "-k", claim, *budget, *more)

    @property
    def all_measurements(self) -> Iterator[Measurement]:
        """Every measurement, under the chosen readings and under others."""
        yield from self.measurements.values()
        for explored in self.explored.values():
            yield from explored.measurements.values()

    def under(self, label: str) -> Record:
        """Return the record as it were had the paper been read like that; only the claims this touches are measured.

        A margin belongs to the claim, not to the reading: pilot runs of the chosen readings stand for all. A declared
        deviation is the chosen readings' alone.
        """
        found = self.explored[label].measurements
        pilots = {
            claim: pilot.model_copy(update={"inputs": found[claim].inputs})
            for claim, pilot in self.paper.pilot.items()
            if claim in found and claim in self.measurements and self.measurements[claim].inputs == pilot.inputs
        }
        claims = tuple(claim.model_copy(update={"deviates_because": None}) for claim in self.paper.claims)
        paper = self.paper.model_copy(update={"pilot": pilots, "claims": claims})
        return self.model_copy(update={"paper": paper, "measurements": found, "explored": {}})


def behind(keys: Iterable[str], jobs: Jobs) -> Iterator[str]:
    """Yield the keys of the recorded jobs with these keys and of all they were made from, each once."""
    waiting, seen = list(keys), set()
    while waiting:
        key = waiting.pop()
        if key in seen or key not in jobs:
            continue
        seen.add(key)
        yield key
        inputs = jobs[key].get("inputs")
        waiting += [str(each) for each in inputs] if isinstance(inputs, list | tuple) else []

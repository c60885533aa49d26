"""The record of one pack: every claim's measurement, the variants, the pictures, and their provenance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from harness.errors import UsageError
from harness.kinds.recipe import Frozen
from harness.record.facts import RecordedEnvironment, RecordedJob
from harness.record.invocation import BUDGET, Invocation
from harness.record.measurement import Measurement, PilotRuns
from harness.record.protocol import Protocol
from harness.spec.paper import Paper
from harness.strictjson import LARGEST

FORMAT = 1
"""Format of records that this version writes; it refuses later formats."""


class Drawn(Frozen):
    """A claim's picture: a grid of images, each next to its adversarial example, or of single images."""

    png: str = Field(pattern=r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$")
    """The PNG file in base64."""
    shown: int = Field(ge=1)
    """Number of pairs, or of single images."""
    distortion: float | None = Field(None, ge=0, le=LARGEST)
    """Mean over the distorted images shown."""
    correct: int | None = Field(None, ge=0)
    """Number of them that the attacked network still classifies correctly; None if unknown."""
    clipped: bool = False
    """Whether pixels outside [0, 1] were clipped for display."""
    across: int = Field(0, ge=0)
    """Number of single images in a row; 0 for pairs."""
    says: str = ""
    """A sentence about single images; empty for pairs."""
    key: str
    """Content key of the job that drew it."""


class MeasuredVariant(Frozen):
    """The measurements of one variant."""

    readings: dict[str, str] = Field(min_length=1)
    """Assumption -> reading, for readings that differ from the chosen one."""
    measurements: dict[str, Measurement] = Field(default_factory=dict)
    """By claim id, for the claims whose numbers depend on these readings."""


class MeasuredStratum(Frozen):
    """Measurements of the same claims on another backend or device than the record's own."""

    measurements: dict[str, Measurement]
    """By claim id."""
    jobs: dict[str, RecordedJob] = Field(default_factory=dict)
    """As ``Record.jobs``: a job with the same key has another result there."""


class Record(Frozen):
    """The result of verifying one pack: everything that judging and the report need."""

    format: int = Field(FORMAT, ge=1)
    harness: str
    """Version of harness that wrote it."""
    paper: Paper
    invocation: Invocation
    """How verify was last called."""
    recipes: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)
    """``Spec.recipes()``: the recipe of every name in the paper's claims."""
    measurements: dict[str, Measurement] = Field(default_factory=dict)
    """By claim id."""
    variants: dict[str, MeasuredVariant] = Field(default_factory=dict)
    """Variants by label, ``assumption=reading, …``."""
    strata: dict[str, MeasuredStratum] = Field(default_factory=dict, exclude_if=lambda found: not found)
    """Backend and device (``jax on gpu``) -> measurements there, of claims whose own measurement is from another."""
    provenance: dict[str, RecordedEnvironment] = Field(default_factory=dict)
    """Environments by digest, as ``EnvironmentFacts``: harness, commit, Python, backend, device, versions, system, processor,
    threads and settings."""
    jobs: dict[str, RecordedJob] = Field(default_factory=dict)
    """Facts of every job upstream of the measurements by key: verb, name, run, seconds, when, facts of the training and
    its ``loss_curve`` of (iteration or epoch, loss); ``inputs`` lists the keys of its dependencies, ``result`` is the
    SHA-256 of its arrays, ``provenance`` is a key into ``Record.provenance``."""
    digests: dict[str, str] = Field(default_factory=dict)
    """Data set name -> SHA-256 of its arrays."""
    protocol: Protocol | None = None
    """What the pack promised before the first judged run, and later changes; None if unknown."""
    pilots: dict[str, PilotRuns] = Field(default_factory=dict)
    """Claim id -> the values of the pilot runs for its line in pilot.yaml, if they were found."""
    pictures: dict[str, Drawn] = Field(default_factory=dict)
    """Claim id -> the picture of the images of its measurement; missing if the claim has none, or if it is not yet
    drawn."""

    verified: bool = Field(True, exclude=True)
    """False if the record's file had no checksum; not written."""
    borrowed_pilots: frozenset[str] = Field(frozenset(), exclude=True)
    """Claims whose pilot runs have other readings than their measurement. These runs set the margin but are not pooled;
    not written."""

    def verifying(self, claim: str | None, *more: str) -> str:
        """Return the command that measures a claim, or all, so that it can be judged, followed by more words."""
        other = self.paper.comparable and self.paper.budget != BUDGET
        budget = ("--budget", self.paper.budget) if other else ()
        return self.invocation.command("verify", *(("-k", claim) if claim else ()), *budget, *more)

    @property
    def all_measurements(self) -> Iterator[Measurement]:
        """Every measurement, under the chosen readings, of variants and of strata."""
        yield from self.measurements.values()
        for stratum in self.strata.values():
            yield from stratum.measurements.values()
        for variant in self.variants.values():
            yield from variant.measurements.values()

    def under(self, label: str) -> Record:
        """Return the record with a variant's readings as the chosen ones, and the claims measured with them.

        A margin belongs to the claim, not to the reading: the pilot runs of the chosen readings are used for all. A
        declared deviation belongs to the chosen readings alone.
        """
        found = self.variants[label].measurements
        pilots = {
            claim: pilot.model_copy(update={"inputs": found[claim].inputs})
            for claim, pilot in self.paper.pilot.items()
            if claim in found and claim in self.measurements and self.measurements[claim].inputs == pilot.inputs
        }
        claims = tuple(
            claim.model_copy(update={"deviates_because": None}) for claim in self.paper.claims if claim.id in found
        )
        paper = self.paper.model_copy(update={"pilot": pilots, "claims": claims})
        borrowed = {"borrowed_pilots": frozenset(pilots)}
        return self.model_copy(update={"paper": paper, "measurements": found, "variants": {}, "strata": {}, **borrowed})


def check_record(record: object, what: str) -> None:
    """Raise UsageError unless this is a record (for example if it is a path)."""
    if not isinstance(record, Record):
        raise UsageError(f"{what}: expected a record, found {record!r:.80}; harness.read_record(path) reads one")

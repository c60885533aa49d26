"""Backends and devices: whether measurements on different ones are the same, claim by claim, within the claims' margins."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import plural
from harness.judge.comparing import ClaimComparison, compare, tally_of
from harness.record.model import Record
from harness.record.strata import replace_jobs, stratum_of


@dataclass(frozen=True)
class StratumComparison:
    """The comparison of a record's claims that were measured on two backends or devices.

    Attributes:
        here: backend and device of the record's own measurements: ``tensorflow on cpu``.
        there: those of the other measurements.
        claims: those measured on both.
        changed: those that really differ, as ``compare`` finds.
    """

    here: str
    there: str
    claims: tuple[ClaimComparison, ...]
    changed: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The result, in a sentence without a full stop."""
        told = f"{self.here} and {self.there}: {plural(len(self.claims), 'claim')} measured on both, {tally_of(self.claims)}"
        return f"{told}; really differ: {', '.join(self.changed)}" if self.changed else told


def compare_strata(record: Record) -> tuple[StratumComparison, ...]:
    """Compare each stratum of a record with its own measurements, by equivalence within each claim's margin."""
    return tuple(_compared(record, label) for label in record.strata)


def _compared(record: Record, label: str) -> StratumComparison:
    stratum = record.strata[label]
    own = {claim: record.measurements[claim] for claim in stratum.measurements if claim in record.measurements}
    mine = record.model_copy(update={"measurements": own, "strata": {}, "variants": {}, "pictures": {}})
    found = compare(mine, replace_jobs(record, stratum))
    both = tuple(each for each in found.claims if each.claim in own)
    here = sorted({stratum_of(record, measurement) for measurement in own.values()} - {""})
    changed = tuple(claim for claim in found.changed if claim in own)
    return StratumComparison(" or ".join(here), label, both, changed)

"""Merges a newer record into an older one; stronger measurements are kept."""

from __future__ import annotations

from collections.abc import Mapping

from harness.record.attempts import kept
from harness.record.measurement import Measurement
from harness.record.model import Drawn, MeasuredVariant, Record
from harness.record.pilots import merged
from harness.record.protocol import amended
from harness.record.pruning import pruned
from harness.record.strata import merged_strata
from harness.spec.claim import Claim, Measure
from harness.spec.paper import Paper


def merge(old: Record, new: Record) -> Record:
    """Return the newer record, with the older one's measurements if the newer one has none, or a weaker one.

    - A claim that was not measured this time keeps its measurement. The measurement is dropped if the claim is no
      longer in the pack or now measures something else: the old number would be compared with the wrong printed one.
    - A measurement is only replaced by one that is at least as strong (``Measurement.replaces``). A measurement that is
      kept says why the newer attempt failed.
    - With a kept measurement, its description is kept: the claim's measure and, if a rehearsal follows an audit, the
      audit's recipes, budget and runs.
    - The earlier protocol is kept, with an amendment for each changed term.
    - A measurement on another backend or device is kept next to the record's own (``strata``).
    - Pilot runs are kept as long as pilot.yaml has a line for the claim.
    - A picture stays with the measurement whose images it shows.
    - Jobs, environments and data digests that nothing refers to any more are dropped (``pruned``).

    Merging the same record again changes nothing.
    """
    before = old.paper.by_id
    claims: list[Claim] = []
    measurements: dict[str, Measurement] = {}
    for claim in new.paper.claims:
        earlier, mine = before.get(claim.id), new.measurements.get(claim.id)
        theirs = old.measurements.get(claim.id) if earlier is not None and _alike(earlier, claim) else None
        stronger = _stronger(theirs, mine)
        if stronger is not None:
            measurements[claim.id] = stronger
        stays = earlier if stronger is not mine else None
        claims.append(claim.model_copy(update={"measure": stays.measure, "other": stays.other}) if stays else claim)
    return pruned(
        new.model_copy(
            update={
                "paper": _paper(old.paper, new.paper, tuple(claims)),
                "recipes": _recipes(old, new),
                "measurements": measurements,
                "variants": _variants(old, new),
                "strata": merged_strata(old, new, measurements),
                "provenance": old.provenance | new.provenance,
                "jobs": old.jobs | new.jobs,
                "digests": old.digests | new.digests,
                "protocol": amended(old.protocol, new.protocol),
                "pilots": merged(
                    old.pilots, new.pilots, {claim: line.inputs for claim, line in new.paper.pilot.items()}
                ),
                "pictures": _pictures(old, new, measurements),
            }
        )
    )


def _stronger(earlier: Measurement | None, latest: Measurement | None) -> Measurement | None:
    """Return the latest measurement if it replaces the earlier one, else the earlier one with the failed attempt."""
    if earlier is None or (latest is not None and latest.replaces(earlier)):
        return latest
    return kept(earlier, latest)


def _pictures(old: Record, new: Record, current: Mapping[str, Measurement]) -> dict[str, Drawn]:
    """Return each measurement's picture: the newer one, else the older one if grid and measurement are the same."""
    before, pictures = old.paper.by_id, {}
    for claim in new.paper.claims:
        measurement, earlier = current.get(claim.id), before.get(claim.id)
        mine, theirs = (record.measurements.get(claim.id) for record in (new, old))
        drawn = new.pictures.get(claim.id) if _same(measurement, mine) else None
        true = measurement == theirs or not (theirs and theirs.unverified)
        if drawn is None and true and _same(measurement, theirs) and earlier and earlier.shows == claim.shows:
            drawn = old.pictures.get(claim.id)
        if drawn is not None and claim.shows is not None:
            pictures[claim.id] = drawn
    return pictures


def _same(kept: Measurement | None, other: Measurement | None) -> bool:
    """Whether two measurements are of the same thing, for any numbers of runs."""
    return kept is not None and other is not None and (kept.budget, kept.inputs) == (other.budget, other.inputs)


def _variants(old: Record, new: Record) -> dict[str, MeasuredVariant]:
    """Return both records' variants; if both measured a claim, the stronger measurement."""
    claims = new.paper.by_id
    merged: dict[str, MeasuredVariant] = {}
    for label in sorted({*old.variants, *new.variants}):
        theirs, mine = (record.variants.get(label) for record in (old, new))
        found = dict(theirs.measurements) if theirs else {}
        for claim, measurement in (mine.measurements if mine else {}).items():
            found[claim] = _stronger(found.get(claim), measurement) or measurement
        shown = mine or theirs
        assert shown is not None
        found = {claim: found[claim] for claim in claims if claim in found}
        if found:
            merged[label] = shown.model_copy(update={"measurements": found})
    return merged


def _alike(earlier: Claim, claim: Claim) -> bool:
    """Whether two versions of a claim measure the same thing; the sample and the limit may differ."""
    return _what(earlier.measure) == _what(claim.measure) and _what(earlier.other) == _what(claim.other)


def _what(measure: Measure | None) -> Measure | None:
    return measure and measure.model_copy(update={"sample": Measure.model_fields["sample"].default, "limit": None})


def _rehearses(old: Paper, new: Paper) -> bool:
    return old.comparable and not new.comparable


def _paper(old: Paper, new: Paper, claims: tuple[Claim, ...]) -> Paper:
    """Return the newer paper with the given claims; for a rehearsal, with the audit's budget and runs."""
    kept = {name: getattr(old, name) for name in ("budget", "runs", "comparable")} if _rehearses(old, new) else {}
    return new.model_copy(update={**kept, "claims": claims})


def _recipes(old: Record, new: Record) -> dict[str, dict[str, dict[str, object]]]:
    """Return the newer recipes; for a rehearsal, whose recipes are reduced, the older ones take precedence."""
    if not _rehearses(old.paper, new.paper):
        return new.recipes
    groups = dict.fromkeys([*new.recipes, *old.recipes])
    return {group: new.recipes.get(group, {}) | old.recipes.get(group, {}) for group in groups}

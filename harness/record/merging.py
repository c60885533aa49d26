"""Puts a newer record over an older one without losing what was proved."""

from __future__ import annotations

from collections.abc import Mapping

from harness.record.attempts import kept
from harness.record.declarations import carried
from harness.record.measurement import Measurement
from harness.record.model import Drawn, MeasuredVariant, Record
from harness.record.pruning import pruned
from harness.spec.claim import Claim, Measure
from harness.spec.paper import Paper


def merge(old: Record, new: Record) -> Record:
    """Return the newer record, with what the older one proved and the newer one did not measure or measured less well.

    - A claim not measured this time keeps its measurement; a claim the pack no longer makes loses it, and so does a
      claim that now measures something else, for the old number would be judged against the wrong printed one.
    - A measurement is replaced only by one at least as strong (``Measurement.replaces``); one that stays keeps why the
      newer attempt failed.
    - A measurement that is kept keeps the description of what was measured: the claim's measure, and, where a rehearsal
      comes over an audit, the audit's recipes, budget and runs.
    - A declared deviation keeps the day it was first seen.
    - A picture stays with the measurement whose images it shows.
    - Jobs, environments and data digests that nothing refers to any more are dropped (``pruned``).

    Merging the same record again changes nothing.
    """
    before = old.paper.by_id
    claims: list[Claim] = []
    measurements: dict[str, Measurement] = {}
    for claim in new.paper.claims:
        earlier, mine, theirs = before.get(claim.id), new.measurements.get(claim.id), old.measurements.get(claim.id)
        keep = theirs is not None and earlier is not None and _alike(earlier, claim)
        if keep and theirs is not None and earlier is not None and (mine is None or not mine.replaces(theirs)):
            measurements[claim.id] = kept(theirs, mine)
            claims.append(claim.model_copy(update={"measure": earlier.measure, "other": earlier.other}))
        else:
            if mine is not None:
                measurements[claim.id] = mine
            claims.append(claim)
    return pruned(
        new.model_copy(
            update={
                "paper": _paper(old.paper, new.paper, tuple(claims)),
                "recipes": _recipes(old, new),
                "measurements": measurements,
                "variants": _variants(old, new),
                "provenance": old.provenance | new.provenance,
                "jobs": old.jobs | new.jobs,
                "digests": old.digests | new.digests,
                "declared": carried(old.declared, new.declared),
                "pictures": _pictures(old, new, measurements),
            }
        )
    )


def _pictures(old: Record, new: Record, current: Mapping[str, Measurement]) -> dict[str, Drawn]:
    """Return the pictures of what was measured: the newer one, else an older one of the same grid and measurement."""
    before, pictures = old.paper.by_id, {}
    for claim in new.paper.claims:
        measurement, earlier = current.get(claim.id), before.get(claim.id)
        mine, theirs = (record.measurements.get(claim.id) for record in (new, old))
        drawn = new.pictures.get(claim.id) if _same(measurement, mine) else None
        true = measurement == theirs or not (theirs and theirs.unverified)
        if drawn is None and true and _same(measurement, theirs) and earlier and earlier.picture == claim.picture:
            drawn = old.pictures.get(claim.id)
        if drawn is not None and claim.picture is not None:
            pictures[claim.id] = drawn
    return pictures


def _same(kept: Measurement | None, other: Measurement | None) -> bool:
    """Whether two measurements are of the same thing, in however many runs."""
    return kept is not None and other is not None and (kept.budget, kept.inputs) == (other.budget, other.inputs)


def _variants(old: Record, new: Record) -> dict[str, MeasuredVariant]:
    """Return both records' other readings; of a claim measured twice under one, the measurement that proves more."""
    claims = new.paper.by_id
    merged: dict[str, MeasuredVariant] = {}
    for label in sorted({*old.variants, *new.variants}):
        theirs, mine = (record.variants.get(label) for record in (old, new))
        found = dict(theirs.measurements) if theirs else {}
        for claim, measurement in (mine.measurements if mine else {}).items():
            stays = claim in found and not measurement.replaces(found[claim])
            found[claim] = kept(found[claim], measurement) if stays else measurement
        shown = mine or theirs
        assert shown is not None
        found = {claim: found[claim] for claim in claims if claim in found}
        if found:
            merged[label] = shown.model_copy(update={"measurements": found})
    return merged


def _alike(earlier: Claim, claim: Claim) -> bool:
    """Whether two editions of a claim measure the same thing; on how many images, and beside which limit, may differ."""
    return _what(earlier.measure) == _what(claim.measure) and _what(earlier.other) == _what(claim.other)


def _what(measure: Measure | None) -> Measure | None:
    return measure and measure.model_copy(update={"sample": Measure.model_fields["sample"].default, "limit": None})


def _rehearses(old: Paper, new: Paper) -> bool:
    return old.comparable and not new.comparable


def _paper(old: Paper, new: Paper, claims: tuple[Claim, ...]) -> Paper:
    """Return the newer paper with the claims given; under a rehearsal, with the audit's budget and runs."""
    kept = {name: getattr(old, name) for name in ("budget", "runs", "comparable")} if _rehearses(old, new) else {}
    return new.model_copy(update={**kept, "claims": claims})


def _recipes(old: Record, new: Record) -> dict[str, dict[str, dict[str, object]]]:
    """Return the newer recipes; under a rehearsal, whose recipes are cut short, the older ones come first."""
    if not _rehearses(old.paper, new.paper):
        return new.recipes
    rooms = dict.fromkeys([*new.recipes, *old.recipes])
    return {room: new.recipes.get(room, {}) | old.recipes.get(room, {}) for room in rooms}

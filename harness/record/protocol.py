"""The protocol (preregistration): what a pack promised before the first judged run, and later amendments.

A verdict proves little if the printed number, the margin or the seed was chosen after the measured number was seen. The
record keeps what was promised and since when, so that judging and the report can show what was changed and when.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import Field

from harness.kinds.recipe import Frozen
from harness.record.measurement import FIRST_PILOT, Measurement
from harness.spec.claim import Claim, Margin, Measure
from harness.spec.paper import Paper, Pilot
from harness.spec.selection import fits

WHOLE = ""
"""Id of the promise of the whole pack: its seed and its readings."""
CLAIM, DEVIATION, SEED = "claim", "deviation", "seed"
"""Terms with a function: whether the claim exists, why it deviates, and the seed of every random stream."""
INPUTS, LOOKS = "inputs", "looks"
"""Terms that depend on a comparable budget: the digest of what is measured, and the looks."""
MADE, WITHDRAWN = "made", "withdrawn"
"""Values of the term ``claim``."""


class Promise(Frozen):
    """The promise of one claim, or of the whole pack."""

    since: str
    """Start of the ``harness verify`` run or worker that first read it, before any of its jobs: ISO 8601, UTC."""
    after_runs: int = Field(0, ge=0)
    """Number of judged runs in the record at that time; 0 for a promise before the first run."""
    judged: int = Field(0, ge=0)
    """Largest number of judged runs that the record ever had; some may have been dropped since."""
    terms: dict[str, str] = Field(default_factory=dict)
    """Term -> its text: printed, relation, margin, …"""


class Amendment(Frozen):
    """One term that was changed after the first judged run."""

    claim: str
    """Id of the claim; empty for the whole pack."""
    what: str
    """Name of the term."""
    old: str
    new: str
    when: str
    """Start of the ``harness verify`` run that first read it."""
    after_runs: int = Field(ge=0)
    """Number of judged runs in the record at that time."""


class Protocol(Frozen):
    """Every promise, as first made, and every later change in chronological order."""

    promises: dict[str, Promise]
    """Claim id -> its promise; the promise of the whole pack has the empty id."""
    amendments: tuple[Amendment, ...] = ()

    def terms(self, claim: str) -> dict[str, str]:
        """Return the current terms of a claim."""
        terms = dict(self.promises[claim].terms)
        for amendment in self.amendments:
            if amendment.claim == claim:
                terms[amendment.what] = amendment.new
        return terms

    def last_set(self, claim: str, what: str) -> tuple[str, int]:
        """Return when a term got its current text, and the number of judged runs in the record at that time."""
        found = [each for each in self.amendments if each.claim == claim and each.what == what]
        latest = found[-1] if found else None
        promise = self.promises[claim]
        return (promise.since, promise.after_runs) if latest is None else (latest.when, latest.after_runs)

    @property
    def seeds(self) -> tuple[str, ...]:
        """Every seed of past judged runs and of the next ones, in the order in which they were used."""
        changed = [each.new for each in self.amendments if each.claim == WHOLE and each.what == SEED]
        return tuple(dict.fromkeys([self.promises[WHOLE].terms[SEED], *changed]))


def promised(
    paper: Paper,
    inputs: Mapping[str, str],
    measurements: Mapping[str, Measurement],
    earlier: Protocol | None,
    now: datetime,
) -> Protocol:
    """Return what a pack promises now; ``amended`` compares it with earlier promises.

    Args:
        paper: of the pack.
        inputs: claim id -> digest of everything its number depends on. A rehearsal measures something else on purpose,
            so it does not change the promised digests and looks.
        measurements: the measurements of the earlier record, including outdated ones, because their numbers were seen.
        earlier: the earlier record's protocol.
        now: a time before any job is started.
    """
    known = earlier.promises if earlier is not None else {}
    since = now.isoformat(timespec="seconds")
    promises = {}
    for claim in paper.claims:
        terms = dict(claim_terms(claim, paper)) | _of_budget(claim.id, INPUTS, inputs.get(claim.id), paper, earlier)
        promises[claim.id] = _promise(claim.id, terms, known, measurements, since)
    held = [judged_runs(each) for each in measurements.values()]
    runs = max([0, *held, *(each.judged for each in known.values())])
    looks = _of_budget(WHOLE, LOOKS, ", ".join(map(str, paper.looks)), paper, earlier)
    whole = Promise(since=since, after_runs=runs, judged=runs, terms=dict(pack_terms(paper)) | looks)
    return Protocol(promises={WHOLE: whole, **promises})


def _of_budget(claim: str, what: str, words: str | None, paper: Paper, earlier: Protocol | None) -> dict[str, str]:
    """Return a term that depends on the budget: the current one or, in a rehearsal, the earlier one."""
    if not paper.comparable:
        words = earlier.terms(claim).get(what) if earlier is not None and claim in earlier.promises else None
    return {} if words is None else {what: words}


def amended(earlier: Protocol | None, latest: Protocol | None) -> Protocol | None:
    """Return the earlier protocol with an amendment for each term that differs in the latest.

    A promise without judged runs may be changed freely: the latest promise replaces it. Amending again with the same
    protocol changes nothing.
    """
    if earlier is None or latest is None:
        return latest or earlier
    promises: dict[str, Promise] = {}
    found: list[Amendment] = []
    judged = max(each.judged for each in (*earlier.promises.values(), *latest.promises.values()))
    for claim in dict.fromkeys([*latest.promises, *earlier.promises]):
        first, now = earlier.promises.get(claim), latest.promises.get(claim)
        if first is None:
            assert now is not None
            promises[claim] = now
            found += [_amendment(claim, CLAIM, "", MADE, latest, judged)] if judged else []
            continue
        runs = max(first.judged, now.judged) if now is not None else judged
        old = earlier.terms(claim)
        new = now.terms if now is not None else {**old, CLAIM: WITHDRAWN}
        changed = [what for what in dict.fromkeys([*old, *new]) if not alike(old.get(what, ""), new.get(what, ""))]
        if runs:
            promises[claim] = first.model_copy(update={"judged": runs})
            found += [_amendment(claim, what, old.get(what, ""), new.get(what, ""), latest, runs) for what in changed]
        elif now is not None:
            promises[claim] = now if changed else first
    return Protocol(promises=promises, amendments=(*earlier.amendments, *found))


def witnessed(protocol: Protocol, measurements: Mapping[str, Measurement]) -> Protocol:
    """Return the protocol with the number of judged runs of each claim under it, including those in a record."""
    held = {claim: judged_runs(each) for claim, each in measurements.items()}
    held[WHOLE] = max(held.values(), default=0)
    promises = {
        claim: each.model_copy(update={"judged": max(each.judged, held.get(claim, 0))})
        for claim, each in protocol.promises.items()
    }
    return protocol.model_copy(update={"promises": promises})


def alike(one: str, other: str) -> bool:
    """Whether two texts are equal, except for spaces and the final full stop."""
    return one.strip().rstrip(".").split() == other.strip().rstrip(".").split()


def _promise(
    claim: str,
    terms: Mapping[str, str],
    known: Mapping[str, Promise],
    measurements: Mapping[str, Measurement],
    since: str,
) -> Promise:
    held, before = judged_runs(measurements.get(claim)), known.get(claim)
    runs = max(held, before.judged) if before is not None else held
    return Promise(since=since, after_runs=runs, judged=runs, terms=dict(terms))


def judged_runs(measurement: Measurement | None) -> int:
    """Return the number of judged runs of a measurement; 0 for a rehearsal, which is never compared with the paper."""
    if measurement is None or not measurement.comparable:
        return 0
    return sum(run.run < FIRST_PILOT for run in measurement.runs)


def _amendment(claim: str, what: str, old: str, new: str, latest: Protocol, runs: int) -> Amendment:
    when = latest.promises[WHOLE].since
    return Amendment(claim=claim, what=what, old=old, new=new, when=when, after_runs=runs)


def pack_terms(paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield the terms of the whole pack, each with its text."""
    yield SEED, str(paper.seed)
    for name, assumption in paper.assumptions.items():
        yield f"reading of {name}", assumption.chosen


def claim_terms(claim: Claim, paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield the terms that a claim has, each with its text."""
    expected = claim.expected
    yield CLAIM, MADE
    yield "measure", _measure(claim.measure)
    if claim.other is not None:
        yield "compared with", _measure(claim.other)
    if expected.printed is not None:
        yield "printed", expected.printed if expected.unit == "number" else f"{expected.printed} {expected.unit}"
    if expected.printed_runs is not None:
        spread = "" if expected.printed_sd is None else f", standard deviation {expected.printed_sd}"
        yield "printed over", f"{expected.printed_runs} runs{spread}"
    if expected.printed_is is not None:
        yield "printed is", f"the best of {expected.printed_is.best_of} runs"
    yield "relation", f"{expected.relation} for each" if expected.each else expected.relation
    if expected.margin is not None:
        yield "margin", _margin(expected.margin)
        yield "reason of the margin", expected.margin.because
    yield "primary", "yes" if claim.primary else "no"
    if claim.deviates_because:
        yield DEVIATION, claim.deviates_because
    if claim.another is not None:
        yield f"another {claim.another.what}", claim.another.described
    fitted = [
        name
        for name, assumption in paper.assumptions.items()
        if any(fits(claim.id, pattern) for pattern in assumption.fitted_on)
    ]
    if fitted:
        yield "fitted by", ", ".join(fitted)
    if claim.id in paper.pilot:
        yield "pilot", _pilot(paper.pilot[claim.id])


def _measure(measure: Measure) -> str:
    """Return a measure as its keys and values, without defaults.

    The sample is left out, because a budget sets it; it is part of the digest of the inputs.
    """
    given = measure.model_dump(mode="json", exclude_defaults=True, exclude={"sample"})
    return ", ".join(f"{key} {_value(value)}" for key, value in given.items())


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _margin(margin: Margin) -> str:
    if margin.absolute is not None:
        return f"±{margin.absolute:g}"
    if margin.relative is not None:
        return f"±{100 * margin.relative:g} %"
    return f"sampling of {margin.sampling.images} images" if margin.sampling is not None else "same images"


def _pilot(pilot: Pilot) -> str:
    numbers = [f"{name} {value:g}" for name, value in pilot if isinstance(value, float)]
    return f"{', '.join(numbers)}, {pilot.runs} runs, inputs {pilot.inputs}"

"""Records made by hand: claims with given runs, without a plan, a store or a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.judge import judge
from harness.judge.verdict import Verdict
from harness.kinds.relation import relation_named
from harness.record.invocation import Invocation
from harness.record.measurement import Measurement, Run, Sampled
from harness.record.model import MeasuredVariant, Record
from harness.spec.claim import Claim, Expected, Margin, Measure, Source
from harness.spec.paper import LOOKS, Assumption, Bibliography, Paper, Pilot, Reading

NEAR = (0.0741, 0.0739, 0.0743)
"""Error rates of three runs that reproduce 7.4 %."""
OF = 10_000
"""Images behind a made-up rate."""
PAPER_FIELDS = ("budget", "runs", "looks", "comparable", "seed", "pilot", "sets_aside")
"""What a record is told of its paper."""


def margin(**width: Any) -> Margin:
    return Margin(**width, because="a test")


HALF_POINT = margin(absolute=0.5)


def claim(name: str = "t/c", /, **given: Any) -> Claim:
    """A claim on a clean test error of 7.4 %, unless told otherwise; keys as in a pack."""
    measure = {"metric": "error-rate", "data": "d/test", "model": "m", "attack": None}
    measure |= {key: given.pop(key) for key in (*measure, "limit", "sample", "crafted_on") if key in given}
    relation = given.get("relation", "close_to")
    relates = relation_named(relation)
    printed = "7.4" if relates.printed else None
    expected: dict[str, Any] = {"printed": printed, "unit": "%", "relation": relation}
    expected["margin"] = HALF_POINT if relates.takes_margin == "required" else None
    expected |= {key: given.pop(key) for key in Expected.model_fields if key in given}
    other = Measure(**{**measure, "model": "n"}) if relates.paired else None
    return Claim(
        id=name,
        source=Source(table=1, page=6),
        measure=Measure(**measure),
        other=other,
        expected=Expected(**expected),
        **given,
    )


def distortion(name: str = "t/d", /, **given: Any) -> Claim:
    """A claim on an average minimum distortion of 0.062."""
    usual = {"metric": "distortion", "data": "d/train", "attack": "a", "printed": "0.062", "unit": "distortion"}
    return claim(name, **{**usual, "margin": margin(relative=0.15), **given})


def pilot(sd: float, inputs: str = "these", **given: Any) -> Pilot:
    """What the pilot runs of a claim showed; in date for a measurement of the same inputs."""
    return Pilot(sd=sd, inputs=inputs, **{"runs": 5, **given})


def sampled(
    value: float, key: str = "k", of: int | None = OF, *, counted: bool = True, keys: int = 1, **given: Any
) -> Sampled:
    """One side of a run; the mean over ``keys`` members."""
    count = round(value * of) if counted and of is not None else None
    names = (key, *(f"{key}, member {member}" for member in range(2, keys + 1)))
    return Sampled(keys=names, value=value, count=count, of=of, **given)


def measured(
    claim_id: str,
    values: Sequence[float],
    others: Sequence[float] | None = None,
    limits: Sequence[float] | None = None,
    *,
    of: int | None = OF,
    counted: bool = True,
    found: float | None = None,
    other_found: float | None = None,
    settled: bool = True,
    first: int = 1,
    keys: int = 1,
    **given: Any,
) -> Measurement:
    """A measurement with one run for each value, in the metric's natural unit."""
    runs = tuple(
        Run(
            run=first + i,
            measured=sampled(
                value, f"{claim_id} {first + i}", of, counted=counted, found=found, settled=settled, keys=keys
            ),
            other=None
            if others is None
            else sampled(others[i], f"{claim_id} {first + i} other", of, counted=counted, found=other_found),
            limit=None if limits is None else sampled(limits[i], f"{claim_id} {first + i} limit", of, counted=False),
        )
        for i, value in enumerate(values)
    )
    return Measurement(claim=claim_id, runs=runs, **{"inputs": "same", **given})


def record(*pairs: tuple[Claim, Measurement | None], fitted_on: Sequence[str] = (), **given: Any) -> Record:
    """A record of an audit of three runs, unless told otherwise."""
    paper = {"name": "paper", "bibliography": Bibliography(title="A paper"), "budget": "audit", "runs": 3}
    paper |= {key: given.pop(key) for key in PAPER_FIELDS if key in given}
    if fitted_on:
        chosen = Assumption(
            question="?", readings={"one": Reading()}, chosen="one", because="it fits", fitted_on=tuple(fitted_on)
        )
        paper["assumptions"] = {"open": chosen}
    given.setdefault("invocation", Invocation(pack=f"specs/{paper['name']}"))
    return Record(
        harness="0",
        paper=Paper(**paper, claims=tuple(each for each, _ in pairs)),
        measurements={each.id: measurement for each, measurement in pairs if measurement is not None},
        **given,
    )


def verdict(
    each: Claim,
    values: Sequence[float] = (),
    others: Sequence[float] | None = None,
    limits: Sequence[float] | None = None,
    *,
    piloted: Pilot | None = None,
    fitted_on: Sequence[str] = (),
    wanted: int = 3,
    looks: Sequence[int] = LOOKS,
    **given: Any,
) -> Verdict:
    """The verdict on one claim with these values; ``given`` as in ``measured``."""
    measurement = measured(each.id, values, others, limits, **{"inputs": "these", **given})
    pilots = {} if piloted is None else {each.id: piloted}
    return judge(record((each, measurement), fitted_on=fitted_on, runs=wanted, looks=tuple(looks), pilot=pilots))[0]


def read_otherwise(chosen: Sequence[float], **readings: tuple[Sequence[float], dict[str, Any]]) -> Record:
    """A record of one claim: runs under the chosen readings, and under others named ``assumption_reading``."""
    one = claim()
    variants = {
        label.replace("_", "="): MeasuredVariant(
            readings=dict([label.split("_")]), measurements={one.id: measured(one.id, values, **given)}
        )
        for label, (values, given) in readings.items()
    }
    return record((one, measured(one.id, chosen)), variants=variants)

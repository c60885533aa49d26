"""Doubts about a pack: claims that could hardly fail, or that do not count.

A doubt is not a mistake: `harness lint` shows it as a warning, the report and the terminal in their first lines, and
only ``--strict`` fails on it. Margins and bounds that decide nothing are refused (``harness/spec/ranges.py``).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from harness.errors import plural
from harness.kinds.unit import UNITS
from harness.naming import some
from harness.spec.claim import Claim, Expected
from harness.spec.paper import Paper
from harness.spec.ranges import quantity_range, value_range
from harness.spec.rivals import rivals
from harness.spec.rules.claims import NO_PRIMARY_CLAIM
from harness.spec.rules.promises import (
    BARE_REASON,
    BOUND_AT_THE_EDGE,
    EVERYTHING_DECLARED,
    MEASURED_TWICE,
    MOSTLY_FITTED,
    MOSTLY_TRIVIAL,
    RIVAL_INSIDE,
    SMALL_SAMPLE,
    WIDE_MARGIN,
)
from harness.spec.rules.rule import Rule
from harness.spec.selection import fits

WIDE = 0.5
"""Largest fraction of the printed number, or of the range, that a margin may reach without a doubt."""
EDGE = 0.05
"""A bound is too easy if it is closer to the end of the range than this fraction of the range."""
FEW_IMAGES = 30
"""Smallest number of images for a sampling margin: at 50 %, a rate over fewer images is known to ±18 points at best."""
MOST = 0.5
"""Share of the primary claims that counts as most of them."""
FEW_WORDS = 3
"""Smallest number of words of a reason."""


@dataclass(frozen=True)
class Doubt:
    """Something that may make verdicts meaningless.

    Attributes:
        id: id of a lint rule, or an id from ``harness/judge/doubting.py``.
        sentence: the finding, as a whole sentence.
        claims: the affected claims; empty if it concerns all of them together.
    """

    id: str
    sentence: str
    claims: tuple[str, ...] = ()


def pack_doubts(paper: Paper, controls: Collection[str] = ()) -> list[Doubt]:
    """Return the doubts about a pack that do not depend on measurements.

    Args:
        paper: what the pack says.
        controls: names of the attacks whose images do not depend on the model.
    """
    return [*_of_margins(paper), *_of_rivals(paper, controls), *_of_counting(paper)]


def trivial(claim: Claim) -> bool:
    """Whether a claim could hardly fail: its bound is at the edge of the range, or its margin reaches half of it."""
    return _at_the_edge(claim.expected) or _reaches_half_the_range(claim.expected)


def _of_margins(paper: Paper) -> Iterator[Doubt]:
    """Yield a doubt for each type of margin or bound that may be too easy, with its claims."""
    told = {
        WIDE_MARGIN: "reaches farther than half the printed number, or half the range of the measure",
        SMALL_SAMPLE: f"is that of a sample of fewer than {FEW_IMAGES} images",
        BARE_REASON: "gives no reason to speak of",
    }
    found: dict[Rule, list[str]] = defaultdict(list)
    for claim in paper.claims:
        expected = claim.expected
        if _is_wide(expected):
            found[WIDE_MARGIN].append(claim.id)
        if _is_small_sample(expected):
            found[SMALL_SAMPLE].append(claim.id)
        if expected.margin is not None and len(expected.margin.because.split()) < FEW_WORDS:
            found[BARE_REASON].append(claim.id)
        if _at_the_edge(expected):
            found[BOUND_AT_THE_EDGE].append(claim.id)
    for rule, clause in told.items():
        if claims := found[rule]:
            yield _about(rule, claims, f"The margin of {plural(len(claims), 'claim')} {clause}: {some(claims)}.")
    if claims := found[BOUND_AT_THE_EDGE]:
        bounds = "The bound of 1 claim is" if len(claims) == 1 else f"The bounds of {len(claims)} claims are"
        yield _about(BOUND_AT_THE_EDGE, claims, f"{bounds} at the edge of the range, so hardly missed: {some(claims)}.")


def _of_rivals(paper: Paper, controls: Collection[str]) -> Iterator[Doubt]:
    """Yield a doubt on margins that contain a rival; `plan` and the report handle margins from measurements.

    Wide margins are left out; they have a doubt of their own.
    """
    having = [
        claim.id
        for claim in paper.claims
        if not _is_wide(claim.expected) and rivals(claim, _width(claim.expected), paper, controls)
    ]
    if having:
        which, hold = (
            ("1 claim also holds", "a value") if len(having) == 1 else (f"{len(having)} claims also hold", "values")
        )
        told = f"The margin of {which} {hold} that no attack, a control or the end of the range gives: {some(having)}."
        yield _about(RIVAL_INSIDE, having, told)


def _of_counting(paper: Paper) -> Iterator[Doubt]:
    """Yield doubts about which claims are primary."""
    primary = [claim for claim in paper.claims if claim.primary]
    fitted = [claim.id for claim in paper.claims if _is_fitted(claim, paper)]
    if not primary:
        yield _about(NO_PRIMARY_CLAIM, (), _none_primary(paper))
    elif all(claim.deviates_because for claim in primary):
        few = "The one primary claim is" if len(primary) == 1 else f"All {len(primary)} primary claims are"
        yield _about(EVERYTHING_DECLARED, (), f"{few} declared to deviate, so that none can be refuted.")
    if fitted and len(fitted) >= MOST * (len(fitted) + len(primary)):
        yield _about(
            MOSTLY_FITTED,
            fitted,
            f"Readings were fitted on {plural(len(fitted), 'claim')}, and {len(primary)} are primary: {some(fitted)}.",
        )
    for claims in _measured_alike(primary):
        yield _about(MEASURED_TWICE, claims, f"{len(claims)} primary claims measure the same: {some(claims)}.")
    idle = [claim.id for claim in primary if trivial(claim)]
    if idle and len(idle) >= MOST * len(primary):
        yield _about(
            MOSTLY_TRIVIAL,
            idle,
            f"{len(idle)} of {plural(len(primary), 'primary claim')} could hardly fail: {some(idle)}.",
        )


def _none_primary(paper: Paper) -> str:
    fitted = [name for name, assumption in paper.assumptions.items() if assumption.fitted_on]
    here = f" (here fitted_on of {', '.join(fitted)})" if fitted else ""
    return (
        "No claim is primary: secondary claims decide nothing, and `harness verify` will end with 4; a claim is secondary "
        f"by 'primary: false', by 'same_as', or where an assumption is fitted on it{here}."
    )


def _about(rule: Rule, claims: list[str] | tuple[str, ...], sentence: str) -> Doubt:
    return Doubt(rule.id, sentence, tuple(claims))


def _is_fitted(claim: Claim, paper: Paper) -> bool:
    return any(fits(claim.id, pattern) for assumption in paper.assumptions.values() for pattern in assumption.fitted_on)


def _measured_alike(primary: list[Claim]) -> Iterator[list[str]]:
    """Yield the ids of primary claims that measure the same and compare it with the same number."""
    alike: dict[str, list[str]] = defaultdict(list)
    for claim in primary:
        other = claim.other.model_dump_json() if claim.other is not None else ""
        alike[f"{claim.measure.model_dump_json()} {other}"].append(claim.id)
    yield from (claims for claims in alike.values() if len(claims) > 1)


def _width(expected: Expected) -> float | None:
    """Return a margin's declared half-width, in the printed unit; None if it follows from a sample or a measurement."""
    margin, number = expected.margin, expected.number
    if margin is None or margin.sampling is not None:
        return None
    if margin.absolute is not None:
        return margin.absolute
    return margin.relative * abs(number) if margin.relative is not None and number is not None else None


def _is_wide(expected: Expected) -> bool:
    """Whether a margin reaches beyond half the printed number, or half the range.

    For a rate near 0 over few images, half the printed number is small; so half a printed unit is never doubtful.
    """
    width, number = _width(expected), expected.number
    if expected.margin is not None and expected.margin.relative is not None and expected.margin.relative > WIDE:
        return True
    if width is None:
        return False
    beyond = number is not None and number != 0 and width > WIDE * abs(number) and width > expected.half_unit
    return beyond or _reaches_half_the_range(expected)


def _reaches_half_the_range(expected: Expected) -> bool:
    width, relation = _width(expected), expected.relates
    if width is None or not relation.two_sided:
        return False
    low, high = quantity_range(expected)
    span = (high - low) / (2 if relation.quantity.signed else 1)
    return max(map(abs, relation.accepts(width, expected.half_unit, expected.number or 0.0))) > WIDE * span


def _is_small_sample(expected: Expected) -> bool:
    sampling = expected.margin.sampling if expected.margin is not None else None
    return sampling is not None and sampling.images < FEW_IMAGES


def _at_the_edge(expected: Expected) -> bool:
    """Whether a bound on a rate is so close to the end of the range that hardly any value lies beyond it."""
    number, relation = expected.number, expected.relates
    if number is None or not relation.printed or relation.two_sided or UNITS[expected.unit].natural != "fraction":
        return False
    low, high = value_range(expected)
    reach = high - number if math.isfinite(relation.accepts(0.0, 0.0, number)[1]) else number - low
    return reach < EDGE * (high - low)

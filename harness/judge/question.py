"""Another question to a record: its claims under other margins, or at another level; the record is not changed.

Such verdicts are marked wherever they are shown, because a margin chosen after the numbers are known proves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.errors import UsageError, plural
from harness.judge.kind_facts import statistic_of
from harness.judge.looks import LEVEL
from harness.kinds.metric import MEANS, PROPORTION
from harness.naming import some
from harness.record.measurement import Measurement
from harness.record.model import Record, check_record
from harness.spec.claim import Claim, Margin
from harness.spec.selection import inexpressible, matching
from harness.spec.widths import read_width, width_in_words

ANOTHER = "another-question"
"""Qualifier of a verdict under a margin, or at a level, that is not the record's."""
LEAST, MOST = 1e-6, 0.5
"""Least alpha there may be, and the one it must be below."""
Margins = Mapping[str, "str | float | Margin"]
"""Pattern of claims -> their margin: a text as ``--margin`` takes it, or a half-width in the unit of each claim."""


@dataclass(frozen=True)
class AskedMargin:
    """One claim's margin in another question.

    Attributes:
        claim: its id.
        margin: the one asked for.
        instead_of: the record's; None if it has none.
        words: both in words, the one asked for first.
        floor: the least possible margin, half a printed unit, if the one asked for is narrower; else empty.
    """

    claim: str
    margin: Margin
    instead_of: Margin | None
    words: tuple[str, str]
    floor: str


@dataclass(frozen=True)
class Question:
    """The margins and the level that a record is judged with.

    Attributes:
        record: with the margins asked for; it is never written to a file.
        level: family-wise error rate over all looks at a claim, and of Holm's correction.
        margins: the margins that are not the record's.
        without: claims that match a pattern but have no margin, because of their relation.
    """

    record: Record
    level: float = LEVEL
    margins: tuple[AskedMargin, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def another(self) -> bool:
        """Whether it is another question than the record's own."""
        return bool(self.margins) or self.level != LEVEL

    @property
    def changed(self) -> frozenset[str]:
        """The claims it is another question for."""
        every = self.level != LEVEL
        return frozenset(claim.id for claim in self.record.paper.claims if every) | {
            each.claim for each in self.margins
        }

    @property
    def sentences(self) -> tuple[str, ...]:
        """What differs from the record's own question; empty if nothing does."""
        return tuple(self._told()) if self.another else ()

    def _told(self) -> Iterator[str]:
        alike = Counter(each.words for each in self.margins)
        parts = [f"margin of {plural(count, 'claim')} {new} instead of {old}" for (new, old), count in alike.items()]
        parts += [f"alpha {self.level:g} instead of {LEVEL:g}"] if self.level != LEVEL else []
        yield f"Another question: {'; '.join(parts)}. The record and its report are unchanged."
        floored = [each for each in self.margins if each.floor]
        if floored:
            taken = some([f"{each.claim} ({each.floor})" for each in floored])
            yield f"The margin asked for is narrower than half a printed unit, which is used instead: {taken}."
        if self.without:
            yield f"No margin to change, because the relation takes none: {some(self.without)}."


def pose(record: Record, margins: Margins | None = None, alpha: float | None = None) -> Question:
    """Return a question to a record: its own if nothing else is asked for.

    Args:
        record: what was measured.
        margins: other margins, by pattern; if several patterns match a claim, the last one counts.
        alpha: another level, at least 1e-6 and below 0.5; by default 0.05.

    Raises:
        UsageError: for a pattern that matches no claim, a margin that a claim cannot have, and an alpha out of range.
    """
    check_record(record, "judge")
    level = LEVEL if alpha is None else _level(alpha)
    asked: dict[str, Margin] = {}
    without: dict[str, None] = {}
    names = {f"{record.paper.name}/{claim.id}": claim for claim in record.paper.claims}
    for pattern, given in (margins or {}).items():
        where = f"margin {pattern}={given.model_dump(exclude_none=True) if isinstance(given, Margin) else given}"
        try:
            margin = given if isinstance(given, Margin) else read_width(str(given))
            fitting = [names[name] for name in matching(pattern, names, inexpressible([record.paper]))]
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from error
        able = [claim for claim in fitting if claim.expected.relates.takes_margin != "none"]
        if not able:
            which = f"{fitting[0].id}: the relation {fitting[0].expected.relation}"
            raise UsageError(f"{where}: {which} takes no margin; leave it out of the pattern")
        without |= dict.fromkeys(claim.id for claim in fitting if claim not in able)
        for claim in able:
            if why := _refused(claim, margin, record.measurements.get(claim.id)):
                raise UsageError(f"{where}: {claim.id}: {why}")
            asked[claim.id] = margin
    changes = [_asked(claim, asked[claim.id]) for claim in record.paper.claims if claim.id in asked]
    changes = [each for each in changes if _width(each.margin) != _width(each.instead_of)]
    return Question(_with(record, changes), level, tuple(changes), tuple(without))


def _level(alpha: float) -> float:
    try:
        level = float(alpha)
    except (TypeError, ValueError):
        level = float("nan")
    if not LEAST <= level < MOST:
        raise UsageError(
            f"alpha: expected a number from {LEAST:g} to below {MOST:g}, found {alpha}; 0.05 is the usual one"
        )
    return level


def _refused(claim: Claim, margin: Margin, measurement: Measurement | None) -> str:
    """Return why a claim cannot have such a margin, and what to write instead; empty if it can."""
    expected, drawn = claim.expected, claim.measure.sample.count
    relation, given = expected.relates, _width(margin)
    if len(given) != 1:
        return f"expected one width, found {len(given)}"
    if relation.widths and not set(given) <= set(relation.widths):
        return f"the margin of {relation.word} is {relation.margin_is}; write {' or '.join(relation.widths)}"
    if margin.relative is not None and relation.printed and expected.number == 0:
        return "a fraction of a printed 0 is 0; write an absolute margin, or leave the claim out of the pattern"
    if margin.same_images and drawn is not None:
        return f"each run draws its own {drawn} images; write sampling:N, with N the number of the paper's images"
    if margin.sampling is None:
        return ""
    if statistic_of(claim) not in {*MEANS, PROPORTION}:
        return f"its number is a {statistic_of(claim)}, whose sampling error is not known; write an absolute margin"
    ours = drawn if drawn is not None else _images(measurement)
    if ours is not None and ours < margin.sampling.images:
        theirs = margin.sampling.images
        return f"our {ours} images are fewer than the {theirs} asked for; write at most sampling:{ours}, or an absolute margin"
    return ""


def _images(measurement: Measurement | None) -> int | None:
    """Return the smallest number of images of one value; None if that is not known."""
    sides = [run.measured for run in measurement.runs] if measurement is not None else []
    return min((side.of // len(side.keys) for side in sides if side.of is not None), default=None)


def _width(margin: Margin | None) -> dict[str, object]:
    """Return the widths of a margin, without its reason."""
    return {} if margin is None else margin.model_dump(exclude_none=True, exclude={"because"})


def _asked(claim: Claim, margin: Margin) -> AskedMargin:
    expected = claim.expected
    reference = abs(expected.number or 0.0)
    width = margin.absolute if margin.absolute is not None else (margin.relative or 0.0) * reference
    floor = expected.relates.least_margin(expected.half_unit, reference)
    known = expected.relates.printed and (margin.absolute is not None or margin.relative is not None)
    return AskedMargin(
        claim.id,
        margin,
        expected.margin,
        (width_in_words(margin, expected), width_in_words(expected.margin, expected)),
        expected.relates.written(floor, f"{floor:g}") if known and width < floor * (1 - 1e-9) else "",
    )


def _with(record: Record, changes: list[AskedMargin]) -> Record:
    """Return the record as if its claims had these margins."""
    margins = {each.claim: each.margin for each in changes}
    claims = tuple(
        claim.model_copy(update={"expected": claim.expected.model_copy(update={"margin": margins[claim.id]})})
        if claim.id in margins
        else claim
        for claim in record.paper.claims
    )
    return record.model_copy(update={"paper": record.paper.model_copy(update={"claims": claims})})

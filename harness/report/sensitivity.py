"""Sensitivity to details that a paper does not state, for readers: by claim, by assumption, and over the paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.errors import plural, plural_noun
from harness.judge.numbers import numeral
from harness.judge.outcome import Look
from harness.judge.sensitivity import DEPENDENT, OPPOSITE, ROBUST, Effect
from harness.report.case import Case
from harness.report.names import short_name
from harness.report.shares import ReadingEffect, reading_effects
from harness.report.words import listed, signed, sorted_out, spaced, with_unit

NAMED = 3
"""The most claims named in one sentence."""


@dataclass(frozen=True)
class VariantRow:
    """One claim under readings other than the chosen ones; numerals in the printed unit.

    Attributes:
        label: the readings that differ from the chosen ones.
        mean: what was measured; empty if nothing was.
        change: difference from the number under the chosen readings, paired by run.
        half: half its 95 % interval, after ``±``; empty if there is none, and where nothing is random.
        interval: of the mean.
        look: how the outcome is written.
        reason: in words.
    """

    label: str
    mean: str
    change: str
    half: str
    interval: str
    look: Look
    reason: str


@dataclass(frozen=True)
class AssumptionEffect:
    """Effect of one assumption over the whole paper.

    Attributes:
        name: of the assumption.
        claims: number of claims whose number depends on it.
        turned: number of these that get the opposite verdict if only this assumption is changed.
        reading: the one with the largest median effect; empty if no claim has a margin.
        margins: that median, in margins, over the claims not true by construction; None if there is none.
        largest: the claim with the largest change in margins, and that change.
    """

    name: str
    claims: int
    turned: int
    reading: str
    margins: float | None
    largest: tuple[Case, Effect] | None


def variant_rows(case: Case) -> list[VariantRow]:
    """Return a claim's other readings, in the order of the record."""
    rows = []
    for variant in case.sensitivity.variants:
        under = case.under(variant.verdict)
        change = "" if variant.change is None else signed(variant.change, case.decimals)
        half = None if variant.move is None or variant.move.exact else variant.move.half_width()
        rows.append(
            VariantRow(
                label=variant.label,
                mean=under.mean or "",
                change=change,
                half="" if half is None else f"±{numeral(half, case.decimals)}",
                interval=under.interval or "",
                look=under.look,
                reason=spaced(variant.verdict.reason),
            )
        )
    return rows


def low_power(case: Case) -> bool:
    """Whether a claim is decided under the chosen readings, but compared and not decided under another reading."""
    unsure = any(not each.verdict.outcome.decided for each in case.sensitivity.compared)
    return case.verdict.outcome.decided and unsure


def paired_over(case: Case) -> list[str]:
    """Return the runs over which the changes of a claim's variants are paired: ``runs 1–3``; none if nothing is random."""
    moves = [each.move for each in case.sensitivity.variants if each.move is not None and not each.move.exact]
    shared = sorted({tuple(sorted(move.steps)) for move in moves})
    return [f"{plural_noun(len(runs), 'run')} {_ranges(runs)}" for runs in shared]


def _ranges(runs: Sequence[int]) -> str:
    """Return numbers of runs with consecutive ones joined: ``1–3, 5``."""
    spans: list[list[int]] = []
    for run in runs:
        if spans and run == spans[-1][-1] + 1:
            spans[-1].append(run)
        else:
            spans.append([run])
    return ", ".join(f"{span[0]}–{span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)


def assumption_effects(cases: Iterable[Case]) -> list[AssumptionEffect]:
    """Return the effect of every assumption with another reading measured, the largest first."""
    cases = list(cases)
    found: dict[str, list[Case]] = {}
    for case in cases:
        for effect in case.sensitivity.effects:
            found.setdefault(effect.assumption, []).append(case)
    moved = reading_effects(cases)
    effects = [
        _over_claims(name, own, [each for each in moved if each.assumption == name]) for name, own in found.items()
    ]
    return sorted(effects, key=lambda each: -(each.margins or 0.0))


def _over_claims(name: str, cases: Sequence[Case], moved: Sequence[ReadingEffect]) -> AssumptionEffect:
    """Return the effect of an assumption on some claims, from those of its readings, the largest median first."""
    turned = sum(_turns(case, name) for case in cases)
    if not moved:
        return AssumptionEffect(name, len(cases), turned, "", None, None)
    reading, most = max(((each.reading, each.moves[0]) for each in moved), key=lambda pair: pair[1].share)
    largest = (most.case, Effect(name, reading, most.change))
    return AssumptionEffect(name, len(cases), turned, moved[0].reading, moved[0].median, largest)


def _turns(case: Case, name: str) -> bool:
    """Whether another reading of one assumption alone gives a claim the opposite verdict."""
    alone = [each.verdict for each in case.sensitivity.variants if tuple(each.readings) == (name,)]
    return any({verdict.outcome, case.verdict.outcome} == OPPOSITE for verdict in alone)


def sensitivity_in_words(case: Case) -> str:
    """Return in a sentence whether a claim's verdict holds under the other readings; empty if none was measured."""
    found = case.sensitivity
    if not found.variants:
        return ""
    number = len(found.compared)
    rest = len(found.variants) - number
    tried = "compared" if rest else "measured"
    aside = f" {plural(rest, 'more reading')} gave no number that can be compared with the paper." if rest else ""
    if found.qualifier == ROBUST:
        held = "" if found.room is None else ", and none changes the number by as much as the margin"
        return f"The verdict is the same under {_every(number)} {tried}{held}.{aside}"
    if found.qualifier == DEPENDENT:
        return f"{_dependent(case, plural(number, 'other reading'), tried)}{_largest(case)}{aside}"
    if number and not case.verdict.outcome.judged:
        others = plural(number, "other reading")
        return f"The claim is not compared with the paper under the chosen readings, but it is under {others}.{aside}"
    if number:
        return f"{_not_shown(case, tried)}{aside}"
    return "No other reading gave a number that can be compared with the paper."


def _every(number: int) -> str:
    """Return ``all 3 other readings``, or ``the one other reading``."""
    return f"all {number} other readings" if number > 1 else "the one other reading"


def _dependent(case: Case, others: str, tried: str) -> str:
    """Return which readings the verdict, or the number, of a claim depends on."""
    found = case.sensitivity
    if found.opposed:
        labels = listed([f"`{label}`" for label in found.reproducing])
        reproduces = f"reproduces with {labels}" if labels else "reproduces with none"
        return f"The verdict depends on the reading: of {others} {tried}, the claim {reproduces}."
    moving = listed([f"`{each.label}`" for each in found.beyond])
    verb = "changes" if len(found.beyond) == 1 else "change"
    return (
        f"The number depends on the reading: of {others} {tried}, {moving} {verb} it by more than the margin. "
        "No two verdicts are shown to be opposite."
    )


def _not_shown(case: Case, tried: str) -> str:
    """Return why a claim is neither robust nor choice-dependent."""
    found, number = case.sensitivity, len(case.sensitivity.compared)
    if not found.differing and not found.unsure:
        return (
            f"The verdict is inconclusive under {_every(number)} {tried} too, and none changes the number by as much as the "
            "margin."
        )
    parts = []
    if found.differing:
        give = "gives" if len(found.differing) == 1 else "give"
        parts.append(f"{len(found.differing)} {give} another verdict (no two verdicts are shown to be opposite)")
    if found.unsure:
        are = "is" if len(found.unsure) == 1 else "are"
        parts.append(f"{len(found.unsure)} {are} not shown to change the number by less than the margin")
    first = (
        f"It is not shown whether the verdict depends on the reading: of {plural(number, 'other reading')} {tried}, "
        f"{listed(parts)}."
    )
    return first if found.differing else f"{first} The verdict is the same under all of them."


def _largest(case: Case) -> str:
    """Return a sentence on the assumption with the largest effect on the number."""
    if not case.sensitivity.effects:
        return ""
    most = case.sensitivity.effects[0]
    return f" The largest effect is that of {most.assumption} (`{most.reading}`: {effect_in_words(case, most)})."


def effect_in_words(case: Case, effect: Effect) -> str:
    """Return an effect on a claim's number, with sign and unit."""
    return with_unit(signed(effect.change, case.decimals), case.unit, difference=True)


def overall_sensitivity(cases: Iterable[Case]) -> str:
    """Return in a sentence how many verdicts hold under every reading; empty if no other reading was measured."""
    tried = [case for case in cases if case.sensitivity.variants]
    compared = [case for case in tried if case.sensitivity.compared]
    without = plural(len(tried) - len(compared), "claim")
    if not compared:
        return f"No other reading of {without} gave a number that can be compared with the paper." if tried else ""
    whole = all(len(case.sensitivity.compared) == len(case.sensitivity.variants) for case in compared)
    qualifiers = [case.sensitivity.qualifier for case in compared]
    sorts = sorted_out(case.verdict for case in compared if case.sensitivity.qualifier == ROBUST)
    apart = f" ({', '.join(sorts)})" if sorts else ""
    measured = "" if whole else " that gave a comparable number"
    robust, dependent = qualifiers.count(ROBUST), qualifiers.count(DEPENDENT)
    parts = [
        f"{plural(robust, 'verdict')} {'holds' if robust == 1 else 'hold'} under all readings{measured}{apart}",
        f"{dependent} {'depends' if dependent == 1 else 'depend'} on the reading",
    ]
    if missing := sum(not case.verdict.outcome.judged for case in compared):
        parts.append(
            f"{missing} {'is' if missing == 1 else 'are'} not compared with the paper under the chosen readings"
        )
    if still := qualifiers.count("") - missing:
        parts.append(f"for {still} neither is shown")
    was = "was" if len(compared) == 1 else "were"
    first = f"{plural(len(compared), 'claim')} {was} also measured under other readings: {listed(parts)}."
    if len(compared) == len(tried):
        return first
    return f"{first} {_unmeasured([case for case in tried if not case.sensitivity.compared])}"


def _unmeasured(cases: Sequence[Case]) -> str:
    """Return for how many more claims no other reading gave a comparable number, with the names of a few."""
    names = [short_name(case) for case in cases[:NAMED]]
    names += [f"{len(cases) - NAMED} more"] if len(cases) > NAMED else []
    more = f"{len(cases)} more {'claim' if len(cases) == 1 else 'claims'}"
    return f"For {more} no other reading gave a number that can be compared with the paper ({'; '.join(names)})."

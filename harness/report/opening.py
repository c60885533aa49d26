"""The summary's lines: one sentence for each table or figure, for the contrasts and for the sensitivity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from harness.errors import plural, plural_noun
from harness.judge.kind_facts import metric_of
from harness.judge.outcome import RANKED, Outcome
from harness.judge.verdict import EARLIER
from harness.record.unverified import UNVERIFIED
from harness.report.case import Case
from harness.report.names import name_of, with_names
from harness.report.sensitivity import assumption_effects, effect_in_words, overall_sensitivity
from harness.report.words import deviations_in_words, listed, signed, sorted_out, spaced, with_unit
from harness.spec.doubts import Doubt
from harness.spec.paper import Exhibit

NAMED = 3
"""The most claims named in one line."""
CONTRASTS = 2
"""The most contrasts named in one line: each is a sentence."""


@dataclass(frozen=True)
class OpeningLine:
    """One opening line.

    Attributes:
        about: what it is about.
        anchor: the section of the page that shows it; empty if there is none.
        text: the finding, without the beginning of its sentence.
    """

    about: str
    anchor: str
    text: str


def opening_lines(exhibits: Sequence[Exhibit], cases: Mapping[str, Case]) -> Iterator[OpeningLine]:
    """Yield a line for each table and figure, and one each for the prose and the contrasts."""
    prose: list[Case] = []
    for number, exhibit in enumerate(exhibits, start=1):
        own = [cases[claim] for claim in exhibit.claims]
        if exhibit.source.table is None and exhibit.source.figure is None:
            prose += own
        elif own:
            finding = _exhibit(own, "cell" if exhibit.cells else "claim")
            yield OpeningLine(f"{exhibit.source.place}{_substitute(own)}", f"exhibit-{number}", finding)
    if prose:
        sections = list(dict.fromkeys(str(case.exhibit.source.section) for case in prose))
        yield OpeningLine(f"{plural_noun(len(sections), 'Section')} {listed(sections)}", "", _exhibit(prose, "claim"))
    contrasts = [case for case in cases.values() if case.paired]
    if contrasts:
        yield OpeningLine("Declared contrasts", "", _contrasts(contrasts))


def choice_lines(cases: Mapping[str, Case]) -> Iterator[OpeningLine]:
    """Yield a line on the details that the paper does not state; none if no other reading was measured."""
    if text := _sensitivity(list(cases.values())):
        yield OpeningLine("Open choices", "assumptions", text)


def earlier_lines(cases: Mapping[str, Case]) -> Iterator[OpeningLine]:
    """Yield a line on verdicts that use runs of an earlier record, with the reasons; none if all use the latest runs."""
    kept = [case.verdict for case in cases.values() if EARLIER in case.verdict.qualifiers]
    if not kept:
        return
    of = plural(len(cases), "verdict")
    whose = "is from" if len(kept) == 1 else "are from"
    first = f"{len(kept)} of {of} {whose} an earlier record"
    days = sorted({verdict.measured for verdict in kept if verdict.measured})
    when = f" (measured on {listed(days)})" if 0 < len(days) <= NAMED else ""
    reasons = Counter(spaced(verdict.attempt.reason) for verdict in kept if verdict.attempt is not None)
    why = [f"{reason} ({plural(number, 'claim')})" for reason, number in reasons.most_common()]
    because = (
        f": the latest attempt to measure {'it' if len(kept) == 1 else 'them'} failed: {listed(why)}" if why else ""
    )
    yield OpeningLine("Earlier record", "", f"{first}{when}{because}.")


def doubt_lines(doubts: Iterable[Doubt], cases: Mapping[str, Case]) -> Iterator[OpeningLine]:
    """Yield a line for each doubt; unverified numbers have their own paragraph above."""
    for doubt in doubts:
        if doubt.id != UNVERIFIED:
            yield OpeningLine(f"Doubt ({spaced(doubt.id)})", "protocol", with_names(doubt.sentence, cases))


def _substitute(cases: Sequence[Case]) -> str:
    """Return in brackets what all claims of an exhibit measured in place of the paper's network, data or metric; else empty."""
    found = {None if case.claim.another is None else case.claim.another.described for case in cases}
    described = found.pop() if len(found) == 1 else None
    return "" if described is None else f" ({described.strip().rstrip('.')})"


def _exhibit(cases: Sequence[Case], noun: str) -> str:
    """Return how many cells or claims reproduce, which do not, and how many are undecided."""
    found = Counter(case.verdict.outcome for case in cases)
    total = len(cases)
    if found[Outcome.NOT_RUN] == total:
        return "not run."
    refuted = [case for case in cases if case.verdict.outcome is Outcome.NOT_REPRODUCED]
    number = found[Outcome.REPRODUCED]
    if not any(found[outcome] for outcome in Outcome if outcome.judged):
        return f"none of {plural(total, noun)} was judged: {listed(list(_others(found, refuted)))}."
    reproduced = [case.verdict for case in cases if case.verdict.outcome is Outcome.REPRODUCED]
    apart = sorted_out(reproduced)
    aside = _secondary(sum(not case.verdict.primary for case in cases), total)
    all_of_them = f"all {total} {noun}s" if total > 1 else f"the one {noun}"
    few = f"{number or 'none'} of {plural(total, noun)}"
    first = f"{all_of_them if number == total else few} {'reproduces' if number < 2 else 'reproduce'}"
    others = list(_others(found, refuted))
    if apart:  # a list within a list would be misread
        own = f"{first}: {', '.join(apart)}{aside}"
        return f"{'; '.join([own, *others])}.{_transfer(refuted)}"
    return f"{listed([f'{first}{aside}', *others])}.{_transfer(refuted)}"


def _secondary(number: int, total: int) -> str:
    """Return in brackets how many of an exhibit's claims are secondary; empty if none is."""
    if number in {0, total}:
        return f" ({'it is' if total == 1 else 'all are'} secondary)" if number else ""
    return f" ({number} of the {total} {'is' if number == 1 else 'are'} secondary)"


def _others(found: Mapping[Outcome, int], refuted: Sequence[Case]) -> Iterator[str]:
    """Yield how many claims have each other outcome; contrasts have their own line and are not named here."""
    if refuted:
        yield f"{len(refuted)} {'does' if len(refuted) == 1 else 'do'} not{_which([c for c in refuted if not c.paired])}"
    for outcome in (outcome for outcome in RANKED if not outcome.decided):
        if found.get(outcome):
            yield f"{found[outcome]} {outcome.look.verb[found[outcome] != 1]} {outcome.look.clause}"


def _which(refuted: Sequence[Case]) -> str:
    """Return the names of a few cells or claims, in brackets; of more, how many are in which column, if those are few."""
    named = [name_of(case) for case in refuted]
    if len(named) > NAMED:
        named = _columns(refuted)
    return f" ({'; '.join(named)})" if 0 < len(named) <= NAMED else ""


def _columns(cases: Sequence[Case]) -> list[str]:
    """Return how many cells are in which column; none of a list."""
    return [f"{number} under {column}" for column, number in Counter(case.column for case in cases).items() if column]


def _under(others: Sequence[Case]) -> str:
    """Return which other columns do not reproduce, with a comma; empty if these are many."""
    found = _columns(others)
    if not 0 < len(found) <= NAMED:
        return ""
    counted = (each.partition(" ") for each in found)
    return "".join(f"{number} {'is' if number == '1' else 'are'} {where}, " for number, _, where in counted)


def _transfer(refuted: Sequence[Case]) -> str:
    """Return in which direction, and by how much, transfer rates that do not reproduce differ from the printed ones."""
    moved = [(size, case) for case in refuted if (size := _more(case)) is not None]
    if len(moved) < 2:
        return ""
    plain = [case for case in refuted if not case.paired]
    rest = "" if _which(plain) else _under([case for case in plain if _more(case) is None])
    less, more = (sum(sign * size < 0 for size, _ in moved) for sign in (1, -1))
    if less == 0 or more == 0:
        way = "less" if less else "more"
        median_of_all = _points(median(size for size, _ in moved), moved[0][1])
        text = f"the {len(moved)} transfer rates show {way} transfer than printed (median {median_of_all})"
    else:
        ends = [_points(end, moved[0][1]) for end in (min(size for size, _ in moved), max(size for size, _ in moved))]
        first = f"{less} {'transfer rate shows' if less == 1 else 'transfer rates show'} less transfer than printed"
        text = f"{first} and {more} {'shows' if more == 1 else 'show'} more (from {ends[0]} to {ends[1]})"
    return f" Of those that do not reproduce, {rest}{text}."


def _points(size: float, case: Case) -> str:
    return with_unit(signed(size, 1 if case.unit == "%" else case.decimals), case.unit, difference=True)


def _more(case: Case) -> float | None:
    """Return measured minus printed transfer rate, if the claim is about transfer between models; else None."""
    measure = case.claim.measure
    between = measure.attack is not None and measure.crafted_on not in {None, measure.model}
    metric = metric_of(measure)
    if not between or case.deviation is None or metric is None or not metric.needs_victim():
        return None
    # Worse for the model means more transfer.
    return {"lower": case.deviation, "higher": -case.deviation, "neither": None}[metric.better]


def _contrasts(cases: Sequence[Case]) -> str:
    """Return how many comparisons of two measures hold, and the names of those that do not."""
    found = Counter(case.verdict.outcome for case in cases)
    refuted = [case for case in cases if case.verdict.outcome is Outcome.NOT_REPRODUCED]
    holds = found[Outcome.REPRODUCED]
    open_ones: dict[Outcome, int] = {outcome: found[outcome] for outcome in Outcome if not outcome.decided}
    if not any(found[outcome] for outcome in Outcome if outcome.judged):
        return f"none of {len(cases)} was judged: {listed(list(_others(open_ones, ())))}."
    parts = [f"{holds or 'none'} of {len(cases)} {'holds' if holds < 2 else 'hold'}", *_others(open_ones, ())]
    if not refuted:
        return f"{listed(parts)}."
    if len(refuted) < len(cases):
        parts.append(f"{len(refuted)} {'does' if len(refuted) == 1 else 'do'} not")
    known = deviations_in_words(case.verdict for case in refuted)
    shown = [name_of(case) for case in refuted[:CONTRASTS]]
    shown += [f"{len(refuted) - CONTRASTS} more"] if len(refuted) > CONTRASTS else []
    return f"{listed(parts)}{f' ({listed(known)})' if known else ''}: {listed(shown)}."


def _sensitivity(cases: Sequence[Case]) -> str:
    """Return how many verdicts depend on details that the paper does not state, and which assumption has the largest effect."""
    overall, most = overall_sensitivity(cases), next(iter(assumption_effects(cases)), None)
    if not overall or most is None or most.largest is None:
        return overall
    case, effect = most.largest
    return (
        f"{overall} The assumption with the largest effect is {spaced(most.name)}: `{most.reading}` changes the numbers by "
        f"{most.margins:.2g} margins in the median, and the largest change is that of {name_of(case)} with `{effect.reading}`, "
        f"{effect_in_words(case, effect)}."
    )

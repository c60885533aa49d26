"""One claim explained from its record alone: printed, measured, sensitivity, limits, and what would decide it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.durations import duration
from harness.errors import UsageError, plural
from harness.judge import judge
from harness.judge.verdict import EXPLAINED, PREDICTED, Verdict
from harness.record.file import FILE, FOLDER, read
from harness.record.model import Record
from harness.record.unverified import warning
from harness.record.upstream import upstream
from harness.report.case import Case
from harness.report.cases import cases_of
from harness.report.orders import order_in_words
from harness.report.sensitivity import sensitivity_in_words, variant_rows
from harness.report.words import spaced, with_unit
from harness.spec.selection import inexpressible, matching

CHANGE = {
    "not-converged": "the same settings would give the same result: increase the iterations (or epochs) of its models' training",
    "attack-incomplete": "the same settings would give the same result: give the attack more steps, or a wider search",
    "another-network": "a claim of its own with the paper's network",
    "another-data": "a claim of its own with the paper's images",
    "another-metric": "a claim of its own with the paper's measure",
    "another-machine": "nothing: a time can only be compared with another time of the same run, never with a printed one",
    "margin-decides-nothing": "declare a margin, or a bound, that a measurement could miss",
    "data-missing": "provide the data, as the sentence above says",
    "weights-missing": "provide the weights, as the sentence above says",
    "no-device": "choose a device that this machine has (`--device`)",
    "infeasible": "use a machine that can do it",
    "invalid": "repair what the sentence above names",
    "failed": "repair what the sentence above names",
}
"""Reason -> what must change before it is measured again; for all other reasons the command alone may decide it."""

StoryLine = tuple[str, str]
"""Heading and text; the heading is empty if the entry continues the one above."""


@dataclass(frozen=True)
class Story:
    """The explanation of one claim.

    Attributes:
        claim: ``pack/id``.
        verdict: of the claim.
        entries: headings, each with its text; a heading is empty if the entry continues the one above.
    """

    claim: str
    verdict: Verdict
    entries: tuple[StoryLine, ...]

    def __str__(self) -> str:
        width = max(len(heading) for heading, _ in self.entries)
        return "\n".join(f"{heading:<{width}}  {text}" for heading, text in self.entries)


def story_of(record: Record, words: str) -> Story:
    """Return the story of one claim of a record.

    Args:
        record: what was measured.
        words: the claim's id, ``pack/id``, or a part or glob of it that fits one claim alone.

    Raises:
        UsageError: if no claim fits, or several do.
    """
    return story(*_find(words, [record]))


def find_case(words: str, paths: Sequence[Path]) -> tuple[Record, Case]:
    """Find one claim by name; return its record and its case.

    Args:
        words: a claim's id, ``pack/id``, or a part or glob of it that fits one claim alone.
        paths: records, as ``harness judge`` takes them, or folders of reports.

    Raises:
        UsageError: if no claim fits, or several do.
        RecordError: where a record cannot be read.
    """
    records = [read(path) for path in _records(paths)]
    if not records:
        raise UsageError(f"no record in {', '.join(map(str, paths))}; `harness verify` makes one")
    return _find(words, records)


def _find(words: str, records: Sequence[Record]) -> tuple[Record, Case]:
    known = {f"{record.paper.name}/{claim.id}": record for record in records for claim in record.paper.claims}
    try:
        fits = matching(words, known, inexpressible(record.paper for record in records))
    except UsageError as error:
        raise UsageError(f"{error} (`harness judge RECORD` lists them)") from None
    if len(fits) > 1:
        shown = ", ".join(fits[:6]) + (" …" if len(fits) > 6 else "")
        raise UsageError(f"{words}: expected one claim; {len(fits)} match: {shown}")
    record = known[fits[0]]
    return record, cases_of(record, judge(record))[fits[0].partition("/")[2]]


def _records(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the records at paths: the path itself, or every report in a folder of reports."""
    for path in paths:
        if any(_is_file(file) for file in (path, path / FOLDER / FILE, path / FILE)):
            yield path
        else:
            with suppress(OSError):  # the folder is absent or cannot be read
                files = [entry / FOLDER / FILE for entry in sorted(path.iterdir())]
                yield from filter(_is_file, files)


def _is_file(path: Path) -> bool:
    """Whether a path leads to a file; false for one in a folder that cannot be read."""
    try:
        return path.is_file()
    except OSError:
        return False


def story(record: Record, case: Case) -> Story:
    """Return the story of one claim."""
    return Story(f"{record.paper.name}/{case.claim.id}", case.verdict, tuple(_entries(record, case)))


def _entries(record: Record, case: Case) -> Iterator[StoryLine]:
    yield "claim", f"{record.paper.name}/{case.claim.id}, {case.claim.source}"
    yield "says", case.statement
    yield from _stated(record, case)
    for heading, text in case.measures:
        yield heading.replace("measured", "measures"), text
    yield from _numbers(case)
    if case.measurement.unverified or not record.verified:
        yield "unverified", warning(record)
    if case.order is not None:
        yield "as printed", order_in_words(case)
    yield "verdict", ", ".join([f"{case.verdict.outcome.value} ({spaced(case.verdict.reason)})", *_qualifiers(case)])
    yield "", case.verdict.sentence
    yield from _bounds(case)
    yield from _sensitivity(record, case)
    yield from _settling(record, case)


def _stated(record: Record, case: Case) -> Iterator[StoryLine]:
    """Yield the sentences of the paper that the claim judges, and those that it is related to as a claim of ours."""
    for sentence in record.paper.sentences:
        if case.claim.id in sentence.claims:
            yield "sentence", f"{sentence.source}: {sentence.says}"
        elif case.claim.id in sentence.ours:
            yield "ours", f"not a claim of the paper; related to its sentence ({sentence.source}): {sentence.says}"


def _qualifiers(case: Case) -> list[str]:
    return [*case.verdict.qualifiers, *([f"secondary: {case.why_secondary}"] if case.why_secondary else [])]


def _numbers(case: Case) -> Iterator[StoryLine]:
    expected = case.claim.expected.relates.phrase
    printed = case.verdict.printed
    said = f"{expected} {with_unit(printed, case.unit)}" if printed is not None else expected
    yield "expected", f"{said}, for each of them" if case.claim.expected.each else said
    if case.mean is None:
        return
    spread = f" ± {case.sd}" if case.sd else ""
    number = with_unit(f"{case.mean}{spread}", case.unit, difference=case.paired)
    interval = f"; {100 * (case.verdict.level or 0):.3g} % interval {case.interval}" if case.interval else ""
    yield "measured", f"{number} over {plural(case.verdict.n, 'run')}{interval}"
    values = [dict(zip(case.runs.headings, row, strict=True)).get("measured", "") for row in case.runs.rows]
    if len(values) > 1:
        yield "each run", ", ".join(values)


def _bounds(case: Case) -> Iterator[StoryLine]:
    if case.margin and case.claim.expected.margin is not None:
        yield "margin", f"{case.margin}, because: {case.claim.expected.margin.because}"
    if case.rivals_in_words:
        yield "rivals", f"also inside the margin: {case.rivals_in_words}"
    if case.clean_in_words:
        yield "no attack", case.clean_in_words
    if case.verdict.limit is not None:
        ours = f"; measured is {case.times_limit:.3f} times that" if case.times_limit else ""
        theirs = f", printed {case.printed_times_limit:.3f} times" if case.printed_times_limit else ""
        yield "exact limit", f"{case.verdict.limit:.6g}{ours}{theirs}"
    if case.claim.deviates_because:
        yield "deviates", f"{_declaration(case)}because: {case.claim.deviates_because}"


def _declaration(case: Case) -> str:
    """Return whether a deviation was declared before it was measured, or after; empty if it was not measured."""
    marks = {PREDICTED: "as predicted, ", EXPLAINED: "explained afterwards, "}
    return next((words for mark, words in marks.items() if mark in case.verdict.qualifiers), "")


def _sensitivity(record: Record, case: Case) -> Iterator[StoryLine]:
    """Yield the verdicts under other readings, and the assumptions that affect the number."""
    if not case.sensitivity.variants:
        yield "sensitivity", f"no other reading was measured; {_verify(record, case, ' --readings all')} measures them"
        return
    yield "sensitivity", sensitivity_in_words(case)
    for row in variant_rows(case):
        half = f" {row.half}" if row.half else ""
        change = f", change {row.change}{half}" if row.change else ""
        number = f"{row.mean}{change}: " if row.mean else ""
        yield "", f"{row.label}: {number}{row.look.word} ({row.reason})"
    for effect in case.sensitivity.effects:
        chosen = record.paper.assumptions.get(effect.assumption)
        if chosen is not None:
            yield effect.assumption, f"chosen is {chosen.chosen}, because: {chosen.because}"


def _settling(record: Record, case: Case) -> Iterator[StoryLine]:
    """Yield what would decide an undecided claim, and the cost if the record shows it."""
    verdict = case.verdict
    if verdict.outcome.decided:
        return
    if not verdict.outcome.judged:
        before = CHANGE.get(verdict.reason)
        again = f"{before}, then {_verify(record, case)}" if before else f"{_verify(record, case)} measures it"
        yield "to settle", again
        return
    more = next((look for look in record.paper.looks if look > verdict.n), None)
    if more is None or verdict.reason in {"borderline", "margin-below-noise"} or "exact" in verdict.qualifiers:
        yield (
            "to settle",
            "more runs like these would not decide it; it depends on the margin, or on details that the paper does not state",
        )
        return
    seconds = _seconds_a_run(record, case)
    cost = f"; about {duration(seconds * (more - verdict.n))} of computing, as its earlier runs took" if seconds else ""
    yield "to settle", f"{_verify(record, case, f' --runs {more}')}{cost}"


def _verify(record: Record, case: Case, more: str = "") -> str:
    return f"`{record.verifying(case.claim.id, *more.split())}`"


def _seconds_a_run(record: Record, case: Case) -> float:
    """Return the mean seconds of the jobs of one run, without those that all runs share."""
    seconds, runs = 0.0, case.measurement.runs
    for run in runs:
        jobs = (record.jobs[key] for key in upstream((key for side in run.sides for key in side.keys), record.jobs))
        seconds += sum(float(job.get("seconds", 0.0)) for job in jobs if job.get("run") == run.run)
    return seconds / len(runs) if runs else 0.0

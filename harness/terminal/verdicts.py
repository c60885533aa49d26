"""Verdicts in the terminal: the table, notes on what it leaves out, the count of outcomes, and one claim explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.errors import plural
from harness.judge.exits import nothing_counted
from harness.judge.numbers import short
from harness.judge.outcome import Outcome
from harness.judge.verdict import EARLIER, Verdict
from harness.kinds.unit import UNITS
from harness.report.words import deviations_in_words, sorted_out, spaced
from harness.terminal.breaking import Breakable

ALIKE = 3
"""The most claims with one reason that are listed one by one."""
SENTENCES = 3
"""The most sentences on one reason."""


def verdict_table(verdicts: Sequence[Verdict], title: str | None = None) -> Table:
    """Return one line a claim: printed, measured, margin, verdict and reason.

    Claims that were not run for one reason share the line of the first, if they are many.
    """
    table = Table(title=title, title_justify="left", pad_edge=False, box=None)
    table.add_column("claim")
    for name in ("printed", "measured", "margin"):
        table.add_column(name, justify="right", no_wrap=name != "measured")
    table.add_column("verdict", no_wrap=True)
    table.add_column("why")
    not_run = Counter(verdict.reason for verdict in verdicts if verdict.outcome is Outcome.NOT_RUN)
    folded: set[str] = set()
    for verdict in verdicts:
        style = verdict.outcome.look.style
        if verdict.outcome is Outcome.NOT_RUN and not_run[verdict.reason] > ALIKE:
            if verdict.reason not in folded:
                folded.add(verdict.reason)
                first = Breakable(f"{verdict.claim} and {not_run[verdict.reason] - 1} more")
                table.add_row(first, "", "", "", f"[{style}]{verdict.outcome.value}[/]", Breakable(verdict.reason))
            continue
        why = ", ".join([verdict.reason, *verdict.qualifiers, *([] if verdict.primary else ["secondary"])])
        table.add_row(
            Breakable(verdict.claim),
            escape(verdict.printed or ""),
            _measured(verdict),
            _margin(verdict),
            f"[{style}]{verdict.outcome.value}[/]",
            Breakable(why),
        )
    return table


def notes(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield what the table leaves out: why claims were not run, or not now, and whether nothing was decided."""
    not_run = [verdict for verdict in verdicts if verdict.outcome is Outcome.NOT_RUN]
    for reason in dict.fromkeys(verdict.reason for verdict in not_run):
        reasons = Counter(_sentence(verdict) for verdict in not_run if verdict.reason == reason)
        for sentence, count in reasons.most_common(SENTENCES):
            yield f"NOT_RUN, {plural(count, 'claim')}: {sentence}"
        if len(reasons) > SENTENCES:
            rest = plural(reasons.total() - sum(count for _, count in reasons.most_common(SENTENCES)), "claim")
            yield f"NOT_RUN, {rest} more ({spaced(reason)}): `harness explain CLAIM` says why."
    yield from _unfinished([verdict for verdict in verdicts if verdict.outcome is not Outcome.NOT_RUN])
    if verdicts and len(not_run) == len(verdicts):
        yield "Nothing was measured: no claim has a run."
    elif verdicts and all(verdict.n == 0 or EARLIER in verdict.qualifiers for verdict in verdicts):
        yield "Nothing was measured now: every verdict is from the earlier record."
    if sentence := nothing_counted(verdicts):
        yield sentence


def _sentence(verdict: Verdict) -> str:
    """Return why a claim was not run, without its name, so that claims may share a sentence."""
    return "Not measured yet." if verdict.reason == "not-yet-run" else verdict.sentence


def _unfinished(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield which verdicts use fewer runs than were asked for, and why."""
    causes: dict[tuple[bool, str, str], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.attempt is not None:
            earlier = EARLIER in verdict.qualifiers
            causes.setdefault((earlier, verdict.attempt.reason, verdict.attempt.sentence), []).append(verdict)
    for (earlier, reason, sentence), alike in causes.items():
        what = "Not measured now" if earlier else "Not every run measured"
        more = f" and {len(alike) - ALIKE} more" if len(alike) > ALIKE else ""
        names = ", ".join(verdict.claim for verdict in alike[:ALIKE]) + more
        verb = "The verdict uses" if len(alike) == 1 else "The verdicts use"
        dates = sorted({verdict.measured for verdict in alike if verdict.measured})
        when = f" (measured on {', '.join(dates)})" if dates else ""
        whose = f"the earlier record{when}" if earlier else "the measured runs"
        yield f"{what}, {plural(len(alike), 'claim')} ({reason}): {names}. {sentence} {verb} {whose}."


def tally(verdicts: Sequence[Verdict]) -> str:
    """Return the number of claims by outcome; those true by construction, fitted or declared are counted separately."""
    parts = []
    for outcome in Outcome:
        found = [verdict for verdict in verdicts if verdict.outcome is outcome]
        if outcome is Outcome.REPRODUCED:
            apart = sorted_out(found)
        else:
            apart = deviations_in_words(found) if outcome.decided else []
        if found:
            parts.append(f"{len(found)} {outcome.value}" + (f" ({', '.join(apart)})" if apart else ""))
    return ", ".join(parts)


def print_entries(entries: Iterable[tuple[str, str]], console: Console) -> None:
    """Print headings, each with its text."""
    entries = list(entries)
    # A pipe has no width: no line is wrapped there, so that commands in a text can be copied.
    if not console.is_terminal:
        width = max(len(heading) for heading, _ in entries)
        for heading, text in entries:
            console.print(f"{heading:<{width}}  {text}", markup=False, emoji=False, highlight=False, soft_wrap=True)
        return
    table = Table(show_header=False, pad_edge=False, box=None)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for heading, text in entries:
        table.add_row(escape(heading), escape(text))
    console.print(table)


def _measured(verdict: Verdict) -> str:
    """Return the measured mean with its unit; for a comparison of two measures, their difference."""
    if verdict.mean is None:
        return ""
    unit = UNITS[verdict.unit]
    if verdict.relates.quantity.signed:
        return f"{verdict.mean:+.4g}{unit.after_difference} apart"
    return f"{verdict.mean:.4g}{unit.after}"


def _margin(verdict: Verdict) -> str:
    """Return the margin as its relation writes it; empty if there is none."""
    margin = verdict.margin
    return "" if margin is None else verdict.relates.written(margin, short(margin, 0))

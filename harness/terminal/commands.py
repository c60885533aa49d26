"""What the commands print in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.durations import duration
from harness.errors import plural
from harness.judge.question import Question
from harness.judge.verdict import Verdict
from harness.report.coverage import coverage_of, sentences_covered, set_aside_claims, without_claim
from harness.spec.doubts import Doubt
from harness.spec.paper import Paper
from harness.terminal.breaking import Breakable
from harness.terminal.due import Due, due_of
from harness.terminal.power import print_power
from harness.terminal.verdicts import notes, tally, verdict_table

if TYPE_CHECKING:
    from harness.pilot import Piloted
    from harness.pipeline import Verified
    from harness.prepared import Prepared
    from harness.selftest import Trial


def print_summary(audited: Sequence[Verified], console: Console) -> None:
    """Print a verdict table for each pack, sentences on what was not run, and the paths of the reports."""
    for pack in audited:
        print_doubts(pack.doubts, console)
        console.print(verdict_table(pack.verdicts, f"[bold]{escape(pack.name)}[/]"))
        for note in notes(pack.verdicts):
            console.print(escape(note), highlight=False)
        _coverage(pack.paper, console)
        console.print()
    for pack in audited:
        console.print(f"[bold]{escape(pack.name)}[/]: {tally(pack.verdicts)}", highlight=False)
        if pack.doubts:
            ids = ", ".join(dict.fromkeys(doubt.id for doubt in pack.doubts))
            console.print(f"  [yellow]{plural(len(pack.doubts), 'doubt')}[/] ({ids}), explained above", highlight=False)
        if why := pack.paper.bibliography.demonstration:
            console.print(f"  A demonstration, not a replication: {escape(why)}", highlight=False, soft_wrap=True)
        for path in (*pack.rendered.written, *pack.rendered.unchanged):
            console.print(f"  {escape(str(path))}", highlight=False, soft_wrap=True)
        for note in pack.rendered.notes:
            console.print(f"  {escape(note)}", highlight=False, soft_wrap=True)


def print_doubts(doubts: Sequence[Doubt], console: Console) -> None:
    """Print the doubts, before the verdicts."""
    for doubt in doubts:
        told = f"[yellow]{doubt.id}[/]: {escape(doubt.sentence)}"
        console.print(told, highlight=False, soft_wrap=not console.is_terminal)  # a pipe has no width


def print_judged(question: Question, verdicts: Sequence[Verdict], doubts: Sequence[Doubt], console: Console) -> None:
    """Print the question if it is not the record's own, doubts, verdicts, their counts, and the paper's coverage."""
    for sentence in question.sentences:
        console.print(f"[bold red]{escape(sentence)}[/]", highlight=False, soft_wrap=True)
    print_doubts(doubts, console)
    console.print(verdict_table(verdicts))
    mark = ", to another question than the record's own" if question.another else ""
    for line in (*notes(verdicts), f"{tally(verdicts)}{mark}"):
        console.print(line, highlight=False, markup=False)
    _coverage(question.record.paper, console)


def _coverage(paper: Paper, console: Console) -> None:
    """Print what is not expressible and why, and how many of the printed numbers have a claim."""
    said = sentences_covered(paper)
    lines = [
        *without_claim(paper),
        *set_aside_claims(paper),
        f"coverage: {coverage_of(paper)}",
        *([f"sentences: {said}"] if said else []),
    ]
    for sentence in lines:
        console.print(escape(sentence), highlight=False)


def report_pilots(piloted: Sequence[Piloted], console: Console) -> None:
    """Print what each pilot recorded, what is missing and why, and the power it gives the judged runs."""
    for pack in piloted:
        name, file = escape(pack.prepared.spec.paper.name), escape(str(pack.file))
        if pack.recorded or pack.missing:
            how = "" if pack.changed else " (unchanged)"
            result = f"spread between pilot runs of {plural(len(pack.recorded), 'claim')} in {file}{how}"
        else:
            result = "no selected claim needs pilot runs: nothing about them is random, or one exception refutes them"
        console.print(f"[bold]{name}[/]: {result}", highlight=False, soft_wrap=True)
        for claim, why in pack.missing.items():
            console.print(f"  {escape(claim)}: {escape(why)}", highlight=False, soft_wrap=True)
        console.print()
        print_power(pack.prepared, console)
        console.print()


def outline(prepared: Prepared, console: Console) -> None:
    """Print a pack's jobs: how many are stored, how many are missing, and what those will cost."""
    due = due_of(prepared)
    table = Table(title=f"[bold]{escape(prepared.spec.paper.name)}[/]", title_justify="left", pad_edge=False, box=None)
    table.add_column("job", no_wrap=True)
    table.add_column("what")
    for name in ("stored", "missing", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    for work in due.works:
        table.add_row(work.verb, Breakable(work.name), str(work.stored), *_costing(work.missing, work.seconds))
    console.print(table)
    todo = sum(work.missing for work in due.works)
    total = f"{todo} to do: about {duration(sum(work.seconds for work in due.works))}" if todo else "0 to do"
    console.print(f"{plural(len(prepared.plan.wants), 'claim')}, {plural(due.jobs, 'job')}, {total}", highlight=False)
    _coverage(prepared.spec.paper, console)
    told = prepared.spec.settings.sentence
    if told and not prepared.spec.paper.bibliography.demonstration:  # whose settings no paper prints
        console.print(f"settings: {escape(told)}", highlight=False)
    console.print()
    _readings(prepared, due, console)
    print_power(prepared, console)
    for sentence in prepared.other_source:
        console.print(escape(sentence), highlight=False)
    console.print()


def _costing(missing: int, seconds: float) -> tuple[str, str]:
    """Return how many jobs are missing and their cost; empty if none is."""
    return (str(missing), duration(seconds)) if missing else ("", "")


def _readings(prepared: Prepared, due: Due, console: Console) -> None:
    """Print which other readings were asked for, and the additional cost of each."""
    variants = prepared.variants.variants
    if not variants:
        return
    how = (
        "every combination of those requested"
        if prepared.variants.full
        else "one change at a time from the chosen readings"
    )
    table = Table(title=f"other readings, {how}", title_justify="left", pad_edge=False, box=None)
    table.add_column("reading")
    for name in ("claims", "missing", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    for other in due.variants:
        table.add_row(Breakable(other.label), str(other.claims), *_costing(other.missing, other.seconds))
    console.print(table)
    idle = len(variants) - len(due.variants)
    beside = f"; {plural(idle, 'variant')} more change no claim selected" if idle else ""
    total = duration(sum(other.seconds for other in due.variants))
    console.print(f"{plural(len(variants), 'variant')}{beside}: about {total} beyond the above", highlight=False)
    console.print()


def trials(done: Sequence[Trial], console: Console) -> None:
    """Print each planted defect, the verdicts before and after, whether it was caught, and why."""
    table = Table(pad_edge=False, box=None)
    table.add_column("planted", overflow="fold", ratio=3)
    table.add_column("claim", no_wrap=True)
    table.add_column("before", overflow="fold", ratio=2)
    table.add_column("after", overflow="fold", ratio=2)
    table.add_column("caught", no_wrap=True)
    table.add_column("why that is right", overflow="fold", ratio=4)
    for trial in done:
        table.add_row(
            trial.defect.name,
            trial.defect.claim,
            " ".join(trial.before.as_pair),
            " ".join(trial.after.as_pair),
            "[green]caught[/]" if trial.caught else "[red]NOT CAUGHT[/]",
            trial.defect.because,
        )
    console.print(table)
    for trial in done:
        if not trial.caught:
            wanted = f"{' '.join(trial.defect.before)}, then {' '.join(trial.defect.after)} ({trial.defect.says})"
            console.print(f"NOT CAUGHT, {trial.defect.name}: expected {wanted}.", highlight=False)
            console.print(f"  before: {escape(trial.before.sentence)}", highlight=False)
            console.print(f"  after: {escape(trial.after.sentence)}", highlight=False)
    caught = sum(trial.caught for trial in done)
    took = duration(sum(trial.seconds for trial in done))
    console.print(f"{caught} of {plural(len(done), 'defect')} caught, in {took}", highlight=False)

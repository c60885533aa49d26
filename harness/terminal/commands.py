"""What the commands print in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.durations import duration
from harness.errors import UsageError, plural
from harness.judge.verdict import Verdict
from harness.kinds.describe import describe
from harness.kinds.registry import ROOMS, failures, kinds, lost
from harness.pilot import Piloted
from harness.pipeline import Verified
from harness.prepared import Prepared
from harness.record.model import Record
from harness.report.coverage import coverage_of, without_claim
from harness.run.costs import Costs
from harness.selftest import Trial
from harness.spec.paper import Paper
from harness.terminal.power import print_power
from harness.terminal.verdicts import notes, tally, verdict_table


def summarise(audited: Sequence[Verified], console: Console) -> None:
    """Print a verdict table for each pack, sentences for what was not run, and where the reports are."""
    for pack in audited:
        console.print(verdict_table(pack.verdicts, f"[bold]{escape(pack.name)}[/]"))
        for note in notes(pack.verdicts):
            console.print(escape(note), highlight=False)
        _coverage(pack.paper, console)
        console.print()
    for pack in audited:
        console.print(f"[bold]{escape(pack.name)}[/]: {tally(pack.verdicts)}", highlight=False)
        if why := pack.paper.bibliography.demonstration:
            console.print(f"  A demonstration, not a replication: {escape(why)}", highlight=False, soft_wrap=True)
        for path in (*pack.rendered.written, *pack.rendered.unchanged):
            console.print(f"  {escape(str(path))}", highlight=False, soft_wrap=True)
        for note in pack.rendered.notes:
            console.print(f"  {escape(note)}", highlight=False, soft_wrap=True)


def judged(record: Record, verdicts: Sequence[Verdict], console: Console) -> None:
    """Print the verdicts on a record, how many have which outcome, and the coverage of the paper."""
    console.print(verdict_table(verdicts))
    for line in (*notes(verdicts), tally(verdicts)):
        console.print(line, highlight=False, markup=False)
    _coverage(record.paper, console)


def _coverage(paper: Paper, console: Console) -> None:
    """Print what is not expressible and why, and how many of the printed numbers have a claim."""
    for sentence in (*without_claim(paper), f"coverage: {coverage_of(paper)}"):
        console.print(escape(sentence), highlight=False)


def report_pilots(piloted: Sequence[Piloted], console: Console) -> None:
    """Print what each pilot recorded, what is missing and why, and the power it gives the judged runs."""
    for pack in piloted:
        name, file = escape(pack.prepared.spec.paper.name), escape(str(pack.file))
        if pack.recorded or pack.missing:
            how = "" if pack.changed else " (unchanged)"
            result = f"spread between pilot runs of {plural(len(pack.recorded), 'claim')} in {file}{how}"
        else:
            result = "no claim selected needs a pilot: nothing random enters them, or one exception refutes them"
        console.print(f"[bold]{name}[/]: {result}", highlight=False, soft_wrap=True)
        for claim, why in pack.missing.items():
            console.print(f"  {escape(claim)}: {escape(why)}", highlight=False, soft_wrap=True)
        console.print()
        print_power(pack.prepared, console)
        console.print()


def outline(prepared: Prepared, console: Console) -> None:
    """Print a pack's jobs: how many are stored, how many are missing, and what those will cost."""
    costs = Costs(prepared.plan, prepared.store)
    table = Table(title=f"[bold]{escape(prepared.spec.paper.name)}[/]", title_justify="left", pad_edge=False, box=None)
    for name in ("job", "what"):
        table.add_column(name, overflow="fold")
    for name in ("stored", "missing", "cost"):
        table.add_column(name, justify="right")
    due = {job.key for job in costs.missing(prepared.plan.all_keys)}
    jobs = [job for job in prepared.plan.jobs.values() if job.verb.keeps_result]
    for verb, name in dict.fromkeys((job.verb, job.name) for job in jobs):
        alike = [job for job in jobs if (job.verb, job.name) == (verb, name)]
        stored = sum(prepared.store.has(job.verb, job.key) for job in alike)
        todo = [job for job in alike if job.key in due]
        cost = duration(sum(costs.of(job) for job in todo)) if todo else ""
        table.add_row(verb.value, escape(name), str(stored), str(len(todo) or ""), cost)
    console.print(table)
    todo = [job for job in jobs if job.key in due]
    total = f"{len(todo)} to do: about {duration(sum(costs.of(job) for job in todo))}" if todo else "0 to do"
    console.print(f"{plural(len(prepared.plan.wants), 'claim')}, {plural(len(jobs), 'job')}, {total}", highlight=False)
    _coverage(prepared.spec.paper, console)
    console.print()
    _readings(prepared, costs, due, console)
    print_power(prepared, console)
    for sentence in prepared.other_source:
        console.print(escape(sentence), highlight=False)
    console.print()


def _readings(prepared: Prepared, costs: Costs, due: set[str], console: Console) -> None:
    """Print which other readings were asked for, and what each costs beyond those before it."""
    variants, planned = prepared.variants.variants, prepared.planned_variants
    if not variants:
        return
    how = "every combination of those asked for" if prepared.variants.full else "one at a time around the chosen ones"
    table = Table(title=f"other readings, {how}", title_justify="left", pad_edge=False, box=None)
    table.add_column("reading", overflow="fold")
    for name in ("claims", "missing", "cost"):
        table.add_column(name, justify="right")
    whole, seen, total = Costs(prepared.whole, prepared.store), set(due), 0.0
    for each in planned:
        todo = [job for job in whole.missing(each.plan.all_keys) if job.key not in seen and job.verb.keeps_result]
        seen |= {job.key for job in todo}
        seconds = sum(whole.of(job) for job in todo)
        total += seconds
        cost = duration(seconds) if todo else ""
        table.add_row(escape(each.variant.label), str(len(each.plan.wants)), str(len(todo) or ""), cost)
    console.print(table)
    idle = len(variants) - len(planned)
    beside = f"; {plural(idle, 'variant')} more change no claim selected" if idle else ""
    console.print(
        f"{plural(len(variants), 'variant')}{beside}: about {duration(total)} beyond the above", highlight=False
    )
    console.print()


def trials(done: Sequence[Trial], console: Console) -> None:
    """Print what was planted, how its claim was judged before and after, and whether that is right and why."""
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


def catalogue(names: Sequence[str], console: Console) -> None:
    """Print the kinds of all rooms, of the rooms named, or the kinds named.

    Raises:
        UsageError: for a name that is neither a room nor a kind.
    """
    known = {kind for room in ROOMS for kind in kinds(room)} | set(ROOMS)
    unknown = [name for name in names if name not in known]
    if unknown:
        elsewhere = next(filter(None, (lost(room, unknown[0]) for room in ROOMS)), "")
        there = elsewhere or f"there are {', '.join(sorted(known))}"
        raise UsageError(f"{unknown[0]!r} is neither a room nor a kind; {there}")
    for room in ROOMS:
        shown = [kind for kind in describe(room) if not names or room in names or kind.kind in names]
        if shown:
            console.print(f"[bold underline]{room}[/]")
        for kind in shown:
            package = f" [dim]({escape(kind.package)})[/]" if kind.package else ""
            console.print(f"[bold]{kind.kind}[/]{package}  {escape(kind.doc)}", highlight=False)
            for field in kind.fields:
                default = "required" if field.required else f"default {field.default}"
                console.print(
                    f"  [green]{field.name}[/]: {escape(field.type)} ({escape(default)})  {escape(field.doc)}",
                    highlight=False,
                )
        if shown:
            console.print()
    if failures():
        console.print("[bold underline]cannot be used[/]")
    for failure in failures():
        names = escape(", ".join(sorted(failure.kinds)) or failure.what)
        console.print(f"[bold]{names}[/]  of {escape(str(failure.package))}: {escape(failure.cause)}", highlight=False)

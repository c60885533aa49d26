"""What a plan promises each claim, as a table in the terminal: runs stored, margin, spread, chance of a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.errors import plural
from harness.judge.independence import nothing_drawn
from harness.judge.numbers import short
from harness.judge.power import Prospect, prospect
from harness.judge.samples import Span, all_taken, spanned
from harness.judge.statistics import LADDER, LAST
from harness.naming import some
from harness.plan import Verb
from harness.prepared import Prepared
from harness.spec.claim import TWO_SIDED, Claim
from harness.spec.counting import without_primary
from harness.spec.paper import Pilot
from harness.store import Damaged


def outlook(prepared: Prepared, console: Console) -> None:
    """Print a line for each claim of the plan, then what its words mean and where a margin decides nothing."""
    paper, plan = prepared.spec.paper, prepared.plan
    stale = set(plan.outdated(paper.pilot))
    pilots = {claim: paper.pilot[claim] for claim in plan.wants if claim in paper.pilot and claim not in stale}
    claims = [paper.claim(claim) for claim in plan.wants]
    # What is never judged, what has no spread, and what one exception refutes has no prospects to show.
    judged = claims if paper.comparable else []
    taken = {claim.id: span for claim in claims if (span := _whole(prepared, claim.id)) is not None}
    exact = plan.deterministic | taken.keys()
    random = [claim for claim in judged if claim.id not in exact and claim.expected.relation != "all"]
    ahead = {claim.id: prospect(claim, pilots.get(claim.id)) for claim in claims}
    rungs = tuple(LADDER) if any(ahead[claim.id].chances for claim in random) else ()
    table = _table(rungs)
    for claim in claims:
        spread = _spread(claim, pilots.get(claim.id), outdated=claim.id in stale) if claim in random else ""
        if claim.id in exact:
            spread = "exact"
        cells = _cells(ahead[claim.id], rungs) if claim in random else []
        table.add_row(escape(claim.id), _stored(prepared, claim.id), _width(ahead[claim.id]), spread, *cells)
    console.print(table)
    told = [
        *(_all_there_are(claim, taken[claim.id]) for claim in claims if claim.id in taken),
        *_legend(random, pilots, rungs),
        *_left_open(list(ahead.values()), rungs),
        *_warnings(prepared, {claim.id: ahead[claim.id] for claim in random}),
    ]
    lacking = [claim.id for claim in random if claim.id not in pilots and claim.id not in stale]
    if lacking:
        told.append(f"[dim]no pilot: `{escape(prepared.command('--pilot'))}` measures the spread between runs[/]")
    for sentence in told:
        console.print(sentence, highlight=False, soft_wrap="`" in sentence)  # a command that is broken cannot be copied


def _whole(prepared: Prepared, claim: str) -> Span | None:
    """Return how many images a claim's samples take, if the store shows that those are all and nothing else is random."""
    if claim in prepared.plan.deterministic:
        return None
    jobs: dict[str, dict[str, Any]] = {}
    keys = prepared.plan.wants[claim][0].keys
    for job in prepared.plan.upstream(keys):
        jobs[job.key] = {"verb": job.verb.value, "run": job.run, "inputs": [given.key for given in job.inputs.values()]}
        if job.verb is Verb.SELECT:
            with suppress(Damaged):
                entry = prepared.store.load(job.verb, job.key, arrays=False)
                jobs[job.key] |= entry.body if entry is not None else {}
    return all_taken(keys, jobs) if nothing_drawn(keys, jobs) else None


def _all_there_are(claim: Claim, taken: Span) -> str:
    """Say that a sample asks for more images than there are, so that more runs would tell nothing."""
    return (
        f"{escape(claim.id)}: its sample asks for {claim.measure.sample.count} images and takes all {spanned(taken)} "
        "there are; nothing is random, so one run is all there is"
    )


def _table(rungs: Sequence[int]) -> Table:
    table = Table(pad_edge=False, box=None)
    table.add_column("claim", overflow="fold")
    for name in ("stored", "margin", "spread", *(f"at {rung}" for rung in rungs)):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _stored(prepared: Prepared, claim: str) -> str:
    """Return how many of a claim's runs are in the store."""
    rows = prepared.plan.wants[claim]
    there = sum(all(prepared.store.has(Verb.MEASURE, key) for key in row.keys) for row in rows)
    return f"{there} of {len(rows)}"


def _width(ahead: Prospect) -> str:
    return "" if ahead.margin is None else f"±{short(ahead.margin, 0)}"


def _spread(claim: Claim, pilot: Pilot | None, *, outdated: bool) -> str:
    if pilot is None:
        return "[yellow]out of date[/]" if outdated else "[dim]no pilot[/]"
    return short(pilot.sd, 0)


def _cells(ahead: Prospect, rungs: Sequence[int]) -> list[str]:
    """Write a claim's chances, one for each rung."""
    style = ("[yellow]", "[/]") if ahead.below_noise else ("", "")
    return [f"{style[0]}{_percent(ahead.chances[rung])}{style[1]}" if ahead.chances else "" for rung in rungs]


def _percent(chance: float) -> str:
    """Write a probability so that no chance rounds to none, nor to certainty."""
    if 0.995 <= chance < 1:
        return ">99 %"
    return "<1 %" if chance < 0.005 else f"{100 * chance:.0f} %"


def _legend(random: Sequence[Claim], pilots: Mapping[str, Pilot], rungs: Sequence[int]) -> list[str]:
    """Explain the columns that have something in them."""
    told = []
    counts = sorted({pilots[claim.id].runs for claim in random if claim.id in pilots})
    if counts:
        told.append(
            f"spread: standard deviation between {' or '.join(map(str, counts))} pilot runs, in the printed unit like the "
            "margin; that of five is itself known to about a third"
        )
    if rungs:
        told.append(
            f"at {', '.join(map(str, rungs))}: the chance that so many runs reproduce the claim if the paper is exactly "
            "right and runs spread like the pilot's"
        )
    if any(claim.id in pilots and claim.expected.relation not in TWO_SIDED for claim in random):
        told.append(
            "bounds and orders have no such chance: it depends on how far off the truth lies, which is not printed"
        )
    return [f"[dim]{line}[/]" for line in told]


def _left_open(ahead: Sequence[Prospect], rungs: Sequence[int]) -> list[str]:
    """Say how many claims are to be expected to stay inconclusive after so many runs."""
    known = [one.chances for one in ahead if one.chances]
    if not known:
        return []
    numbers = [f"{sum(1 - chances[rung] for chances in known):.0f} at {rung} runs" for rung in rungs]
    return [
        f"of the {len(known)} with such a chance, if the paper is right in all, so many would stay open: {', '.join(numbers)}"
    ]


def _warnings(prepared: Prepared, ahead: Mapping[str, Prospect]) -> list[str]:
    """Say that no claim counts, which margins decide nothing, and which pilots are out of date."""
    told = []
    if (doubt := without_primary(prepared.spec)) is not None:
        told.append(f"[yellow]{escape(doubt.message)}[/]")
    hidden = {claim for claim, one in ahead.items() if one.below_noise}
    if hidden:
        count = plural(len(hidden), "claim")
        told.append(
            f"[yellow]margin below the noise[/] ({count}): {escape(some(hidden))}; were the paper exactly right, even "
            f"{LAST} runs would more often than not leave it open. More images in each run may narrow the spread."
        )
    if prepared.outdated:
        told.append(f"[yellow]{escape(prepared.outdated)}[/]")
    return told

"""Power of each claim of a plan, as a table in the terminal: runs stored, margin, spread, detectable difference, power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.errors import plural
from harness.judge.detection import DETECTED
from harness.judge.independence import nothing_drawn
from harness.judge.looks import reached, spending
from harness.judge.numbers import short
from harness.judge.power import ClaimPower, power_of
from harness.judge.rivals import rivals_told
from harness.judge.samples import Span, all_taken, span_in_words
from harness.naming import some
from harness.plan import Verb
from harness.prepared import Prepared
from harness.spec.claim import Claim
from harness.spec.doubts import pack_doubts
from harness.spec.paper import Pilot, Spec
from harness.spec.rivals import accepted, rivals
from harness.store import Damaged
from harness.terminal.breaking import Breakable


def print_power(prepared: Prepared, console: Console) -> None:
    """Print a row for each claim of the plan, then a legend and warnings about margins that decide nothing."""
    paper, plan = prepared.spec.paper, prepared.plan
    stale = set(plan.outdated(paper.pilot))
    pilots = {claim: paper.pilot[claim] for claim in plan.wants if claim in paper.pilot and claim not in stale}
    claims = [paper.claim(claim) for claim in plan.wants]
    # No power for claims that are never judged, that are deterministic, or that one exception refutes.
    judged = claims if paper.comparable else []
    taken = {claim.id: span for claim in claims if (span := _taken(prepared, claim.id)) is not None}
    exact = plan.deterministic | taken.keys()
    random = [claim for claim in judged if claim.id not in exact and not claim.expected.relates.exception_refutes]
    ladder = spending(paper.looks)
    powers = {claim.id: power_of(claim, pilots.get(claim.id), ladder) for claim in claims}
    rungs = tuple(ladder) if any(powers[claim.id].at for claim in random) else ()
    planned = reached(paper.runs, ladder)
    detecting = any(powers[claim.id].detects for claim in random)
    table = _table(rungs, detecting=detecting)
    for claim in claims:
        spread = _spread(pilots.get(claim.id), outdated=claim.id in stale) if claim in random else ""
        if claim.id in exact:
            spread = "exact"
        cells = _cells(powers[claim.id], rungs) if claim in random else []
        if detecting:
            cells.insert(0, _detected(powers[claim.id], planned) if claim in random else "")
        table.add_row(
            Breakable(claim.id), _stored(prepared, claim.id), _margin(claim, powers[claim.id]), spread, *cells
        )
    console.print(table)
    sentences = [
        *(_takes_all(claim, taken[claim.id]) for claim in claims if claim.id in taken),
        *_legend(random, pilots, rungs, planned if detecting else None),
        *_left_open(list(powers.values()), rungs),
        *_rivals(prepared.spec, powers),
        *_warnings(prepared, {claim.id: powers[claim.id] for claim in random}),
    ]
    lacking = [claim.id for claim in random if claim.id not in pilots and claim.id not in stale]
    if lacking:
        sentences.append(
            f"[dim]no pilot: `{escape(prepared.command('--pilot'))}` measures the standard deviation between runs[/]"
        )
    for sentence in sentences:
        console.print(sentence, highlight=False, soft_wrap="`" in sentence)  # or a command could not be copied


def _taken(prepared: Prepared, claim: str) -> Span | None:
    """Return how many images a claim's samples have, if the store shows that these are all images and nothing else is random."""
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


def _takes_all(claim: Claim, taken: Span) -> str:
    """Return a sentence on a sample that asks for more images than there are: all runs are the same."""
    return (
        f"{escape(claim.id)}: its sample asks for {claim.measure.sample.count} images and uses all {span_in_words(taken)} "
        "that there are; nothing is random, so one run is enough"
    )


def _table(rungs: Sequence[int], *, detecting: bool) -> Table:
    table = Table(pad_edge=False, box=None)
    table.add_column("claim")
    detects = ("detects",) if detecting else ()
    for name in ("stored", "margin", "spread", *detects, *(f"at {rung}" for rung in rungs)):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _stored(prepared: Prepared, claim: str) -> str:
    """Return how many of a claim's runs are in the store."""
    rows = prepared.plan.wants[claim]
    there = sum(all(prepared.store.has(Verb.MEASURE, key) for key in row.keys) for row in rows)
    return f"{there} of {len(rows)}"


def _margin(claim: Claim, power: ClaimPower) -> str:
    margin = power.margin
    return "" if margin is None else claim.expected.relates.written(margin, short(margin, 0))


def _spread(pilot: Pilot | None, *, outdated: bool) -> str:
    if pilot is None:
        return "[yellow]out of date[/]" if outdated else "[dim]no pilot[/]"
    return short(pilot.sd, 0)


def _detected(power: ClaimPower, planned: int) -> str:
    """Return the smallest true difference that the planned runs detect; a dash if they detect no possible difference."""
    if planned not in power.detects:
        return ""
    size = power.detects[planned]
    return "–" if size is None else short(size, 0)


def _cells(power: ClaimPower, rungs: Sequence[int]) -> list[str]:
    """Return a claim's power, one cell for each look."""
    style = ("[yellow]", "[/]") if power.below_noise else ("", "")
    return [f"{style[0]}{_percent(power.at[rung])}{style[1]}" if power.at else "" for rung in rungs]


def _percent(probability: float) -> str:
    """Return a probability in percent, never rounded to 0 or 100 %."""
    if 0.995 <= probability < 1:
        return ">99 %"
    return "<1 %" if probability < 0.005 else f"{100 * probability:.0f} %"


def _legend(
    random: Sequence[Claim], pilots: Mapping[str, Pilot], rungs: Sequence[int], planned: int | None
) -> list[str]:
    """Return sentences on the columns that are not empty; ``planned`` is None without a column for detection."""
    sentences = []
    counts = sorted({pilots[claim.id].runs for claim in random if claim.id in pilots})
    if counts:
        sentences.append(
            f"spread: standard deviation between {' or '.join(map(str, counts))} pilot runs, in the printed unit like the "
            "margin; its error is about a third if it is estimated from five runs"
        )
    if planned is not None:
        sentences.append(
            f"detects: the smallest true difference from the printed number (for a bound or an order, beyond it) that {planned} "
            f"runs would refute with a probability of {100 * DETECTED:.0f} %, in the printed unit; –: no possible difference"
        )
    if rungs:
        sentences.append(
            f"at {', '.join(map(str, rungs))}: the power, the probability that so many runs reproduce the claim if the paper is "
            "right and the printed number is one run like the pilot's"
        )
    if any(claim.id in pilots and not claim.expected.relates.two_sided for claim in random):
        sentences.append(
            "bounds and orders have no such power, because it depends on the true difference, which is not printed"
        )
    return [f"[dim]{line}[/]" for line in sentences]


def _left_open(powers: Sequence[ClaimPower], rungs: Sequence[int]) -> list[str]:
    """Return a sentence on the expected number of inconclusive claims at each look."""
    known = [each.open_at for each in powers if each.foreseen]
    if not known:
        return []
    numbers = [f"{sum(chance[rung] for chance in known):.0f} at {rung} runs" for rung in rungs]
    return [
        f"expected number of inconclusive claims if the paper is right in all {plural(len(known), 'claim')} with a power: {', '.join(numbers)}"
    ]


def _warnings(prepared: Prepared, powers: Mapping[str, ClaimPower]) -> list[str]:
    """Return warnings: doubts about the pack, margins below the noise, pilots out of date."""
    sentences = [
        f"[yellow]{doubt.id}[/]: {escape(doubt.sentence)}"
        for doubt in pack_doubts(prepared.spec.paper, prepared.spec.controls)
    ]
    hidden = {claim for claim, power in powers.items() if power.below_noise}
    if hidden:
        count = plural(len(hidden), "claim")
        sentences.append(
            f"[yellow]margin below the noise[/] ({count}): {escape(some(hidden))}; if the paper were right, even "
            f"{prepared.spec.paper.looks[-1]} runs would leave it inconclusive more often than not. More images in each run may reduce the spread."
        )
    if prepared.outdated:
        sentences.append(f"[yellow]{escape(prepared.outdated)}[/]")
    return sentences


def _rivals(spec: Spec, powers: Mapping[str, ClaimPower]) -> list[str]:
    """Return a line for each exhibit whose margins include alternative values, if margins are known before the runs."""
    sentences, claims = [], spec.paper.by_id
    for exhibit in spec.paper.exhibits:
        known = {name: powers[name].margin for name in exhibit.claims if name in powers}
        found = {
            name: rivals(claims[name], width, spec.paper, spec.controls)
            for name, width in known.items()
            if accepted(claims[name], width) is not None
        }
        if told := rivals_told(found, "cell" if exhibit.cells else "claim"):
            sentences.append(f"[yellow]rivals[/] ({escape(str(exhibit.source) or exhibit.id)}): {told}")
    return sentences

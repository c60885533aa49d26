"""What a plan promises each claim, as a table in the terminal: runs stored, margin, spread, chance of a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.audit import Prepared, named
from harness.judge.numbers import short
from harness.judge.prospects import TWO_SIDED, Prospect, prospect
from harness.judge.statistics import LADDER, LAST
from harness.plan import Verb
from harness.spec.claim import Claim
from harness.spec.paper import Pilot


def outlook(prepared: Prepared, console: Console) -> None:
    """Print a line for each claim of the plan, then what its words mean and where a margin decides nothing."""
    paper, plan = prepared.spec.paper, prepared.plan
    stale = set(plan.outdated(paper.pilot)) if paper.comparable else set()
    pilots = {claim: paper.pilot[claim] for claim in plan.wants if claim in paper.pilot and claim not in stale}
    claims = [paper.claim(claim) for claim in plan.wants]
    found = {claim.id: prospect(claim, pilots.get(claim.id)) for claim in claims}
    table = _table()
    for claim in claims:
        exact = claim.id in plan.deterministic
        spread = "exact" if exact else _spread(claim, pilots.get(claim.id), outdated=claim.id in stale)
        ahead = Prospect(found[claim.id].margin) if exact else found[claim.id]
        table.add_row(
            escape(claim.id), _stored(prepared, claim.id), _number(claim, ahead.margin, "±"), spread, *_cells(ahead)
        )
    console.print(table)
    for sentence in (*_legend(claims, pilots, found), *_warnings(prepared, found, stale)):
        console.print(sentence, highlight=False)


def _table() -> Table:
    table = Table(pad_edge=False, box=None)
    table.add_column("claim", overflow="fold")
    for name in ("stored", "margin", "spread", *(f"at {rung}" for rung in LADDER)):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _stored(prepared: Prepared, claim: str) -> str:
    """Return how many of a claim's runs are in the store."""
    rows = prepared.plan.wants[claim]
    there = sum(all(prepared.store.has(Verb.MEASURE, key) for key in row.keys) for row in rows)
    return f"{there} of {len(rows)}"


def _spread(claim: Claim, pilot: Pilot | None, *, outdated: bool) -> str:
    if claim.expected.relation == "all":
        return ""
    if pilot is None:
        return "[yellow]out of date[/]" if outdated else "[dim]no pilot[/]"
    return _number(claim, pilot.sd)


def _number(claim: Claim, number: float | None, sign: str = "") -> str:
    """Write a width to two digits, with the unit that tells points from parts."""
    if number is None:
        return ""
    return f"{sign}{short(number, 0)}{' pt' if claim.expected.unit == '%' else ''}"


def _cells(ahead: Prospect) -> list[str]:
    """Write a claim's chances, one for each rung."""
    style = ("[yellow]", "[/]") if ahead.below_noise else ("", "")
    return [f"{style[0]}{_percent(ahead.chances[rung])}{style[1]}" if ahead.chances else "" for rung in LADDER]


def _percent(chance: float) -> str:
    """Write a probability so that no chance rounds to none, nor to certainty."""
    if 0.995 <= chance < 1:
        return ">99 %"
    return "<1 %" if chance < 0.005 else f"{100 * chance:.0f} %"


def _legend(claims: Sequence[Claim], pilots: Mapping[str, Pilot], found: Mapping[str, Prospect]) -> list[str]:
    """Explain the columns that have something in them."""
    told = []
    if pilots:
        told.append("spread: standard deviation between pilot runs; of so few runs it is itself known to about a third")
    if any(ahead.chances for ahead in found.values()):
        rungs = ", ".join(map(str, LADDER))
        told.append(f"at {rungs}: the chance that so many runs reproduce the claim if the paper is exactly right")
    if any(claim.id in pilots and claim.expected.relation not in TWO_SIDED for claim in claims):
        told.append(
            "no chance is given for bounds and orders: it depends on how far off the truth lies, which is not printed"
        )
    return [f"[dim]{line}[/]" for line in told]


def _warnings(prepared: Prepared, found: Mapping[str, Prospect], stale: set[str]) -> list[str]:
    """Say which margins decide nothing, and which claims lack a pilot in date."""
    told = []
    hidden = {claim for claim, ahead in found.items() if ahead.below_noise}
    if hidden:
        told.append(
            f"[yellow]margin below the noise[/] ({_claims(hidden)}): {escape(named(hidden))}. Even {LAST} runs would leave "
            "it open more often than not, were the paper exactly right; more images a run would narrow the spread."
        )
    if stale:
        told.append(f"[yellow]{escape(prepared.outdated)}[/]")
    return told


def _claims(found: set[str]) -> str:
    return f"{len(found)} claim{'' if len(found) == 1 else 's'}"

"""What may be written in a pack, printed: kinds and their fields, the form of a claim, the rules that packs keep."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from harness.kinds.describe import Field, Kind
from harness.kinds.registry import GROUPS, failures
from harness.spec.rules import Rule

if TYPE_CHECKING:
    from harness.spec.reading.describe import ClaimForm


def catalogue(kinds: Sequence[Kind], console: Console, *, whole: Iterable[str] = ()) -> None:
    """Print kinds with their fields, group by group.

    Args:
        kinds: what to print.
        console: where.
        whole: names of kinds whose whole text is printed; of others its first line is.
    """
    in_full = set(whole)
    for group in GROUPS:
        shown = [kind for kind in kinds if kind.group == group]
        if shown:
            console.print(f"[bold underline]{group}[/]")
        for kind in shown:
            package = f" [dim]({escape(kind.package)})[/]" if kind.package else ""
            console.print(f"[bold]{kind.kind}[/]{package}  {escape(kind.doc)}", highlight=False)
            if kind.more and kind.kind in in_full:
                console.print()
                console.print(textwrap.indent(escape(kind.more), "  "), highlight=False)
                console.print()
            _fields(kind.fields, console)
        if shown:
            console.print()


def unusable(console: Console) -> None:
    """Print the kinds of other packages that cannot be used, and why."""
    if failures():
        console.print("[bold underline]cannot be used[/]")
    for failure in failures():
        names = escape(", ".join(sorted(failure.kinds)) or failure.what)
        console.print(f"[bold]{names}[/]  of {escape(str(failure.package))}: {escape(failure.cause)}", highlight=False)


def _fields(fields: Iterable[Field], console: Console) -> None:
    for field in fields:
        default = "required" if field.required else f"default {field.default}"
        doc = f"  {escape(field.doc)}" if field.doc else ""
        console.print(
            f"  [green]{escape(field.name)}[/]: {escape(field.type)} ({escape(default)}){doc}", highlight=False
        )


def print_claim(form: ClaimForm, console: Console) -> None:
    """Print what a claim may say."""
    console.print("[bold underline]claim[/]")
    parts = {**form.keys, "sample: which images": form.sample, "margin: one width, and why": form.margins}
    for heading, fields in parts.items():
        console.print(f"[bold]{heading}[/]")
        _fields(fields, console)
        console.print()
    console.print("[bold]relation: how the measurement is compared with what is printed[/]")
    for relation in form.relations:
        needs = f"needs {' and '.join(relation.needs)}" if relation.needs else "needs nothing printed"
        may = f"; may have {' and '.join(relation.may)}" if relation.may else ""
        console.print(f"  [green]{relation.name}[/]: {relation.says} ({needs}{may})", highlight=False)
    console.print()
    console.print("[bold]unit: of the printed number and of an absolute margin[/]")
    for unit, means in form.units.items():
        console.print(f"  [green]{unit}[/]: {means}", highlight=False)
    console.print()


def print_rules(rules: Iterable[Rule], console: Console) -> None:
    """Print the id of each rule and what breaks it, a line each."""
    for rule in rules:
        console.print(f"[bold]{rule.id}[/]  {escape(rule.what)}", highlight=False, soft_wrap=True)


def print_rule(rule: Rule, console: Console) -> None:
    """Print the paragraph that explains a rule, with its example."""
    kind = "warning" if rule.warning else "mistake"
    console.print(f"[bold]{rule.id}[/] ({kind})", highlight=False)
    console.print()
    console.print(f"{escape(f'{rule.what[0].upper()}{rule.what[1:]}.')} {escape(rule.why)}", highlight=False)
    console.print()
    console.print(f"Repair: {escape(rule.repair)}", highlight=False)
    for word, text in (("wrong", rule.example.wrong), ("right", rule.example.right)):
        place = f" ({rule.example.file})" if rule.example.file else ""
        console.print()
        console.print(f"[bold]{word}[/]{escape(place)}:", highlight=False)
        console.print(textwrap.indent(textwrap.dedent(text), "  "), markup=False, highlight=False, soft_wrap=True)

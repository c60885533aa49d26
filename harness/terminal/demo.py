"""The demonstration, printed."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.markup import escape

from harness.demo import Demonstrated
from harness.judge.verdict import Verdict


def tell_demo(done: Demonstrated, console: Console) -> None:
    """Print the claim, what was measured, and both verdicts."""
    console.print("A claim, as written in a pack:\n")
    console.print(textwrap.indent(done.claim, "    "), markup=False, highlight=False, soft_wrap=True)
    values = ", ".join(f"{value:.2f}" for value in done.values)
    console.print(f"Measured in {len(done.values)} runs, each with new training and test images: {values} %.\n")
    _verdict("The number as printed", done.right, console)
    _verdict("The same claim with a digit lost", done.wrong, console)
    result = "The wrong number was caught" if done.caught else "NOT CAUGHT: a verdict is wrong"
    console.print(f"{result}, in {done.seconds:.1f} s. Your own paper: `harness init specs/mypaper`.", highlight=False)


def _verdict(what: str, verdict: Verdict, console: Console) -> None:
    style = verdict.outcome.look.style
    console.print(
        f"{what}, {escape(verdict.printed or '')} %: [{style}]{verdict.outcome.value}[/] ({escape(verdict.reason)})",
        highlight=False,
    )
    console.print(textwrap.indent(escape(verdict.sentence), "    ") + "\n", highlight=False)

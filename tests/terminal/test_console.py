"""Nothing that a record or a file of somebody else holds steers the terminal it is shown on."""

from __future__ import annotations

import io
import json

import pytest
from rich.table import Table

from harness.terminal.console import PipeSafeConsole, print_line
from harness.terminal.documents import text_of

ODD = [
    "\x1b[2J\x1b[31mowned",
    "\x1b]0;title\x07",
    "\u009b31m",
    "\u202egnp.exe",
    "\x00",
    "\x7f",
    "\x85",
    "\u2028",
    "\ud800",
]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_what_steers_a_terminal_is_printed_as_question_marks(odd):
    printed = io.StringIO()
    console = PipeSafeConsole(file=printed, width=80)
    table = Table("claim")
    table.add_row(odd)
    console.print(table)
    console.print(odd, markup=False)
    print_line(console, odd)
    assert "?" in printed.getvalue()
    assert printed.getvalue().replace("\n", "").isprintable()


def test_colours_of_our_own_and_what_can_be_printed_stay():
    printed = io.StringIO()
    console = PipeSafeConsole(file=printed, width=80, force_terminal=True, color_system="standard")
    console.print("[red]1\u202f000 − é[/red] \U0001f600", highlight=False)
    assert printed.getvalue() == "\x1b[31m1\u202f000 − é\x1b[0m \U0001f600\n"


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_a_document_escapes_what_steers_a_terminal_and_still_says_it(odd):
    text = text_of("judge", {"says": odd, odd: "σ − é"})
    assert text.replace("\n", "").isprintable()
    assert json.loads(text)["says"] == odd
    assert json.loads(text)[odd] == "σ − é"

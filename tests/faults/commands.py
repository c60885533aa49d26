"""Gives hostile input to commands of harness, and holds what they answer against what is promised of every error."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from click.testing import CliRunner
from faults.trials import BrokenPromiseError

from harness.cli import main
from harness.errors import HarnessError

STATUSES = frozenset({0, 1, 2, 3, 4, 5})
"""Those of commands that did what they are for, or said why they could not."""
NOT_SHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that steer a terminal, turn text around, or are none; tab and line feed are meant."""
MISTAKE = re.compile(r"^.+?(:\d+:\d+)?: .+ \[[a-z-]+\]$")
"""A mistake in a pack: the place, what was expected and found, and the rule."""
SUMMARY = re.compile(r"^\d[\d,]* mistakes?(, \d[\d,]* warnings?)?$")


def called(*words: Any, statuses: Collection[int] = STATUSES) -> tuple[int, str]:
    """Run a command of harness; return its exit status and what it wrote.

    Raises:
        BrokenPromiseError: if it ends with another status or a traceback, says nothing of an error, or writes what steers a
            terminal.
    """
    ended = CliRunner().invoke(main, [str(word) for word in words])
    command, said = str(words[0]), ended.stderr
    if (
        "Traceback" in said
        or ended.exit_code not in statuses
        or (ended.exception and not isinstance(ended.exception, SystemExit))
    ):
        raise BrokenPromiseError(
            f"{command} ended with {ended.exit_code}: {' '.join(said.split())[-700:]} {ended.exception!r}"
        )
    if ended.exit_code == 2 and not said.strip() + ended.stdout.strip():
        raise BrokenPromiseError(f"{command} ended with 2 and said nothing")
    if strange := NOT_SHOWN.search(ended.output):
        around = ended.output[max(0, strange.start() - 80) : strange.end() + 20]
        raise BrokenPromiseError(f"{command} wrote U+{ord(strange.group()):04X} to the terminal: {around!a}")
    return ended.exit_code, ended.output


def clean(error: HarnessError | str) -> None:
    """Hold an error's words against what can be printed and written.

    Raises:
        BrokenPromiseError: if they are none, or hold what steers a terminal or is no text.
    """
    words = str(error)
    if not words.strip():
        raise BrokenPromiseError("an error without words")
    if strange := NOT_SHOWN.search(words):
        raise BrokenPromiseError(f"an error with U+{ord(strange.group()):04X}: {words[:300]!a}")
    if len(words) > 5000:
        raise BrokenPromiseError(f"an error of {len(words):,} characters: {words[:100]!a}")

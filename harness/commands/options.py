"""What the commands share: options, consoles, and the exit status for a return value or an exception."""

from __future__ import annotations

import functools
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import click

from harness.errors import FULL, HarnessError, SpecError, UsageError, plural, shown
from harness.paths import ABSENT, expanded, trouble

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
Command = Callable[..., int | None]
"""A command's function; returns its exit status, None for 0."""


def with_status(command: Command) -> Callable[..., None]:
    """Turn a command's return value or exception into an exit status and, for errors meant for users, a plain message."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            code = _called(command, *args, **kwargs)
        except OSError as error:
            code = _cannot_print(error)
        sys.exit(code or 0)

    return run


def _called(command: Command, *args: Any, **kwargs: Any) -> int | None:
    """Call a command; say why it failed and return the exit status."""
    try:
        return command(*args, **kwargs)
    except SpecError as error:
        say(f"{error}\n{plural(len(error.problems), 'mistake')} in the specs; nothing was run.")
        return 2
    except HarnessError as error:
        say(f"harness: {error}")
        return 2
    except MemoryError:
        click.echo(
            "harness: not enough memory; close other programs, take a smaller budget or fewer images, or use a machine "
            "with more memory. Finished results are kept.",
            err=True,
        )
        return 2
    except KeyboardInterrupt:
        click.echo("harness: interrupted; finished results are kept", err=True)
        return 130
    except (click.exceptions.ClickException, OSError):
        raise
    except BaseException:  # noqa: BLE001  the last handler: it tells the user what to do
        return _internal()


def _internal() -> int:
    """Print the current exception and what to do."""
    traceback.print_exc()
    click.echo("harness: internal error; please report the lines above. Finished results are kept.", err=True)
    return 70


def silent_stream() -> TextIO:
    """Return a stream that discards everything."""
    return Path(os.devnull).open("w")


def _cannot_print(error: OSError) -> int:
    """Return 141, as the shell does, if the reader of the output closed it; print any other error."""
    if isinstance(error, BrokenPipeError):
        sys.stdout = sys.stderr = silent_stream()
        return 141
    if error.errno not in FULL:
        return _internal()
    click.echo(f"harness: cannot write the output: {error.strerror}; free space. Finished results are kept.", err=True)
    return 2


def span(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Read a duration such as 90s, 15m or 2h as seconds."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h)", text.strip())
    if found is None:
        raise click.BadParameter(f"expected a duration such as 90s, 15m or 2h, found {text!r}")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def discover_kinds() -> None:
    """Find every kind, and print to stderr which packages have kinds that cannot be used."""
    from harness.kinds.registry import discover  # noqa: PLC0415

    for failure in discover():
        say(f"harness: {failure}")


def console_out() -> Any:
    """Return a console as wide as the terminal, or 160 columns wide if the output is a pipe, which has no width."""
    from harness.terminal.console import PipeSafeConsole  # noqa: PLC0415

    return PipeSafeConsole(width=None if sys.stdout.isatty() else 160, emoji=False)


def console_beside() -> Any:
    """Return a console on stderr, for messages while stdout gets one JSON document."""
    from harness.terminal.console import PipeSafeConsole  # noqa: PLC0415

    return PipeSafeConsole(width=None if sys.stderr.isatty() else 160, emoji=False, stderr=True)


def print_document(command: str, document: dict[str, Any]) -> None:
    """Print one JSON document to stdout."""
    from harness.terminal.documents import text_of  # noqa: PLC0415

    click.echo(text_of(command, document))


def say(sentence: str) -> None:
    """Print an error or a warning to stderr; each control character in it becomes ``?``."""
    click.echo(shown(sentence, "\n\t"), err=True)


class UserPath(click.Path):
    """A path as a user writes it; a broken or circular link is refused.

    ``~`` is expanded here too, because no shell expands it in ``--store=~/results``.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path with ``~`` expanded, or refuse it."""
        try:
            path = expanded(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        if (why := trouble(path)) not in ("", ABSENT):
            self.fail(f"{value} {why}; correct that, or name another", param, ctx)
        return path


PATH = UserPath()
with_paths = click.argument("paths", nargs=-1, type=PATH)
with_store = click.option(
    "--store",
    type=PATH,
    default=Path(".harness"),
    show_default=True,
    help="Folder of the store, which keeps all computed results.",
)
with_device = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "gpu"]),
    default="auto",
    show_default=True,
    help="Device to compute on.",
)
with_budget = click.option(
    "--budget",
    default="audit",
    show_default=True,
    metavar="NAME",
    help="Budget of the pack: rehearsal (minutes, never judged), audit (3 runs), full (everything).",
)
with_runs = click.option("--runs", type=click.IntRange(1, 999), help="Number of runs, instead of the budget's.")
with_readings = click.option(
    "--readings",
    metavar="all|NAME=VALUE,…",
    help="Also measure variants (the pack with other readings of its assumptions): every combination if there are "
    "few, else one change at a time. VALUE may be all.",
)
with_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
with_strict = click.option(
    "--strict", is_flag=True, help="Also fail on doubts: exit status 5 instead of 0; for lint 2."
)
with_patterns = click.option(
    "-k",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Select claims whose pack/id contains PATTERN or matches it (*); repeatable.",
)
with_data_dir = click.option("--data-dir", type=PATH, help="Folder to search first for data sets and weights.")
with_time_limit = click.option(
    "--time-limit", callback=span, metavar="TIME", help="Start no job after this time (90s, 15m, 2h)."
)


def with_measuring(command: Any) -> Any:
    """Give a command the options that say which claims of a pack are measured, and how."""
    for each in (with_device, with_data_dir, with_readings, with_runs, with_budget, with_patterns):
        command = each(command)
    return command

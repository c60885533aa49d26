"""The words typed: each command is one call, then an exit status; nothing is decided here."""

from __future__ import annotations

import functools
import os
import re
import sys
import traceback
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

import click

import harness
from harness.errors import FULL, HarnessError, SpecError, UsageError, plural
from harness.paths import ABSENT, expanded, trouble
from harness.shell import command

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_Command = Callable[..., int | None]


@click.group(context_settings=CONTEXT)
@click.version_option(harness.__version__, prog_name="harness")
def main() -> None:
    """Check what papers claim.

    A paper's claims are YAML specs; `harness verify` trains, attacks and measures what they name, judges measured
    against printed, and writes an HTML and PDF report.

    Exit status: 0 at least one primary claim reproduced, and so is every other without a declared deviation,
    1 some refuted, 2 usage error, bad spec or damaged record, 3 none refuted but some inconclusive, 4 otherwise:
    nothing primary reproduced, or a claim asked for could not be measured or compared, 70 internal error,
    130 interrupted.
    Over several packs: 2, 1, 3, 4, 0, in this order.
    """
    sys.stdout, sys.stderr = (stream or _nowhere() for stream in (sys.stdout, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character is no reason to stop


def _status(command: _Command) -> Callable[..., None]:
    """Turn what a command returns or raises into an exit status and, for errors meant for users, a plain message."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            code = _called(command, *args, **kwargs)
        except OSError as error:
            code = _cannot_print(error)
        sys.exit(code or 0)

    return run


def _called(command: _Command, *args: Any, **kwargs: Any) -> int | None:
    """Call a command; say why it failed and return the exit status."""
    try:
        return command(*args, **kwargs)
    except SpecError as error:
        click.echo(f"{error}\n{plural(len(error.problems), 'mistake')} in the specs; nothing was run.", err=True)
        return 2
    except HarnessError as error:
        click.echo(f"harness: {error}", err=True)
        return 2
    except MemoryError:
        click.echo(
            "harness: not enough memory; close other programs, take a smaller budget or fewer images, or run it "
            "where there is more. What was finished is kept.",
            err=True,
        )
        return 2
    except KeyboardInterrupt:
        click.echo("harness: interrupted; what was finished is kept", err=True)
        return 130
    except (click.exceptions.ClickException, OSError):
        raise
    except BaseException:  # noqa: BLE001  the last line of defence, so that a user is told what to do
        return _internal()


def _internal() -> int:
    """Print the error that is being handled and what to do."""
    traceback.print_exc()
    click.echo("harness: internal error; please report the lines above. What was finished is kept.", err=True)
    return 70


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w")


def _cannot_print(error: OSError) -> int:
    """Return 141, as the shell does, where the reader of the output went away; say what went wrong otherwise."""
    if isinstance(error, BrokenPipeError):
        sys.stdout = sys.stderr = _nowhere()
        return 141
    if error.errno not in FULL:
        return _internal()
    click.echo(f"harness: cannot write the output: {error.strerror}; free space. What was finished is kept.", err=True)
    return 2


def _span(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Read a duration such as 90s, 15m or 2h as seconds."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h)", text.strip())
    if found is None:
        raise click.BadParameter(f"expected a duration such as 90s, 15m or 2h, found {text!r}")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def _discover() -> None:
    """Find every kind, and say on stderr which of other packages cannot be used."""
    from harness.kinds.registry import discover  # noqa: PLC0415

    for failure in discover():
        click.echo(f"harness: {failure}", err=True)


def _console() -> Any:
    """Return a console as wide as the terminal; a pipe has no width, so that lines are not broken there for nothing."""
    from harness.terminal.console import PipeSafeConsole  # noqa: PLC0415

    return PipeSafeConsole(width=None if sys.stdout.isatty() else 160, emoji=False)


def _say(sentence: str) -> None:
    """Say what stops nothing beside the result, not in it."""
    click.echo(sentence, err=True)


class _UserPath(click.Path):
    """A path as a user writes it, no link to nothing or itself.

    ``~`` is expanded here too, for no shell expands it in ``--store=~/results``.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        try:
            path = expanded(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        if (why := trouble(path)) not in ("", ABSENT):
            self.fail(f"{value} {why}; mend that, or name another", param, ctx)
        return path


_PATH = _UserPath()
_paths = click.argument("paths", nargs=-1, type=_PATH)
_store = click.option(
    "--store",
    type=_PATH,
    default=Path(".harness"),
    show_default=True,
    help="Folder results are kept in.",
)
_device = click.option(
    "--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", show_default=True, help="What to compute on."
)
_budget = click.option(
    "--budget",
    default="audit",
    show_default=True,
    metavar="NAME",
    help="A budget of the pack: rehearsal (minutes, never judged), audit (3 runs), full (everything).",
)
_runs = click.option("--runs", type=click.IntRange(1, 999), help="Number of runs, instead of the budget's.")
_readings = click.option(
    "--readings",
    metavar="all|NAME=VALUE,…",
    help="Measure other readings of what the paper leaves open, beside the chosen ones: every combination where there "
    "are few, else one at a time. VALUE may be all.",
)
_patterns = click.option(
    "-k",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Only claims whose pack/id contains or matches this; repeatable.",
)


@main.command(context_settings=CONTEXT)
@_paths
@_patterns
@_budget
@_runs
@_readings
@click.option("--data-dir", type=_PATH, help="Folder to look for data sets in first.")
@_device
@click.option("--out", type=_PATH, default=Path("reports"), show_default=True, help="Folder for reports.")
@_store
@click.option("--time-limit", callback=_span, metavar="TIME", help="Begin no job after this long (90s, 15m, 2h).")
@click.option(
    "--pilot",
    is_flag=True,
    help="Judge nothing and write no report: do runs from 1000 on (--runs says how many, default 5), and write the "
    "spread between them into each pack, as pilot.yaml.",
)
@_status
def verify(paths: tuple[Path, ...], *, pilot: bool, **given: Any) -> int:
    """Measure what is missing, judge every claim, write the reports.

    PATHS are packs or folders of packs (default: specs). Whatever was measured before is reused.
    """
    _discover()
    return _pilot(paths, given) if pilot else _verify(paths, given)


def _verify(paths: tuple[Path, ...], given: dict[str, Any]) -> int:
    from harness.judge import combine, exit_status  # noqa: PLC0415
    from harness.pipeline import verify as run  # noqa: PLC0415
    from harness.prepared import Options  # noqa: PLC0415
    from harness.terminal.commands import summarise  # noqa: PLC0415
    from harness.terminal.progress import display  # noqa: PLC0415

    console = _console()
    with display(console) as shown:
        audited = run(paths or ("specs",), Options(**given), shown)
    summarise(audited, console)
    if any(pack.interrupted for pack in audited):
        return 130
    return combine([exit_status(pack.verdicts) for pack in audited])


def _pilot(paths: tuple[Path, ...], given: dict[str, Any]) -> int:
    from harness.pilot import pilot as run  # noqa: PLC0415
    from harness.prepared import Options  # noqa: PLC0415
    from harness.terminal.commands import report_pilots  # noqa: PLC0415
    from harness.terminal.progress import display  # noqa: PLC0415

    console = _console()
    with display(console) as shown:
        piloted = run(paths or ("specs",), Options(**given), shown)
    report_pilots(piloted, console)
    if any(pack.interrupted for pack in piloted):
        return 130
    return 4 if any(pack.missing for pack in piloted) else 0


@main.command(context_settings=CONTEXT)
@_paths
@_status
def lint(paths: tuple[Path, ...]) -> int:
    """Find every mistake in packs, each with file, line, column and repair; warn of what may be one."""
    from harness.spec.reading.lint import lint as find  # noqa: PLC0415

    _discover()
    found = find(paths or (Path("specs"),), _say)
    for problem in found.mistakes:
        click.echo(str(problem), err=True)
    for doubt in found.doubts:
        click.echo(f"warning: {doubt}", err=True)
    told = plural(len(found.mistakes), "mistake") if found.mistakes else "no mistakes"
    doubts = f", {plural(len(found.doubts), 'warning')}" if found.doubts else ""
    click.echo(f"{told}{doubts}", err=bool(found.mistakes))
    return 2 if found.mistakes else 0


@main.command(context_settings=CONTEXT)
@_paths
@_patterns
@_budget
@_runs
@_readings
@_device
@_store
@_status
def plan(paths: tuple[Path, ...], **given: Any) -> None:
    """Show what is stored, what is missing, and what it will cost; runs nothing."""
    from harness.pipeline import prepare  # noqa: PLC0415
    from harness.prepared import Options  # noqa: PLC0415
    from harness.terminal.commands import outline  # noqa: PLC0415

    _discover()
    for prepared in prepare(paths or ("specs",), Options(**given), _say):
        outline(prepared, _console())


@main.command(context_settings=CONTEXT)
@click.argument("names", nargs=-1, metavar="[ROOM|KIND]…")
@_status
def kinds(names: tuple[str, ...]) -> None:
    """Show what may be written in a spec: every kind and its fields."""
    from harness.terminal.commands import catalogue  # noqa: PLC0415

    _discover()
    catalogue(names, _console())


@main.command(context_settings=CONTEXT)
@click.option("--out", type=_PATH, default=Path("schemas"), show_default=True, help="Folder to write to.")
@_status
def schema(out: Path) -> None:
    """Write the JSON Schemas that let an editor complete and check specs."""
    from harness.drafts import replace_file  # noqa: PLC0415
    from harness.files import make_folder  # noqa: PLC0415
    from harness.spec.reading.schema import schema_files  # noqa: PLC0415

    _discover()
    try:
        make_folder(out)
        for name, text in schema_files().items():
            replace_file(out / name, text.encode())
            click.echo(str(out / name))
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror or error}); give another --out") from error


@main.command("judge", context_settings=CONTEXT)
@click.argument("record", type=_PATH)
@click.option("--json", "as_list", is_flag=True, help="Print the verdicts as JSON.")
@_status
def judge_(record: Path, *, as_list: bool) -> int:
    """Judge a record again, from the record alone. RECORD is a report folder or its results.json."""
    from harness.judge import as_json, exit_status, judge  # noqa: PLC0415
    from harness.record.file import read  # noqa: PLC0415
    from harness.record.unverified import warning  # noqa: PLC0415

    kept = read(record)
    verdicts = judge(kept)
    if said := warning(kept):
        click.echo(said, err=True)
    if as_list:
        click.echo(as_json(verdicts))
    else:
        from harness.terminal.commands import judged  # noqa: PLC0415

        judged(kept, verdicts, _console())
    return exit_status(verdicts)


@main.command(context_settings=CONTEXT)
@click.argument("record", type=_PATH)
@click.option("--out", type=_PATH, help="Folder to write to (default: the record's report folder).")
@_status
def report(record: Path, out: Path | None) -> None:
    """Write the report of a record again, from the record alone."""
    from harness.judge import judge  # noqa: PLC0415
    from harness.record.file import read, report_folder, results_file  # noqa: PLC0415
    from harness.report import render  # noqa: PLC0415

    kept = read(record)
    rendered = render(kept, judge(kept), out or report_folder(record), file=results_file(record))
    for line in [*map(str, rendered.written), *(f"{path} (unchanged)" for path in rendered.unchanged), *rendered.notes]:
        click.echo(line)


@main.command(context_settings=CONTEXT)
@click.argument("claim")
@click.argument("records", nargs=-1, type=_PATH)
@_status
def explain(claim: str, records: tuple[Path, ...]) -> None:
    """Tell one claim's story: printed, measured, choices, exact limit, and what would settle it at what cost.

    CLAIM is an id, or a part of one. RECORDS are reports or folders of reports (default: reports).
    """
    from harness.report.explain import find_case, story  # noqa: PLC0415
    from harness.terminal.verdicts import print_entries  # noqa: PLC0415

    print_entries(story(*find_case(claim, records or (Path("reports"),))), _console())


@main.command(context_settings=CONTEXT)
@_status
def selftest() -> int:
    """Plant defects in the quickstart pack and show that each flips the right verdict for the right reason.

    Works in a temporary folder, without network, in less than two minutes on two cores.

    Exit status: 0 every verdict was right without its defect and flipped with it, 1 some was not.
    """
    from harness.selftest import selftest as run  # noqa: PLC0415
    from harness.terminal.commands import trials  # noqa: PLC0415

    console = _console()
    with console.status("") as shown:
        done = run(shown.update)
    trials(done, console)
    return 0 if all(trial.caught for trial in done) else 1


@main.command(context_settings=CONTEXT)
@click.argument("pack", type=_PATH)
@_status
def init(pack: Path) -> None:
    """Write a new pack that lints and explains itself; overwrites nothing."""
    from harness.spec.reading.init import init as write  # noqa: PLC0415

    for path in write(pack):
        click.echo(str(path))
    click.echo(f"next: {command('verify', pack)}")


if __name__ == "__main__":
    main()

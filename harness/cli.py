"""The command line: each command makes one call and returns an exit status; nothing is decided here."""

from __future__ import annotations

import gc
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

import harness
from harness.commands import store, workers
from harness.commands.options import (
    CONTEXT,
    PATH,
    console_beside,
    console_out,
    discover_kinds,
    print_document,
    say,
    silent_stream,
    with_budget,
    with_device,
    with_json,
    with_measuring,
    with_paths,
    with_patterns,
    with_readings,
    with_runs,
    with_status,
    with_store,
    with_strict,
    with_time_limit,
)
from harness.errors import UsageError, plural
from harness.fresh import SCHEMAS
from harness.naming import unknown
from harness.shell import command

CLAIM = "claim"
"""The name with which `harness kinds` shows the keys of a claim."""


GROUPS = {
    "Check a paper": ("verify", "plan", "explain", "judge", "compare", "check", "report", "index"),
    "Share the work": ("work", "slurm"),
    "Write a pack": ("init", "lint", "kinds", "schema"),
    "Archive and share": ("bundle", "store"),
    "Check harness": ("demo", "selftest"),
}
"""The groups of commands in `harness --help`."""


class _Grouped(click.Group):
    """Lists its commands by purpose, and suggests the nearest name for an unknown command."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, names in GROUPS.items():
            rows = [(name, self.commands[name].get_short_help_str(limit=100)) for name in names]
            with formatter.section(heading):
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            ctx.fail(unknown("command", args[0], self.commands))
        return super().resolve_command(ctx, args)


@click.group(context_settings=CONTEXT, cls=_Grouped)
@click.version_option(harness.__version__, prog_name="harness")
def main() -> None:
    """Check what papers claim.

    A pack is a folder of YAML files with a paper's claims. `harness verify` trains, attacks and measures what they name,
    judges the measured numbers against the printed ones, and writes an HTML and PDF report.

    \b
    Words:
      assumption   a detail that the paper does not state
      reading      one possible answer; one is chosen for the whole paper
      variants     the pack with other readings (--readings)
      sensitivity  whether a verdict changes with the reading
      power        the probability that a number of runs reproduces a claim
                   if the paper is right (plan, verify --pilot)

    \b
    Exit status:
      0    verify, judge: at least one primary claim is reproduced, and so is
           every other without a declared deviation; other commands: done
      1    verify, judge: a primary claim is refuted;
           compare: a claim really changed;
           check: a file or a verdict has changed, or a claim that was
           measured again (--remeasure) really changed;
           store verify, store export: a result is damaged;
           demo, selftest: a verdict is wrong
      2    usage error, a mistake in a pack, a damaged record,
           a report without a manifest, a file that is not a bundle,
           a file or folder that cannot be read or written
      3    verify, judge: none is refuted, some are inconclusive;
           work: jobs are left after the time limit
      4    verify, judge: otherwise; no primary claim is reproduced, or a
           selected claim could not be measured or compared;
           work: a job failed;
           verify --pilot: a pilot run is missing;
           check --remeasure: a drawn claim could not be measured
      5    verify, judge with --strict: it would be 0, but there is a doubt,
           or --margin or --alpha was given
      70   internal error
      130  interrupted
      141  the reader of the output closed it (broken pipe)
    With several packs: the first of 2, 1, 3, 4, 5, 0 that occurs.

    With --json a command prints one JSON document to stdout and everything else to stderr. An error is a sentence on
    stderr with the same exit status; stdout is then empty, except for the findings of lint.
    """  # noqa: D301  click takes the backspace for the sign that lines are kept
    sys.stdout, sys.stderr = (stream or silent_stream() for stream in (sys.stdout, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a character that the terminal cannot show must not end the program


@contextmanager
def _uncollected() -> Iterator[None]:
    """Disable garbage collection, which takes a tenth of the time: a record is a large tree without cycles."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _margins(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    """Read each PATTERN=WIDTH."""
    found = {}
    for text in texts:
        pattern, _equals, width = text.rpartition("=")
        if not pattern.strip() or not width.strip():
            raise click.BadParameter(f"expected PATTERN=WIDTH, such as 'table-1/*=0.3', found {text!r}")
        found[pattern.strip()] = width.strip()
    return found


def _share(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Read a share such as 5% as a number in (0, 1]."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?)\s*%", text.strip())
    if found is None or not 0 < float(found[1]) <= 100:
        raise click.BadParameter(
            f"expected a share of the claims, more than 0% and at most 100%, such as 5%, found {text!r}"
        )
    return float(found[1]) / 100


def _jobs(_: click.Context, __: click.Parameter, text: str) -> int:
    """Read a number of worker processes; 0 means auto."""
    if text == "auto":
        return 0
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text):
        raise click.BadParameter(f"expected a number of processes from 1 to 999, or auto, found {text!r}")
    return int(text)


@main.command(context_settings=CONTEXT)
@with_paths
@with_measuring
@click.option("--out", type=PATH, default=Path("reports"), show_default=True, help="Folder for reports.")
@with_store
@with_time_limit
@click.option(
    "--jobs",
    metavar="N|auto",
    default="1",
    show_default=True,
    callback=_jobs,
    help="Number of worker processes, which share the processors and the device's memory; auto chooses the number "
    "and says why.",
)
@click.option(
    "--cluster",
    metavar="auto|ADDRESS",
    help="Do the jobs on a Ray cluster; auto is the cluster of this machine. Its nodes must share the folder --store.",
)
@click.option(
    "--pilot",
    is_flag=True,
    help="Make pilot runs (5 unless --runs says otherwise; numbered from 1000, never judged) and write their "
    "spread into each pack, as pilot.yaml. Writes no report.",
)
@with_strict
@with_json
@with_status
def verify(paths: tuple[Path, ...], *, pilot: bool, strict: bool, as_json: bool, **given: Any) -> int:
    """Measure what is missing, judge every claim, write the reports.

    PATHS are packs or folders of packs (default: specs). Earlier results are reused.
    """
    discover_kinds()
    if pilot:
        return _pilot(paths, given, as_json=as_json)
    return _verify(paths, given, strict=strict, as_json=as_json)


def _verify(paths: tuple[Path, ...], given: dict[str, Any], *, strict: bool, as_json: bool) -> int:
    from harness.judge import combine  # noqa: PLC0415
    from harness.pipeline import verify as run  # noqa: PLC0415
    from harness.prepared import Options  # noqa: PLC0415
    from harness.terminal.documents import status_of  # noqa: PLC0415
    from harness.terminal.progress import display  # noqa: PLC0415

    console = console_beside() if as_json else console_out()
    with display(console) as shown:
        audited = run(paths or ("specs",), Options(**given), shown)
    interrupted = any(pack.interrupted for pack in audited)
    status = 130 if interrupted else combine([status_of(pack, strict=strict) for pack in audited])
    if as_json:
        from harness.terminal.documents import verify_document  # noqa: PLC0415

        print_document("verify", verify_document(audited, status, strict=strict))
    else:
        from harness.terminal.commands import print_summary  # noqa: PLC0415

        print_summary(audited, console)
    return status


def _pilot(paths: tuple[Path, ...], given: dict[str, Any], *, as_json: bool) -> int:
    from harness.pilot import pilot as run  # noqa: PLC0415
    from harness.prepared import Options  # noqa: PLC0415
    from harness.terminal.progress import display  # noqa: PLC0415

    console = console_beside() if as_json else console_out()
    with display(console) as shown:
        piloted = run(paths or ("specs",), Options(**given), shown)
    if as_json:
        from harness.terminal import documents  # noqa: PLC0415

        print_document("verify", documents.pilot_document(piloted))
    else:
        from harness.terminal.commands import report_pilots  # noqa: PLC0415

        report_pilots(piloted, console)
    if any(pack.interrupted for pack in piloted):
        return 130
    return 4 if any(pack.missing for pack in piloted) else 0


@main.command(context_settings=CONTEXT)
@with_paths
@click.option(
    "--explain", "rule", metavar="ID", help="Explain the rule with this id, or list all rules (all); reads no pack."
)
@with_strict
@with_json
@with_status
def lint(paths: tuple[Path, ...], *, rule: str | None, strict: bool, as_json: bool) -> int:
    """Find every mistake in packs, with its place and repair.

    Each message ends with the id of the rule, in brackets; --explain ID explains the rule. A warning names a possible
    mistake; only --strict fails on it. PATHS are packs or folders of packs (default: specs).
    """
    if rule is not None:
        return _explain_rule(rule, paths, as_json=as_json)
    from harness.api import lint as find  # noqa: PLC0415

    discover_kinds()
    found = find(paths or ("specs",), say)
    status = 2 if found.mistakes or (strict and found.doubts) else 0
    if as_json:
        from harness.terminal.documents import lint_document  # noqa: PLC0415

        print_document("lint", lint_document(found.mistakes, found.doubts))
        return status
    for problem in found.mistakes:
        say(str(problem))
    for doubt in found.doubts:
        say(f"warning: {doubt}")
    mistakes = plural(len(found.mistakes), "mistake") if found.mistakes else "no mistakes"
    doubts = f", {plural(len(found.doubts), 'warning')}" if found.doubts else ""
    click.echo(f"{mistakes}{doubts}", err=bool(status))
    return status


def _explain_rule(name: str, paths: tuple[Path, ...], *, as_json: bool) -> int:
    """Print the explanation of one rule, or with ``all`` one line for each rule."""
    from harness.spec.rules import RULES, rule_of  # noqa: PLC0415

    if paths:
        raise UsageError(f"--explain {name}: explains a rule and reads no pack; leave out {paths[0]}")
    rules = list(RULES.values()) if name == "all" else [rule_of(name)]
    if as_json:
        from harness.terminal.documents import rule_document  # noqa: PLC0415

        found = [rule_document(rule) for rule in rules]
        print_document("lint", {"rules": found} if name == "all" else found[0])
    else:
        from harness.terminal.catalogue import print_rule, print_rules  # noqa: PLC0415

        (print_rules(rules, console_out()) if name == "all" else print_rule(rules[0], console_out()))
    return 0


@main.command(context_settings=CONTEXT)
@with_paths
@with_patterns
@with_budget
@with_runs
@with_readings
@with_device
@with_store
@with_json
@with_status
def plan(paths: tuple[Path, ...], *, as_json: bool, **given: Any) -> None:
    """Show what is stored, what is missing, what it will cost.

    Also shows each claim's power: the probability that the runs of each look reproduce it if the paper is right. Runs
    nothing. PATHS are packs or folders of packs (default: specs).
    """
    from harness.pipeline import prepare  # noqa: PLC0415
    from harness.prepared import Options  # noqa: PLC0415

    discover_kinds()
    packs = prepare(paths or ("specs",), Options(**given), say)
    if as_json:
        from harness.terminal.documents import plan_document  # noqa: PLC0415

        print_document("plan", plan_document(packs))
        return
    from harness.terminal.commands import outline  # noqa: PLC0415

    for prepared in packs:
        outline(prepared, console_out())


@main.command(context_settings=CONTEXT)
@click.argument("names", nargs=-1, metavar="[GROUP|KIND|claim]…")
@with_json
@with_status
def kinds(names: tuple[str, ...], *, as_json: bool) -> None:
    """Show what a pack may contain: kinds, fields, claims.

    Without a name, lists every kind. GROUP (datasets, layers, trainings, models, attacks, metrics) lists the kinds of a
    group. KIND shows the full description of a kind. claim shows a claim's keys, relations, units and margins.
    """
    from harness.kinds.describe import describe_kinds  # noqa: PLC0415
    from harness.spec.reading.describe import claim_form  # noqa: PLC0415

    discover_kinds()
    form = claim_form() if CLAIM in names else None
    wanted = [name for name in names if name != CLAIM]
    found = describe_kinds(wanted, besides=[CLAIM]) if wanted or form is None else ()
    if as_json:
        from harness.terminal.documents import kinds_document  # noqa: PLC0415

        print_document("kinds", kinds_document(found, form))
        return
    from harness.terminal.catalogue import catalogue, print_claim, unusable  # noqa: PLC0415

    console = console_out()
    if form is not None:
        print_claim(form, console)
    catalogue(found, console, whole=wanted)
    unusable(console)


@main.command(context_settings=CONTEXT)
@click.option("--out", type=PATH, default=SCHEMAS, show_default=True, help="Folder to write to.")
@with_status
def schema(out: Path) -> None:
    """Write the JSON Schemas of packs and of verdicts.json.

    An editor uses them to complete and check packs, a program to check verdicts.json.
    """
    from harness.drafts import replace_file  # noqa: PLC0415
    from harness.files import make_folder  # noqa: PLC0415
    from harness.report.verdict_types import DOCUMENTS  # noqa: PLC0415
    from harness.spec.reading.schema import schema_files  # noqa: PLC0415

    discover_kinds()
    try:
        make_folder(out)
        for name, text in schema_files(DOCUMENTS).items():
            replace_file(out / name, text.encode())
            click.echo(str(out / name))
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror or error}); give another --out") from error


@main.command("judge", context_settings=CONTEXT)
@click.argument("record", type=PATH)
@click.option(
    "--margin",
    "margins",
    multiple=True,
    callback=_margins,
    metavar="PATTERN=WIDTH",
    help="Another margin for the claims that match a pattern (as -k of verify): 0.3 in the claim's unit, 10% of the "
    "number, sampling:256, same_images; repeatable.",
)
@click.option(
    "--alpha",
    type=float,
    metavar="LEVEL",
    help="Another error rate over all looks at a claim (default 0.05; below 0.5).",
)
@with_strict
@with_json
@with_status
@_uncollected()
def judge_(record: Path, *, margins: dict[str, str], alpha: float | None, strict: bool, as_json: bool) -> int:
    """Judge a record again, from the record alone.

    RECORD is a report's folder or its results.json. With --margin or --alpha it is judged with another margin or level:
    the first lines say so, the affected verdicts have the qualifier another-question, and the exit status counts the
    new verdicts. Nothing is written.
    """
    from harness.judge import answer, doubts, exit_status, pose, strict_status  # noqa: PLC0415
    from harness.record.file import read  # noqa: PLC0415
    from harness.record.unverified import warning  # noqa: PLC0415

    kept = read(record)
    question = pose(kept, margins, alpha)
    verdicts = answer(question)
    found, status = doubts(question.record, verdicts), exit_status(verdicts)
    status = strict_status(status, found, asked=bool(margins) or alpha is not None) if strict else status
    if as_json:
        from harness.terminal import documents  # noqa: PLC0415

        if said := warning(kept):
            say(said)
        print_document("judge", documents.judge_document(question, verdicts, found, status))
    else:
        from harness.terminal.commands import print_judged  # noqa: PLC0415

        print_judged(question, verdicts, found, console_out())
    return status


@main.command("compare", context_settings=CONTEXT)
@click.argument("a", type=PATH)
@click.argument("b", type=PATH)
@click.option("--html", type=PATH, metavar="FILE", help="Also write an HTML page that shows both records side by side.")
@with_json
@with_status
@_uncollected()
def compare_(a: Path, b: Path, *, html: Path | None, as_json: bool) -> int:
    """Compare two records: what changed, and which jobs differ first.

    Shows for each claim whether the two measurements are the same within its margin; which versions, devices, data, seeds
    and declared margins differ; and the first jobs that differ. A and B are reports' folders or their results.json. The
    exit status is 1 if a verdict changed to its opposite, or if means are shown to differ by more than the margin.
    """
    from harness.judge.comparing import compare  # noqa: PLC0415
    from harness.record.file import read  # noqa: PLC0415
    from harness.record.unverified import warning  # noqa: PLC0415
    from harness.terminal.compare import comparison_document, print_comparison  # noqa: PLC0415

    records = [read(path) for path in (a, b)]
    for path, record in zip((a, b), records, strict=True):
        if said := warning(record):
            say(f"{path}: {said}")
    found = compare(*records)
    if html is not None:
        from harness.report.comparison_page import write_comparison  # noqa: PLC0415

        new = write_comparison(found, (a, records[0]), (b, records[1]), html)
        click.echo(f"{html}{'' if new else ' (unchanged)'}", err=True)
    if as_json:
        print_document("compare", comparison_document(found, str(a), str(b)))
    else:
        print_comparison(found, str(a), str(b), console_out())
    return found.status


@main.command("check", context_settings=CONTEXT)
@click.argument("report", type=PATH)
@click.option(
    "--remeasure",
    "share",
    callback=_share,
    metavar="SHARE",
    help="Then measure a random sample of the claims again (such as 5%, at least one claim), with another seed "
    "and an empty store, and say whether both labs agree.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="With --remeasure: seed for sampling the claims (default: a new one).",
)
@click.option("--data-dir", type=PATH, help="With --remeasure: folder to search first for data sets and weights.")
@with_device
@click.option(
    "--out", type=PATH, help="With --remeasure: folder for the new measurements; the same command resumes them."
)
@with_json
@with_status
def check_(report: Path, *, share: float | None, as_json: bool, **given: Any) -> int:
    """Check a report or a bundle: every file, and every verdict again.

    REPORT is a report's folder, or a bundle. Each file is compared with the report's manifest. The record is judged again,
    and the verdicts are compared with results.csv, verdicts.json, readings.csv and runs.csv. Renders nothing. The exit
    status is 1 if a file was changed, is missing or was added, or if a verdict or one of its numbers differs.
    """
    from harness.api import check as find  # noqa: PLC0415
    from harness.terminal.check import checked_document, print_checked  # noqa: PLC0415

    alone = [name for name in ("seed", "out", "data_dir") if share is None and given[name] is not None]
    if alone:
        raise UsageError(
            f"--{alone[0].replace('_', '-')}: only works with --remeasure; add --remeasure SHARE, such as 5%"
        )
    with _uncollected():
        found = find(report)
    document = checked_document(found, str(report))
    if not as_json:
        print_checked(found, str(report), console_out())
    status = found.status
    if share is not None and status:
        say("nothing is measured again, because the report was changed")
    elif share is not None:
        status, document["remeasured"] = _remeasure(report, share, given, as_json=as_json)
    if as_json:
        print_document("check", document | {"exit_status": status})
    return status


def _remeasure(report: Path, share: float, given: dict[str, Any], *, as_json: bool) -> tuple[int, dict[str, Any]]:
    """Measure claims again; show the result; return the exit status and the document."""
    import secrets  # noqa: PLC0415

    from harness.bundles.checking import record_in  # noqa: PLC0415
    from harness.bundles.remeasuring import draw_claims, remeasure, seed_in  # noqa: PLC0415
    from harness.prepared import Options  # noqa: PLC0415
    from harness.terminal.bundles import print_draw, print_remeasured, remeasured_document  # noqa: PLC0415
    from harness.terminal.progress import display  # noqa: PLC0415

    discover_kinds()
    out, record = given["out"], record_in(report)
    seeds = (given["seed"], seed_in(out) if out is not None else None, secrets.randbits(32))
    draw = draw_claims(record, share, next(seed for seed in seeds if seed is not None))
    console = console_beside() if as_json else console_out()
    print_draw(draw, str(report), console)
    with display(console) as shown:
        found = remeasure(record, draw, Options(device=given["device"], data_dir=given["data_dir"]), shown, out)
    if not as_json:
        print_remeasured(found, str(report), console)
    return found.status, remeasured_document(found, str(report))


@main.command("bundle", context_settings=CONTEXT)
@click.argument("report", type=PATH)
@click.option("-o", "file", type=PATH, required=True, metavar="FILE", help="Bundle to write: NAME.zip.")
@click.option("--pack", type=PATH, help="Folder of the report's pack (default: the folder that verify used).")
@with_json
@with_status
@_uncollected()
def bundle_(report: Path, *, file: Path, pack: Path | None, as_json: bool) -> None:
    """Write a report with its pack to one file that others can check.

    REPORT is a report's folder. The bundle contains its files and its record, its pack, the environments, and the hashes of
    all files; the same input gives the same bytes. `harness check FILE` checks it offline.
    """
    from harness.api import bundle  # noqa: PLC0415
    from harness.terminal.bundles import bundled_document, print_bundled  # noqa: PLC0415

    found = bundle(report, file, pack)
    if as_json:
        print_document("bundle", bundled_document(found))
    else:
        print_bundled(found, console_out())


@main.command(context_settings=CONTEXT)
@click.argument("record", type=PATH)
@click.option("--out", type=PATH, help="Folder to write to (default: the record's report folder).")
@click.option(
    "--template",
    type=PATH,
    metavar="DIR",
    help="Folder of templates (jinja2) that replace harness's templates of the same names; rendered in a sandbox.",
)
@with_status
def report(record: Path, out: Path | None, template: Path | None) -> None:
    """Write the report of a record again, from the record alone.

    RECORD is a report's folder or its results.json. The next `verify` or `report` without --template writes the usual
    report again.
    """
    from harness.judge import judge  # noqa: PLC0415
    from harness.record.file import read, report_folder, results_file  # noqa: PLC0415
    from harness.report import render  # noqa: PLC0415

    kept = read(record)
    where = out or report_folder(record)
    rendered = render(kept, judge(kept), where, file=results_file(record), templates=template)
    for line in [*map(str, rendered.written), *(f"{path} (unchanged)" for path in rendered.unchanged), *rendered.notes]:
        click.echo(line)


@main.command(context_settings=CONTEXT)
@click.argument("folder", type=PATH, default=Path("reports"))
@with_status
@_uncollected()
def index(folder: Path) -> None:
    """Write one page over all reports in a folder.

    FOLDER (default: reports) contains reports, or folders of reports. Its index.html lists each paper with its verdicts,
    date and commit, judged again from the records, and a link to the report.
    """
    from harness.report.index_page import index_reports  # noqa: PLC0415

    found = index_reports(folder)
    for sentence in found.unreadable:
        say(f"not listed: {sentence}")
    click.echo(f"{found.page}{'' if found.written else ' (unchanged)'}: {plural(len(found.reports), 'report')}")


@main.command(context_settings=CONTEXT)
@click.argument("claim")
@click.argument("records", nargs=-1, type=PATH)
@with_json
@with_status
def explain(claim: str, records: tuple[Path, ...], *, as_json: bool) -> None:
    """Explain one claim from its record.

    Shows the printed and the measured number, the interval, readings, sensitivity, exact limit, deviations, and what
    would decide the claim at what cost. CLAIM is an id or a part of an id. RECORDS are reports or folders of reports
    (default: reports).
    """
    from harness.report.explain import find_case, story  # noqa: PLC0415

    explained = story(*find_case(claim, records or (Path("reports"),)))
    if as_json:
        from harness.terminal import documents  # noqa: PLC0415

        print_document("explain", documents.explain_document(explained))
        return
    from harness.terminal.verdicts import print_entries  # noqa: PLC0415

    print_entries(explained.entries, console_out())


@main.command(context_settings=CONTEXT)
@with_status
def demo() -> int:
    """Show how a wrong printed number is detected, in two seconds.

    A claim about generated data is measured and judged. Then the printed number is made wrong, and the claim is judged
    again. Nothing is downloaded, nothing is kept, and no backend is needed.
    """
    from harness.demo import demo as run  # noqa: PLC0415
    from harness.terminal.demo import tell_demo  # noqa: PLC0415

    done = run()
    tell_demo(done, console_out())
    return 0 if done.caught else 1


@main.command(context_settings=CONTEXT)
@with_status
def selftest() -> int:
    """Plant defects in a pack and show that each is detected.

    Each must change the right verdict for the right reason. Works on a copy of the quickstart pack in a temporary
    folder, without network, in less than two minutes on two cores.
    """
    from harness.selftest import selftest as run  # noqa: PLC0415
    from harness.terminal.commands import trials  # noqa: PLC0415

    console = console_out()
    with console.status("") as shown:
        done = run(shown.update)
    trials(done, console)
    return 0 if all(trial.caught for trial in done) else 1


@main.command(context_settings=CONTEXT)
@click.argument("pack", type=PATH)
@click.option(
    "--plugin",
    metavar="SORT",
    help="Write a package with a kind of your own, named after the folder, and its test. SORT: attack, layer, "
    "training, metric, dataset.",
)
@with_status
def init(pack: Path, *, plugin: str | None) -> None:
    """Write a new pack that works, with comments; overwrites nothing.

    Its files name the schemas that `harness schema` writes into the current folder, so that an editor can check them.
    With --plugin, PACK is instead the folder of a package that adds a kind to harness.
    """
    if plugin is not None:
        _init_plugin(pack, plugin)
        return
    from harness.spec.reading.init import init as write  # noqa: PLC0415

    for path in write(pack):
        click.echo(str(path))
    if not SCHEMAS.exists():
        click.echo(f"so that an editor can complete and check them: {command('schema')}")
    click.echo(f"next: {command('verify', pack)}")


def _init_plugin(folder: Path, sort: str) -> None:
    from harness.kinds.page import write_package  # noqa: PLC0415

    discover_kinds()
    for path in write_package(folder, sort):
        click.echo(str(path))
    where = shlex.quote(str(folder.absolute()))
    click.echo(f"next: python -m pytest {where}, then python -m pip install {where}")


main.add_command(store.store)
main.add_command(workers.work)
main.add_command(workers.slurm)


if __name__ == "__main__":
    main()

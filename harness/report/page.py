"""Fills the templates: from a record and its verdicts to the text of every file but the PDF (jinja2)."""

from __future__ import annotations

import hashlib
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.durations import duration
from harness.judge.verdict import Verdict
from harness.record.model import Record
from harness.record.unverified import warning
from harness.report import (
    checksum,
    drawing,
    exhibits,
    findings,
    junit,
    layout,
    opening,
    orders,
    packages,
    preface,
    provenance,
    sensitivity,
    tables,
    words,
)
from harness.report.cases import Case, cases_of
from harness.report.coverage import coverage_of
from harness.report.gaps import Gap, in_order
from harness.report.kept import NOWHERE, Kept
from harness.report.templates import templates_folder
from harness.report.words import counted, listed

LONG = 30
"""Letters from which on code may have to be broken to fit a line."""


def compose(record: Record, verdicts: Sequence[Verdict], digest: str, kept: Kept = NOWHERE) -> dict[str, str]:
    """Return the text of ``results.csv``, ``junit.xml`` and ``index.html``, in the order they are to be written.

    Args:
        record: what was measured.
        verdicts: one for each of its claims.
        digest: identifies all that the report depends on; kept in the page's head with the digests of the
            other files and of the page itself.
        kept: the record's file.

    Raises:
        ReportError: if the verdicts are not those of the record's claims.
    """
    cases = cases_of(record, verdicts)
    texts = {
        "results.csv": tables.as_csv(tables.results(_stated(record, cases))),
        "junit.xml": junit.as_junit(record, cases.values()),
    }
    marks = " ".join(f"{name}={hashlib.sha256(text.encode()).hexdigest()}" for name, text in texts.items())
    page = _environment().get_template("report.html.j2")
    rendered = page.render(_context(record, cases, kept), digest=digest, files=marks, seal=checksum.BLANK)
    return texts | {"index.html": checksum.sealed(rendered)}


def _stated(record: Record, cases: Mapping[str, Case]) -> Iterator[Case | Gap]:
    """Yield every claim, and what no claim is made of, as the exhibits print them."""
    for exhibit in record.paper.exhibits:
        yield from in_order(exhibit, cases)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return the environment all pages share: what a template does not know is an error, what it shows is escaped."""
    environment = Environment(
        loader=FileSystemLoader(templates_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "anchor": words.anchor,
        "counted": words.counted,
        "duration": duration,
        "listed": words.listed,
        "moved_by": sensitivity.by_how_much,
        "spaced": words.spaced,
        "in_words": provenance.in_words,
        "drawing": Markup,
        "beside": layout.beside,
        "level": words.level,
        "declaration": words.declaration,
        "short": drawing.short,
        "as_printed": orders.order_in_words,
        "otherwise": sensitivity.lines,
        "standing": sensitivity.told,
        "prose": _prose,
    }
    environment.tests["gap"] = lambda cell: isinstance(cell, Gap)
    environment.tests["web"] = lambda address: str(address).startswith(("https://", "http://"))
    environment.globals |= {"relations": words.RELATIONS, "looks": tuple(words.LOOKS.values())}
    return environment


def _finalize(value: Any) -> Any:
    """Take out of text what no page may contain; refuse to print nothing as the word None."""
    if value is None:
        return ""
    return words.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _prose(text: str) -> Markup:
    """Return a sentence with what stands between backquotes set as code."""
    parts = words.plain(text).split("`")
    if len(parts) % 2 == 0:
        return escape(words.plain(text))
    return Markup().join(_code(part) if n % 2 else escape(part) for n, part in enumerate(parts))


def _code(text: str) -> Markup:
    """Set text as code; before a long one a line may end, without which WeasyPrint does not break it after a bracket."""
    code = Markup("<code>{}</code>").format(text)
    return Markup("<wbr>{}").format(code) if len(text) > LONG else code


def _context(record: Record, cases: Mapping[str, Case], kept: Kept) -> dict[str, Any]:
    when = provenance.measured_at(record)
    jobs = tables.durations(record.jobs)
    return {
        "record": record,
        "paper": record.paper,
        "bibliography": record.paper.bibliography,
        "kind": "Demonstration" if record.paper.bibliography.demonstration else "Replication report",
        "done": preface.done(cases.values()),
        "findings": findings.find(cases.values()),
        "shown": exhibits.show(record, cases),
        "cases": cases,
        "opening": (
            *opening.earlier(cases),
            opening.Line("Coverage", "", coverage_of(record.paper)),
            *opening.opening(record.paper.exhibits, cases),
            *packages.opening(record),
        ),
        "reaches": sensitivity.reaches(cases.values()),
        "unverified": warning(record),
        "when": when,
        "surroundings": provenance.surroundings(record),
        "sources": provenance.sources(record),
        "uncommitted": provenance.uncommitted(record),
        "versions": provenance.versions(record),
        "packages": packages.outside(record),
        "mixed": packages.sources(record),
        "recipes": provenance.recipes(record),
        "jobs": jobs,
        "seconds": sum(float(str(job["seconds"])) for job in jobs),
        "again": _again(record, kept),
        "kept": kept,
    }


def _again(record: Record, kept: Kept) -> list[tuple[str, str]]:
    """Return the commands that lead to this report once more, each with what it is for."""
    verify = ["--budget", record.paper.budget, "--runs", str(record.paper.runs)]
    if record.variants:
        verify += ["--readings", _readings(record)]
    source = provenance.best_source(record)
    return [
        *([(f"git checkout {shlex.quote(source[0])}", source[1])] if source else []),
        (
            record.invocation.command("verify", *verify),
            f"train, attack, measure and judge; what is stored is reused{_longer(record)}",
        ),
        *kept.again,
    ]


def _longer(record: Record) -> str:
    """Say how many claims were measured over more runs than the budget asks for, as a clause; nothing where none was."""
    numbers = Counter(len(measured.runs) for measured in record.measurements.values())
    more = [(runs, count) for runs, count in sorted(numbers.items()) if runs > record.paper.runs]
    told = listed([f"{counted(count, 'claim')} over {runs}" for runs, count in more])
    return (
        f"; beyond these {counted(record.paper.runs, 'run')} were measured {told} (`--runs {more[-1][0]}`)"
        if more
        else ""
    )


def _readings(record: Record) -> str:
    """Return the words that ask for the readings a record holds beside the chosen ones."""
    tried = {pair for variant in record.variants.values() for pair in variant.readings.items()}
    others = {
        (name, reading)
        for name, assumption in record.paper.assumptions.items()
        for reading in assumption.readings
        if reading != assumption.chosen
    }
    return "all" if tried >= others else ",".join(f"{name}={reading}" for name, reading in sorted(tried))

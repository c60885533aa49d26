"""The text of every file of a report but the PDF, from a record and its verdicts (jinja2)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from harness.durations import duration
from harness.errors import ReportError, plural, plural_noun
from harness.judge import doubts
from harness.judge.looks import spending
from harness.judge.outcome import RANKED
from harness.judge.verdict import Verdict
from harness.record.model import Record
from harness.record.unverified import warning
from harness.report import (
    again,
    cells,
    checksum,
    choices,
    deviations,
    drawing,
    exhibits,
    judging,
    layout,
    lines,
    margins,
    multiplicity,
    names,
    opening,
    orders,
    own_files,
    own_settings,
    packages,
    preface,
    provenance,
    sensitivity,
    sentences,
    summary,
    tables,
    terms,
    whole,
    words,
)
from harness.report.case import Case
from harness.report.cases import cases_of
from harness.report.certificate import certificate, origin
from harness.report.coverage import sentences_covered
from harness.report.detail import at_most_detail
from harness.report.inexpressible import Inexpressible
from harness.report.machine import machine_texts
from harness.report.policy import policy
from harness.report.record_file import NO_FILE, RecordFile
from harness.report.sequence import as_the_paper_numbers
from harness.report.sheet import Sheet
from harness.report.templates import templates_folder

LONG = 30
"""Length from which code may have to be broken to fit a line."""


def compose(
    record: Record,
    verdicts: Sequence[Verdict],
    digest: str,
    source: RecordFile = NO_FILE,
    templates: Path | None = None,
) -> dict[str, str]:
    """Return the text of the files that programs read and of ``index.html``, in the order they are to be written.

    Args:
        record: what was measured.
        verdicts: one for each of its claims.
        digest: identifies all that the report depends on; written into the page's head with the checksums of
            the other files and of the page itself.
        source: the record's file.
        templates: a folder of templates that replace harness's own of the same names; they are rendered in a sandbox.

    Raises:
        ReportError: if the verdicts are not those of the record's claims, or such a template fails.
    """
    record = record.model_copy(update={"paper": as_the_paper_numbers(record.paper)})
    cases = cases_of(record, verdicts)
    texts = machine_texts(record, cases, source)
    marks = " ".join(f"{name}={hashlib.sha256(text.encode()).hexdigest()}" for name, text in texts.items())
    context = _context(record, cases, source) | {"digest": digest, "files": marks, "checksum": checksum.PLACEHOLDER}
    with _blamed_on(templates):
        page = shared_environment(templates).get_template("report.html.j2")
        rendered = at_most_detail(lambda detail: page.render(context, detail=detail, sheet=Sheet()))
        return texts | {"index.html": checksum.with_checksum(rendered)}


@contextmanager
def _blamed_on(templates: Path | None) -> Iterator[None]:
    """Turn any error in a user's templates into a ReportError."""
    try:
        yield
    except Exception as error:
        if templates is None or isinstance(error, ReportError):
            raise
        where = f"{error.name}:{error.lineno}: " if isinstance(error, TemplateSyntaxError) else ""
        raise ReportError(
            f"the templates in {templates} cannot be rendered: {where}{error}; correct them, or leave out --template"
        ) from error


@lru_cache(maxsize=2)
def shared_environment(templates: Path | None = None) -> Environment:
    """Return the environment all pages share: an undefined name is an error, and all values are escaped.

    Args:
        templates: a folder whose files replace harness's templates of the same names. Nothing in them can reach Python:
            the environment is then a sandbox.
    """
    folders = [*([templates] if templates else []), templates_folder()]
    environment = (SandboxedEnvironment if templates else Environment)(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "anchor": words.anchor,
        "plural": plural,
        "plural_noun": plural_noun,
        "ours": cells.ours,
        "in_full": cells.in_full,
        "margins": _margins,
        "breakable": _breakable,
        "duration": duration,
        "listed": words.listed,
        "effect": sensitivity.effect_in_words,
        "signed": words.signed,
        "spaced": words.spaced,
        "in_words": provenance.value_in_words,
        "drawing": Markup,
        "declaration": words.declaration,
        "short_name": names.short_name,
        "short": drawing.cut_to_width,
        "as_printed": orders.order_in_words,
        "variants": sensitivity.variant_rows,
        "sensitivity": sensitivity.sensitivity_in_words,
        "paired_over": sensitivity.paired_over,
        "low_power": sensitivity.low_power,
        "prose": _prose,
        "sentence_anchor": sentences.anchor_of,
    }
    environment.tests["inexpressible"] = lambda cell: isinstance(cell, Inexpressible)
    environment.tests["web"] = lambda address: str(address).startswith(("https://", "http://"))
    environment.globals |= {"looks": tuple(outcome.look for outcome in RANKED), "policy": policy}
    return environment


def _finalize(value: Any) -> Any:
    """Remove characters that no page may contain; None becomes empty text."""
    if value is None:
        return ""
    return words.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _prose(text: str) -> Markup:
    """Return a sentence with text between backquotes set as code."""
    parts = words.plain(text).split("`")
    if len(parts) % 2 == 0:
        return escape(words.plain(text))
    return Markup().join(_code(part) if n % 2 else escape(part) for n, part in enumerate(parts))


def _code(text: str) -> Markup:
    """Set text as code; a line may break before long code, or WeasyPrint would not break it after a bracket."""
    code = Markup("<code>{}</code>").format(text)
    return Markup("<wbr>{}").format(code) if len(text) > LONG else code


def _margins(case: Case) -> str:
    """Return a difference in margins, a dash if there is none."""
    found = margins.in_margins(case)
    return "–" if found is None else words.signed(found, 1)


def _breakable(label: str) -> Markup:
    """Return a label with the line breaks that the widths of columns assume."""
    return Markup("<wbr>").join(layout.broken(words.plain(label)))


def _context(record: Record, cases: Mapping[str, Case], source: RecordFile) -> dict[str, Any]:
    when, found = provenance.measured_at(record), doubts(record, [case.verdict for case in cases.values()])
    shown = certificate(record, source, found)
    jobs, first = tables.durations(record.jobs), terms.first_terms(list(cases.values()), found)
    views = exhibits.views(record, cases)
    numbered, noted = lines.numbers(cases.values()), lines.notes_of(cases.values())
    effects = sensitivity.assumption_effects(cases.values())
    return {
        "record": record,
        "paper": record.paper,
        "levels": [(n, words.level(1 - 2 * each)) for n, each in spending(record.paper.looks).items()],
        "bibliography": record.paper.bibliography,
        "kind": _kind(record, shown.preliminary),
        "certificate": shown,
        "just_this": partial(again.just_this, record),
        "with_readings": again.with_readings(record),
        "digests": [(name, origin(record, name), sha) for name, sha in record.digests.items()],
        "own_files": list(own_files.own_files(source)),
        "extent": preface.extent_of(cases.values()),
        "summary": summary.summarise(cases.values()),
        "terms": {"first": first, "summary": terms.summary_terms(record, first)},
        "exhibits": views,
        "cases": cases,
        "numbers": numbered,
        "notes": noted,
        "claim_lines": lines.claim_lines(views, numbered, noted),
        "sentences": sentences.sentence_views(record.paper, cases),
        "sentences_covered": sentences_covered(record.paper),
        "whole": whole.whole_paper(record.paper.exhibits, cases),
        "caveats": (
            *opening.doubt_lines(found, cases),
            *opening.earlier_lines(cases),
            *multiplicity.multiplicity_lines([case.verdict for case in cases.values()]),
        ),
        "findings": tuple(opening.opening_lines(record.paper.exhibits, cases)),
        "choices": (*sentences.sentence_lines(record.paper), *opening.choice_lines(cases)),
        "assumptions": choices.ranked(record.paper, effects),
        "ranked": bool(effects),
        "own_settings": own_settings.own_settings(record),
        "fitted": {name: choices.fitted_to(each, cases) for name, each in record.paper.assumptions.items()},
        "deviations": deviations.declared_deviations(record, cases.values()),
        "amendments": deviations.dated_amendments(record, cases),
        "judging": judging.judging(record, cases),
        "protocol": record.protocol,
        "unverified": warning(record),
        "when": when,
        "environments": provenance.environments(record),
        "revisions": provenance.revisions(record),
        "uncommitted": provenance.uncommitted(record),
        "packages": packages.outside_packages(record),
        "mixed": packages.mixed_sources(record),
        "recipes": provenance.recipes(record),
        "jobs": jobs,
        "seconds": sum(float(str(job["seconds"])) for job in jobs),
    }


def _kind(record: Record, preliminary: str) -> str:
    """Return the report's name, for its first page and the header of all others."""
    kind = "Demonstration" if record.paper.bibliography.demonstration else "Replication report"
    return f"Preliminary {kind[0].lower()}{kind[1:]}" if preliminary else kind

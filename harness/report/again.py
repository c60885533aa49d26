"""The commands that check a report again: its files, its verdicts, and the measurements themselves."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import plural
from harness.record.model import Record
from harness.report import manifest, provenance
from harness.report.record_file import RecordFile
from harness.report.words import listed
from harness.shell import command
from harness.spec.variants import ALL

FITS = 100
"""Maximum length of a list of readings on the certificate; a longer one is in the appendix."""


@dataclass(frozen=True)
class Again:
    """One command that checks a report again.

    Attributes:
        command: for a shell.
        purpose: what it does.
    """

    command: str
    purpose: str


def in_its_folder(source: RecordFile) -> Iterator[Again]:
    """Yield the commands for the report's folder, which take seconds."""
    yield Again(
        f"sha256sum -c {manifest.NAME}", "checks that no file of this report was changed; does not need harness"
    )
    if source.sha256 and source.inside:
        yield Again(command("check", "."), "the same, and judges the record again: the verdicts must agree")
    elif source.sha256:
        yield Again(command("judge", Path(source.path)), "judges the record, which is in another folder, again")


def in_a_clone(record: Record) -> Iterator[Again]:
    """Yield the commands that measure again, in a clone of harness."""
    revision = provenance.main_revision(record)
    if revision:
        yield Again(f"git checkout {shlex.quote(revision[0])} && make install", revision[1])
    readings = _readings(record)
    elsewhere = "; other readings: see the appendix" if len(readings) > FITS else ""
    yield Again(
        _verify(record, readings if len(readings) <= FITS else ""),
        f"measures and judges again; stored results are reused{_longer(record)}{elsewhere}",
    )


def with_readings(record: Record) -> str:
    """Return the command that also measures the other readings, if it is too long for the certificate; else empty."""
    readings = _readings(record)
    return _verify(record, readings) if len(readings) > FITS else ""


def _verify(record: Record, readings: str) -> str:
    """Return the command that measures a record again, with other readings if any are named."""
    words = ["--budget", record.paper.budget, "--runs", str(record.paper.runs)]
    return record.invocation.command("verify", *words, *(["--readings", readings] if readings else []))


def just_this(record: Record, claim: str) -> str:
    """Return the command that measures and judges one claim again, over as many runs as were measured or are planned."""
    measured = record.measurements.get(claim)
    runs = max(record.paper.runs, len(measured.runs) if measured is not None else 0)
    return record.invocation.command("verify", "-k", claim, "--budget", record.paper.budget, "--runs", str(runs))


def _longer(record: Record) -> str:
    """Return how many claims were measured over more runs than the budget asks for, as a clause; empty if none was."""
    numbers = Counter(len(measured.runs) for measured in record.measurements.values())
    more = [(runs, count) for runs, count in sorted(numbers.items()) if runs > record.paper.runs]
    claims = listed([f"{plural(count, 'claim')} had {runs} runs" for runs, count in more])
    return f"; {claims} (`--runs {more[-1][0]}`)" if more else ""


def _readings(record: Record) -> str:
    """Return the value of ``--readings`` that asks for the other readings in a record; empty if it has none."""
    if not record.variants:
        return ""
    tried = {pair for variant in record.variants.values() for pair in variant.readings.items()}
    others = {
        (name, reading)
        for name, assumption in record.paper.assumptions.items()
        for reading in assumption.readings
        if reading != assumption.chosen
    }
    return ALL if tried >= others else ",".join(f"{name}={reading}" for name, reading in sorted(tried))

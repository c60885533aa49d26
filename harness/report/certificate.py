"""The first page: what a report certifies, as facts that a reader can check, and the commands that check it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.judge.strata import compare_strata
from harness.record.model import Record
from harness.report import packages, provenance
from harness.report.again import Again, in_a_clone, in_its_folder
from harness.report.computed import computed_by, machines, times
from harness.report.coverage import coverage_of
from harness.report.record_file import RecordFile
from harness.report.words import listed, spaced
from harness.spec.doubts import Doubt
from harness.spec.paper import Paper

DAY = "%Y-%m-%d"
"""How the day in an id is written."""
DATA = "Data"
DIGITS = 12
"""Digits of the SHA-256 of a data set on the certificate; the appendix has all."""


@dataclass(frozen=True)
class FactLine:
    """One line of a fact: text, and a hash or an address.

    Attributes:
        text: in words.
        code: a hash, after the text; empty if there is none.
        address: a web address, after it; empty if there is none.
    """

    text: str
    code: str = ""
    address: str = ""


@dataclass(frozen=True)
class Fact:
    """One fact of the certificate.

    Attributes:
        name: its subject.
        lines: its text.
        run_on: whether the lines form one paragraph.
    """

    name: str
    lines: tuple[FactLine, ...]
    run_on: bool = False


@dataclass(frozen=True)
class Certificate:
    """What the first page shows in addition to the verdicts.

    Attributes:
        id: of this report; the same for the same record.
        preliminary: why it is preliminary, in sentences; empty if it is not.
        facts: what was verified, on which data and machine, by whom.
        here: commands that check it again, in its own folder.
        there: commands that measure again, in a clone of harness.
    """

    id: str
    preliminary: str
    facts: tuple[Fact, ...]
    here: tuple[Again, ...]
    there: tuple[Again, ...]


def certificate(record: Record, source: RecordFile, doubts: Iterable[Doubt]) -> Certificate:
    """Return what the first page of a record's report shows.

    Args:
        record: what was measured.
        source: its file.
        doubts: those of the record; each is named here and explained on the next page.
    """
    return Certificate(
        id=_id(record, source),
        preliminary=preliminary(record),
        facts=tuple(
            Fact(name, tuple(lines), run_on=name == DATA)
            for name, lines in _facts(record, source, list(doubts))
            if lines
        ),
        here=tuple(in_its_folder(source)),
        there=tuple(in_a_clone(record)),
    )


def preliminary(record: Record) -> str:
    """Return in sentences why a report is preliminary: some jobs were computed from uncommitted source; else empty."""
    said = provenance.uncommitted(record)
    return f"{said} The report becomes final when these jobs are computed again from a committed tree." if said else ""


def _id(record: Record, source: RecordFile) -> str:
    """Return the pack's name, the day of the last run and the first digits of the record's SHA-256, as far as known."""
    span = provenance.measured_between(record)
    return "-".join(filter(None, (record.paper.name, span[1].strftime(DAY) if span else "", source.sha256[:8])))


def _facts(record: Record, source: RecordFile, doubts: Sequence[Doubt]) -> Iterator[tuple[str, list[FactLine]]]:
    yield "Verified", [FactLine(f"{verified(record.paper)}; {coverage_of(record.paper)}")]
    found = listed([spaced(doubt.id) for doubt in doubts])
    yield "Doubts", [FactLine(f"{found}; explained in the summary" if found else "none")]
    yield (
        "Checked by",
        [FactLine(each.name, address=each.address) for each in record.paper.checked_by]
        or [FactLine("no person is named")],
    )
    yield "Source", [FactLine(computed_by(record))]
    yield "Runs", [FactLine(each) for each in times(record)]
    yield "Machine", [FactLine(each) for each in machines(record)]
    yield "Other devices", [FactLine(f"{each.sentence}.") for each in compare_strata(record)]
    yield DATA, list(_data(record))
    supplied = [FactLine(f"{package} supplies the {kinds}") for package, kinds in packages.outside_packages(record)]
    checked = [FactLine("harness checks their results, not how these were computed.")] if supplied else []
    yield "Outside packages", [*supplied, *checked] or [FactLine("none")]
    if source.sha256:
        yield "Record", [FactLine(f"{source.path}: SHA-256", source.sha256)]


def _data(record: Record) -> Iterator[FactLine]:
    """Yield each data set with the first clause of its origin and the first digits of its SHA-256, then where the rest is."""
    for name, sha in record.digests.items():
        yield FactLine(f"{name}{_in_brackets(_origin(record, name).partition('; ')[0])}", sha[:DIGITS])
    if record.digests:
        yield FactLine(f"the first {DIGITS} digits of each SHA-256; the appendix has all")


def verified(paper: Paper) -> str:
    """Return the places of a pack's exhibits in the paper, each with its pages if they are known."""
    places: dict[str, set[int]] = {}
    pages = {claim.id: claim.source.page for claim in paper.claims}
    for exhibit in paper.exhibits:
        found = {exhibit.source.page, *(pages.get(claim) for claim in exhibit.claims)} - {None}
        places.setdefault(exhibit.place, set()).update(page for page in found if page is not None)
    return listed([f"{place} ({_pages(sorted(found))})" if found else place for place, found in places.items()])


def _pages(pages: Sequence[int]) -> str:
    return f"p. {pages[0]}" if len(pages) == 1 else f"pp. {', '.join(map(str, pages))}"


def origin(record: Record, name: str) -> str:
    """Return in brackets the origin of a data set; if that is not recorded, its kind and what it is made of."""
    return _in_brackets(_origin(record, name))


def _in_brackets(told: str) -> str:
    return f" ({told})" if told else ""


def _origin(record: Record, name: str) -> str:
    jobs = [job for job in record.jobs.values() if job.get("verb") == "fetch" and job.get("name") == name]
    origins = sorted({str(job["origin"]) for job in jobs if job.get("origin")})
    recipe = record.recipes.get("data", {}).get(name, {})
    made = f"{recipe.get('kind', '')} of {recipe['of']}" if recipe.get("of") else str(recipe.get("kind") or "")
    return listed(origins) or (made if made != name else "")

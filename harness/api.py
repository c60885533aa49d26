"""The functions of `import harness` that combine several modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.bundles.checking import check_bundle
from harness.bundles.writing import Bundled, write_bundle
from harness.errors import HarnessError, UsageError
from harness.files import read_regular
from harness.kinds.registry import discover
from harness.naming import some
from harness.paths import expanded, is_file, listed_paths
from harness.record.file import read
from harness.record.model import Record, check_record
from harness.report.check import Checked, check_folder
from harness.report.explain import Story, story_of
from harness.spec.paper import Spec
from harness.spec.reading.folder import Note, pack_files, unsaid
from harness.spec.reading.lint import Findings
from harness.spec.reading.lint import lint as find_mistakes
from harness.spec.reading.load import load
from harness.spec.reading.yaml import MAX_BYTES


def read_record(path: str | Path) -> Record:
    """Read a record and check that it is complete.

    Args:
        path: a record file (``results.json``), its folder, or its report's folder; ``~`` is the home folder.

    Returns:
        The record of one pack, which is enough to judge, explain and report it without a backend.

    Raises:
        RecordError: if it is missing, damaged, of a later format, or was changed after harness wrote it.
    """
    return read(expanded(path))


def check(report: str | Path) -> Checked:
    """Check a report: every file against the manifest, and the verdicts of the record, judged again, against the files.

    Args:
        report: a report's folder, or a bundle; ``~`` is the home folder. In a bundle, its environments and its pack are
            also compared with the record, and every byte of the archive with what ``harness bundle`` writes.

    Returns:
        The state of each file, the verdicts and numbers that differ, and ``status``: 0 if nothing changed, else 1.

    Raises:
        ReportError: if it has no manifest, a damaged one, or one that lists no record; if a file is not a bundle, or is
            truncated.
        RecordError: if its record is unchanged, but this version cannot read it.
    """
    path = expanded(report)
    return check_bundle(path, _not_its_pack) if is_file(path) else check_folder(path)


def bundle(report: Path, file: Path, pack: Path | None = None) -> Bundled:
    """Write a report, with its pack and its environments, to one file; equal input gives equal bytes.

    Args:
        report: its folder.
        file: the bundle.
        pack: the pack's folder; by default the folder that was verified, if it exists and its pack is still the
            record's.

    Raises:
        ReportError: if the report was changed, or the bundle cannot be written.
        RecordError: if the record cannot be read.
        UsageError: if ``pack`` is not the record's.
    """
    record = read(report)
    folder = pack or Path(record.invocation.pack)
    why = _not_its_pack(record, folder)
    if why and pack is not None:
        raise UsageError(
            f"--pack {pack}: {why}; name the pack as it was then (a checkout of the report's commit), or omit "
            "--pack: the record contains the pack as it was measured"
        )
    note = f"{folder} is left out: {why}. The record in the bundle contains the pack as it was measured." if why else ""
    files = {} if why else {name: read_regular(path, MAX_BYTES) for name, path in pack_files(folder).items()}
    return write_bundle(report, file, files, note)


def _not_its_pack(record: Record, folder: Path) -> str:
    """Return how the pack in a folder differs from the record's pack; empty if it does not."""
    discover()
    try:
        spec = load(folder, budget=record.paper.budget)
    except HarnessError as error:
        return f"it cannot be read as a pack ({str(error).splitlines()[0]})"
    differ = [part for part, now, then in _parts(spec, record) if now != then]
    return f"it is no longer the record's pack: {some(differ)} differ" if differ else ""


def _parts(spec: Spec, record: Record) -> Iterator[tuple[str, object, object]]:
    """Yield each part of a pack, as it is now and in a record; the folder may have another name now."""
    now, then = (paper.model_dump(mode="json") for paper in (spec.paper, record.paper))
    # Neither contains empty fields.
    yield from ((part, now.get(part), then.get(part)) for part in sorted({*now, *then}) if part != "name")
    recipes = spec.recipes()
    yield from ((part, recipes[part], record.recipes.get(part, {})) for part in recipes)


def explain(record: Record, claim: str) -> Story:
    """Explain one claim: printed, measured, interval, sensitivity, exact limit, and what would decide it at what cost.

    Args:
        record: as ``read_record`` returns it.
        claim: the claim's id, or a part or glob that matches only one claim.

    Returns:
        The claim's id, its verdict, and headings with their texts; ``str()`` of it is the output of the command.

    Raises:
        UsageError: if no claim matches, or several do.
    """
    check_record(record, "explain")
    if not isinstance(claim, str):
        raise UsageError(f"explain: expected a claim's id, found {claim!r:.80}")
    return story_of(record, claim)


def lint(paths: Sequence[str | Path] = ("specs",), note: Note = unsaid) -> Findings:
    """Find every mistake and every possible mistake in packs. Every reading and every budget is tried; nothing is run.

    Args:
        paths: each a pack, a folder of packs, or a file inside a pack (its whole pack is meant).
        note: receives a sentence for each folder next to packs that cannot be read and is left out.

    Returns:
        ``mistakes`` and ``doubts``, each a ``Problem`` with file, line, column, message and the id of the broken rule.

    Raises:
        UsageError: for a path that does not exist or contains no pack.
    """
    discover()
    return find_mistakes(listed_paths(paths), note)

"""The functions of `import harness` that no single function of another module offers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.kinds.registry import discover
from harness.paths import expanded, listed_paths
from harness.record.file import read
from harness.record.model import Record, check_record
from harness.report.check import Checked, check_folder
from harness.report.explain import Story, story_of
from harness.spec.reading.folder import Note, unsaid
from harness.spec.reading.lint import Findings
from harness.spec.reading.lint import lint as find_mistakes


def read_record(path: str | Path) -> Record:
    """Read a record and check that it is whole.

    Args:
        path: a record file (``results.json``), its folder, or the folder of its report; ``~`` is the home folder.

    Returns:
        The result of one pack's verification: enough to judge, explain and report it without a backend.

    Raises:
        RecordError: if it is absent, damaged, of a later format, or was changed after harness wrote it.
    """
    return read(expanded(path))


def check(folder: str | Path) -> Checked:
    """Check a report's folder: every file against its manifest, and its record, judged again, against what they say.

    Args:
        folder: of a report; ``~`` is the home folder.

    Returns:
        What became of each file, the verdicts and numbers that differ, and ``status``, 0 where all is as it was, else 1.

    Raises:
        ReportError: if it has no manifest, a damaged one, or none that lists a record.
        RecordError: if its record is as it was, but this version cannot read it.
    """
    return check_folder(expanded(folder))


def explain(record: Record, claim: str) -> Story:
    """Explain one claim: printed, measured, interval, sensitivity, exact limit, and what would settle it at what cost.

    Args:
        record: as ``read_record`` returns it.
        claim: the claim's id, or a part or glob of it that fits one claim alone.

    Returns:
        The claim's id, its verdict, and headings with the texts beside them; ``str()`` of it is what the command prints.

    Raises:
        UsageError: where no claim fits, or several do.
    """
    check_record(record, "explain")
    if not isinstance(claim, str):
        raise UsageError(f"explain: expected a claim's id, found {claim!r:.80}")
    return story_of(record, claim)


def lint(paths: Sequence[str | Path] = ("specs",), note: Note = unsaid) -> Findings:
    """Find every mistake in packs, and what may be one; nothing is run. Every reading and every budget is tried.

    Args:
        paths: each a pack, a folder of packs, or a file inside a pack (its whole pack is meant).
        note: is given a sentence for each neighbour of packs that cannot be looked into and is left out.

    Returns:
        ``mistakes`` and ``doubts``, each a ``Problem`` with file, line, column, message and the id of the rule it breaks.

    Raises:
        UsageError: for a path that does not exist or holds no pack.
    """
    discover()
    return find_mistakes(listed_paths(paths), note)

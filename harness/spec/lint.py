"""Finds every mistake in packs, and what is probably one, without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from harness.errors import Problem, SpecError
from harness.spec.counting import without_primary
from harness.spec.cuts import cut_texts
from harness.spec.folder import Note, find_packs, unsaid
from harness.spec.load import load_all


def lint(paths: Sequence[Path], note: Note = unsaid) -> list[Problem]:
    """Return every mistake in the packs that paths name, in order of file and line; the kinds must be registered.

    Every reading and every budget is tried, not only those in use.

    Args:
        paths: each a pack, a folder of packs, or a file inside a pack (which stands for its whole pack).
        note: is given a sentence for each neighbour of packs that cannot be looked into and is left out.

    Raises:
        UsageError: for a path that does not exist or holds no pack.
    """
    try:
        load_all(find_packs(paths, note))
    except SpecError as error:
        return list(error.problems)
    return []


def warnings(paths: Sequence[Path]) -> list[Problem]:
    """Return what may be a mistake in the packs that paths name, in order of file and line; it stops nothing.

    Raises:
        UsageError: as ``lint``.
    """
    packs = find_packs(paths)
    files = [file for pack in packs for file in (*pack.glob("*.yaml"), *pack.glob("claims/*.yaml"))]
    found = [cut for file in files for cut in cut_texts(file)]
    with suppress(SpecError):  # mistakes come first
        found += [doubt for spec in load_all(packs) if (doubt := without_primary(spec)) is not None]
    return sorted(found)

"""Finds every mistake in packs, and what is probably one, without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import Problem, SpecError
from harness.spec.counting import without_primary
from harness.spec.load import find_packs, load_all


def lint(paths: Sequence[Path]) -> list[Problem]:
    """Return every mistake in the packs that paths name, in order of file and line; the kinds must be registered.

    Every reading and every budget is tried, not only those in use.

    Args:
        paths: each a pack, a folder of packs, or a file inside a pack (which stands for its whole pack).

    Raises:
        UsageError: for a path that does not exist or holds no pack.
    """
    try:
        load_all(find_packs(paths))
    except SpecError as error:
        return list(error.problems)
    return []


def warnings(paths: Sequence[Path]) -> list[Problem]:
    """Return what may be a mistake in the packs that paths name; it stops nothing.

    Raises:
        UsageError: as ``lint``.
    """
    try:
        specs = load_all(find_packs(paths))
    except SpecError:  # mistakes come first
        return []
    return [doubt for spec in specs if (doubt := without_primary(spec)) is not None]

"""Finds every mistake in packs, and every probable mistake, without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import Problem, SpecError
from harness.spec.doubts import Doubt, pack_doubts
from harness.spec.paper import Spec
from harness.spec.reading.cuts import cut_texts
from harness.spec.reading.folder import Note, find_packs, unsaid
from harness.spec.reading.load import load_all


@dataclass(frozen=True)
class Findings:
    """What was found in packs, each in order of file and line.

    Attributes:
        mistakes: what must be corrected.
        doubts: possible mistakes; shown as warnings.
    """

    mistakes: list[Problem]
    doubts: list[Problem]


def lint(paths: Sequence[Path], note: Note = unsaid) -> Findings:
    """Return every mistake and every possible mistake in the packs at the given paths; the kinds must be registered.

    Every reading and every budget is tried, not only those in use.

    Args:
        paths: each a pack, a folder of packs, or a file inside a pack (its whole pack is meant).
        note: receives a sentence for each folder next to packs that cannot be read and is left out.

    Raises:
        UsageError: for a path that does not exist or contains no pack.
    """
    packs = find_packs(paths, note)
    files = [file for pack in packs for file in (*pack.glob("*.yaml"), *pack.glob("claims/*.yaml"))]
    doubts = [cut for file in files for cut in cut_texts(file)]
    mistakes: list[Problem] = []
    try:
        doubts += [
            _problem(doubt, spec) for spec in load_all(packs) for doubt in pack_doubts(spec.paper, spec.controls)
        ]
    except SpecError as error:
        mistakes = list(error.problems)
    return Findings(mistakes, sorted(doubts))


def _problem(doubt: Doubt, spec: Spec) -> Problem:
    """Return a doubt at the file of its claims; at paper.yaml if it is about claims of several files, or about all."""
    files = {claim.partition("/")[0] for claim in doubt.claims}
    file = f"claims/{files.pop()}.yaml" if len(files) == 1 else "paper.yaml"
    said = doubt.sentence[0].lower() + doubt.sentence[1:].removesuffix(".")
    return Problem(spec.folder / file, 0, 0, "", said, doubt.id)

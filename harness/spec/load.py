"""Loads packs: every file read, readings and budget substituted, every name resolved, every mistake at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.errors import Problem, SpecError
from harness.spec import entries
from harness.spec.assumptions import Choices, PaperFile, paper_file, sample
from harness.spec.claims import Known, claim, settle
from harness.spec.exhibits import Draft, exhibit
from harness.spec.folder import Files, find_packs, read_files
from harness.spec.node import Problems
from harness.spec.paper import Exhibit, Paper, Spec
from harness.spec.pilot import pilots
from harness.spec.rooms import PLACES, Rooms
from harness.spec.substitute import Tree

__all__ = ["find_packs", "load", "load_all"]

NO_READINGS: Mapping[str, str] = MappingProxyType({})


def load(folder: Path, *, budget: str = "audit", readings: Mapping[str, str] = NO_READINGS) -> Spec:
    """Load one pack.

    Args:
        folder: the pack.
        budget: name of the budget whose values are used.
        readings: assumption -> reading, where not the pack's own choice is wanted.

    Raises:
        SpecError: with every mistake of every file.
        UsageError: if there is no such folder, or no such assumption or reading.
    """
    problems = Problems()
    files = read_files(folder, problems)
    choices = Choices.make(folder, files.paper, budget, readings, problems)
    head = paper_file(files.paper, problems) if files.paper else None
    rooms, tree = _resolve(files, choices, problems)
    exhibits, drafts, known = _exhibits(files, problems)
    default = sample(tree.sample, problems)
    sources = {claim_id: shown.source for shown in exhibits for claim_id in shown.claims}
    written = [claim(draft, sources.get(draft.id), rooms, default, problems) for draft in drafts]
    claims = settle(
        [one for one in written if one is not None],
        known,
        files.paper.entries.get("assumptions") if files.paper else None,
        problems,
    )
    pilot = pilots(files.pilot, known, problems)
    problems.raise_any()
    assert head is not None  # else there was a problem
    paper = Paper(exhibits=tuple(exhibits), claims=claims, pilot=pilot, **_settings(folder, head, choices))
    recipes: dict[str, Any] = {place: dict(rooms.recipes(room)) for place, room in PLACES.items()}
    return Spec(folder=folder, paper=paper, **recipes)


def load_all(
    folders: Sequence[Path], *, budget: str = "audit", readings: Mapping[str, str] = NO_READINGS
) -> list[Spec]:
    """Load several packs.

    Raises:
        SpecError: with every mistake of every file of every pack.
    """
    specs: list[Spec] = []
    problems: list[Problem] = []
    for folder in folders:
        try:
            specs.append(load(folder, budget=budget, readings=readings))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return specs


def _resolve(files: Files, choices: Choices, problems: Problems) -> tuple[Rooms, Tree]:
    """Substitute readings and budget and build the recipes; try every other reading and budget as well."""
    paper = files.paper.entries if files.paper else {}
    places = {"data": "paper.yaml", "models": "models.yaml", "attacks": "attacks.yaml"}
    tree = Tree(
        {"data": paper.get("data"), "models": files.models, "attacks": files.attacks},
        paper.get("sample"),
        frozenset(place for place, file in places.items() if file in files.unreadable),
    )
    choices.refuse_rivals(tree, problems)
    for other in choices.alternatives():
        tried = other.apply(tree, problems)
        entries.build(tried.entries, tree.unreadable, problems)
        sample(tried.sample, problems)
    chosen = choices.apply(tree, problems)
    return entries.build(chosen.entries, tree.unreadable, problems), chosen


def _exhibits(files: Files, problems: Problems) -> tuple[list[Exhibit], list[Draft], Known]:
    """Read the files of claims; return exhibits (tables, figures, then prose), their claims, and which ids are known."""
    both: list[tuple[Exhibit | None, list[Draft]]] = []
    unsure = set(files.unread)
    for name, node in files.claims.items():
        before = len(problems)
        both.append(exhibit(name, node, problems))
        if len(problems) > before:
            unsure.add(name)
    both.sort(key=lambda pair: _place_in_report(pair[0]))
    drafts = [draft for _, of_file in both for draft in of_file]
    return [shown for shown, _ in both if shown], drafts, Known(frozenset(d.id for d in drafts), frozenset(unsure))


def _place_in_report(shown: Exhibit | None) -> int:
    """Return 0 for a table, 1 for a figure and 2 for prose: a reader of a report looks for the tables first."""
    if shown is None or (shown.source.table is None and shown.source.figure is None):
        return 2
    return 0 if shown.source.table is not None else 1


def _settings(folder: Path, head: PaperFile, choices: Choices) -> dict[str, Any]:
    """Return the paper's fields that do not come from claims."""
    budget = head.budgets[choices.budget]
    return {
        "name": folder.resolve().name,
        "bibliography": head.paper,
        "seed": head.seed,
        "budget": choices.budget,
        "runs": budget.runs,
        "comparable": budget.comparable,
        "assumptions": {
            name: assumption.model_copy(update={"chosen": choices.readings[name]})
            for name, assumption in head.assumptions.items()
        },
    }

"""Loads packs: reads every file, substitutes readings and budget, resolves every name, reports all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.errors import Problem, SpecError
from harness.spec.paper import Exhibit, Paper, Spec
from harness.spec.reading import entries
from harness.spec.reading.assumptions import ChosenReadings, PaperFile, paper_file, sample
from harness.spec.reading.claims import Known, Written, build_claim, check_set_aside, settle
from harness.spec.reading.exhibits import Read, exhibit
from harness.spec.reading.folder import Files, find_packs, read_files
from harness.spec.reading.images import check_whose_images
from harness.spec.reading.node import Place, Problems
from harness.spec.reading.pack_entries import GROUP_OF, PackEntries
from harness.spec.reading.pilot import pilots
from harness.spec.reading.repeats import Number, check_repeats
from harness.spec.reading.sentences import refuse_counted, sentences
from harness.spec.reading.settings import count_settings
from harness.spec.reading.substitute import Tree
from harness.spec.rules.claims import COUNTED_ALREADY, NOTHING_TO_JUDGE
from harness.spec.sample import Sample

__all__ = ["find_packs", "load", "load_all"]

NO_READINGS: Mapping[str, str] = MappingProxyType({})


def load(folder: Path, *, budget: str = "audit", readings: Mapping[str, str] = NO_READINGS) -> Spec:
    """Load one pack.

    Args:
        folder: the pack.
        budget: name of the budget whose values are used.
        readings: assumption -> reading, instead of the pack's own choice.

    Raises:
        SpecError: with every mistake of every file.
        UsageError: if there is no such folder, or no such assumption or reading.
    """
    problems = Problems()
    files = read_files(folder, problems)
    chosen_readings = ChosenReadings.make(folder, files.paper, budget, readings, problems)
    head = paper_file(files.paper, problems) if files.paper else None
    as_written = _tree(files)
    groups, tree = _resolve(as_written, chosen_readings, problems)
    stated = files.paper.entries.get("not_printed") if files.paper else None
    counted = count_settings(as_written, chosen_readings.every_reading(), stated, problems)
    read, known = _exhibits(files, groups, problems)
    if not known.ids and not problems:
        problems.at_place(
            Place(folder / "claims"), NOTHING_TO_JUDGE, "there is nothing to judge; expected at least one claim"
        )
    default = sample(tree.sample, problems)
    written = [one for part in read for one in _claims(part, groups, default, problems)]
    # A rehearsal's samples are smaller than the paper's on purpose. If anything else is wrong, the images may be wrong
    # too.
    if not problems and head is not None and head.budgets[chosen_readings.budget].comparable:
        for one in written:
            check_whose_images(one, groups, problems)
    claims = settle(written, known, files.paper.entries.get("assumptions") if files.paper else None, problems)
    check_set_aside(files.paper.entries.get("budgets") if files.paper else None, known, problems)
    check_repeats(_numbers(read, written), known, problems)
    exhibits = tuple(part.shown for part in read if part.shown)
    _refuse_present(files, exhibits, problems)
    said = sentences(files.sentences, read, known, problems)
    refuse_counted(said, files.paper.entries.get("printed_numbers") if files.paper else None, problems)
    pilot = pilots(files.pilot, known, problems)
    problems.raise_any()
    assert head is not None  # else there was a problem
    paper = Paper(
        exhibits=exhibits, claims=claims, pilot=pilot, sentences=said, **_settings(folder, head, chosen_readings)
    )
    recipes: dict[str, Any] = {place: dict(groups.recipes(group)) for place, group in GROUP_OF.items()}
    return Spec(folder=folder, paper=paper, settings=counted, **recipes)


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


def _tree(files: Files) -> Tree:
    """Return everything that readings and budgets may set, as written."""
    paper = files.paper.entries if files.paper else {}
    homes = {"data": "paper.yaml", "models": "models.yaml", "attacks": "attacks.yaml"}
    return Tree(
        {"data": paper.get("data"), "models": files.models, "attacks": files.attacks},
        paper.get("sample"),
        frozenset(place for place, file in homes.items() if file in files.unreadable),
    )


def _resolve(tree: Tree, chosen_readings: ChosenReadings, problems: Problems) -> tuple[PackEntries, Tree]:
    """Substitute readings and budget, and build the recipes; also try every other reading and budget."""
    chosen_readings.refuse_rivals(tree, problems)
    built = entries.Built(problems)
    for other in chosen_readings.alternatives():
        tried = other.apply(tree, problems)
        entries.build_entries(tried.entries, tree.unreadable, built, problems)
        sample(tried.sample, problems)
    chosen = chosen_readings.apply(tree, problems)
    return entries.build_entries(chosen.entries, tree.unreadable, built, problems), chosen


def _exhibits(files: Files, groups: PackEntries, problems: Problems) -> tuple[list[Read], Known]:
    """Read the files of claims, tables first, then figures, then prose; return them, and the known ids."""
    read: list[Read] = []
    unsure = set(files.unread)
    for name, node in files.claims.items():
        before = len(problems)
        read.append(exhibit(name, node, groups.metrics, problems))
        if len(problems) > before:
            unsure.add(name)
    read.sort(key=lambda part: _place_in_report(part.shown))
    ids = frozenset(draft.id for part in read for draft in part.drafts)
    return read, Known(ids, frozenset(unsure))


def _claims(read: Read, groups: PackEntries, default: Sample, problems: Problems) -> Iterator[Written]:
    """Yield the claims of one file that could be built."""
    source = read.shown.source if read.shown else None
    for draft in read.drafts:
        if (built := build_claim(draft, source, groups, default, problems)) is not None:
            yield built


def _numbers(read: Iterable[Read], written: Iterable[Written]) -> Iterator[Number]:
    """Yield every printed number with its keys, whether or not it is expressible as a claim."""
    for one in written:
        yield Number.of(one.claim, one.draft.keys)
    for part in read:
        shown = {each.id: each for each in part.shown.not_expressible} if part.shown else {}
        for gap in part.gaps:
            if gap.id in shown:
                yield Number.of(shown[gap.id], gap.keys)


def _place_in_report(shown: Exhibit | None) -> int:
    """Return 0 for a table, 1 for a figure and 2 for prose: a report shows the tables first."""
    if shown is None or (shown.source.table is None and shown.source.figure is None):
        return 2
    return 0 if shown.source.table is not None else 1


def _refuse_present(files: Files, exhibits: Iterable[Exhibit], problems: Problems) -> None:
    """Report an exhibit that is declared as left out but is in the pack."""
    stated = files.paper.entries.get("printed_numbers") if files.paper else None
    present = {name: name for name in files.claims}
    for shown in exhibits:
        numbers = {"table": shown.source.table, "figure": shown.source.figure}
        present |= {f"{kind}-{number}".lower(): shown.id for kind, number in numbers.items() if number is not None}
    for name, node in (stated.entries if stated else {}).items():
        if name in present:
            problems.at_key(
                node,
                COUNTED_ALREADY,
                f"is in this pack: its numbers are counted in claims/{present[name]}.yaml; delete this line",
            )


def _settings(folder: Path, head: PaperFile, chosen_readings: ChosenReadings) -> dict[str, Any]:
    """Return the fields of the paper that do not depend on claims."""
    budget = head.budgets[chosen_readings.budget]
    return {
        "name": folder.resolve().name,
        "bibliography": head.paper,
        "checked_by": head.checked_by,
        "seed": head.seed,
        "budget": chosen_readings.budget,
        "runs": budget.runs,
        "looks": budget.looks,
        "sets_aside": budget.sets_aside,
        "comparable": budget.comparable,
        "not_printed": head.not_printed,
        "printed_numbers": head.printed_numbers,
        "assumptions": {
            name: assumption.model_copy(update={"chosen": chosen_readings.readings[name]})
            for name, assumption in head.assumptions.items()
        },
    }

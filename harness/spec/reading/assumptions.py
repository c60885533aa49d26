"""Reads paper.yaml: bibliography, seed, sample, budgets, and the assumptions with their readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from harness.errors import UsageError
from harness.kinds.recipe import Frozen
from harness.naming import unknown
from harness.spec.checker import Checker
from harness.spec.paper import FORMAT, Assumption, Bibliography, Budget
from harness.spec.reading.names import check_names
from harness.spec.reading.node import Node, Problems
from harness.spec.reading.substitute import Tree, substitute, targets
from harness.spec.reading.validate import validate
from harness.spec.reading.wording import found
from harness.spec.rules.entries import SET_TWICE, UNKNOWN_NAME, WRONG_VALUE
from harness.spec.rules.texts import LATER_FORMAT
from harness.spec.sample import Sample

NAMED = (("budgets", "a budget"), ("assumptions", "an assumption"), ("printed_numbers", "an exhibit"))
"""Mappings of paper.yaml whose keys are names, and what they name."""


class PaperFile(Frozen):
    """The content of paper.yaml."""

    format: Literal[1]
    """Format of the pack."""
    paper: Bibliography
    """Which paper, and which version of it."""
    checked_by: tuple[Checker, ...] = ()
    """Who compared the pack with the paper and is responsible for it; the report's first page names them."""
    seed: int = Field(0, ge=0)
    """Seed from which all random streams of the pack derive."""
    data: dict[str, Any] = Field(default_factory=dict)
    """The data sets by name, each with its kind and the kind's fields."""
    sample: Sample = Sample()
    """Which images a measure with an attack uses, unless the claim has its own sample."""
    budgets: dict[str, Budget] = Field(min_length=1)
    """Named sets of values; ``audit`` is the default."""
    assumptions: dict[str, Assumption] = Field(default_factory=dict)
    """Details that the paper does not state, each with its possible readings."""
    not_printed: tuple[str, ...] = ()
    """Settings that the paper does not print and no assumption varies, as paths: ``models.*.training.batch_size`` (``sets`` of a
    reading has the same). `harness plan` prints one line about them."""
    printed_numbers: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    """How many numbers the paper prints in each exhibit that this pack leaves out: ``table-5: 12``."""


def paper_file(node: Node, problems: Problems) -> PaperFile | None:
    """Validate paper.yaml, and the names in it."""
    form = node.entries.get("format")
    if form is not None and isinstance(form.value, bool):  # pydantic accepts true as 1
        problems.at(form, WRONG_VALUE, f"expected {FORMAT}; found {found(form)}")
    elif form is not None and isinstance(form.value, int) and form.value != FORMAT:
        problems.at(
            form, LATER_FORMAT, f"this version of harness reads format {FORMAT}; found {form.value}; update harness"
        )
        node = node.with_entries({**node.entries, "format": replace(form, value=FORMAT)})
    for key, what in NAMED:
        if key in node.entries:
            check_names(node.entries[key], what, problems)
    for assumption in _entries(node, "assumptions").values():
        readings = assumption.entries.get("readings")
        if readings is not None:
            check_names(readings, "a reading", problems)
            chosen = assumption.entries.get("chosen")
            if chosen is not None and isinstance(chosen.value, str) and chosen.value not in readings.entries:
                problems.at(chosen, UNKNOWN_NAME, unknown("reading", chosen.value, readings.entries))
    # Samples and recipes are validated with the values that readings and budgets set, not as written.
    kept = {key: value for key, value in node.entries.items() if key not in {"data", "sample"}}
    return validate(PaperFile, node.with_entries(kept), problems)


def _entries(node: Node | None, key: str) -> Mapping[str, Node]:
    inner = node.entries.get(key) if node else None
    return inner.entries if inner else {}


@dataclass(frozen=True)
class ChosenReadings:
    """Which reading each assumption takes, and which budget.

    Attributes:
        paper: paper.yaml as written.
        readings: assumption -> reading, for every assumption whose reading exists.
        budget: name of the budget.
    """

    paper: Node | None
    readings: Mapping[str, str]
    budget: str

    @classmethod
    def make(
        cls, folder: Path, paper: Node | None, budget: str, asked: Mapping[str, str], problems: Problems
    ) -> ChosenReadings:
        """Choose the requested readings, and the pack's own for all other assumptions.

        Raises:
            UsageError: for a requested assumption or reading that the pack does not have.
        """
        assumptions = _entries(paper, "assumptions")
        for name, reading in asked.items():
            if name not in assumptions:
                raise UsageError(f"{folder}: {unknown('assumption', name, assumptions)}")
            known = _entries(assumptions[name], "readings")
            if reading not in known:
                raise UsageError(f"{folder}: {unknown('reading', reading, known, of=repr(name))}")
        own = {name: node.entries["chosen"] for name, node in assumptions.items() if "chosen" in node.entries}
        readings = {**{name: str(chosen.value) for name, chosen in own.items()}, **asked}
        budgets = paper.entries.get("budgets") if paper else None
        if budgets is not None and budgets.entries and budget not in budgets.entries:
            problems.at_key(budgets, UNKNOWN_NAME, unknown("budget", budget, budgets.entries))
        return cls(paper, readings, budget)

    def apply(self, tree: Tree, problems: Problems) -> Tree:
        """Return the tree after substitution of the readings' values, then the budget's."""
        for sets in self.reading_sets().values():
            tree = substitute(tree, sets, problems)
        return substitute(tree, self._budget_sets(self.budget), problems)

    def reading_sets(self) -> dict[str, Node | None]:
        """Return assumption -> the ``sets`` of its chosen reading."""
        return {name: self._sets(name, reading) for name, reading in self.readings.items()}

    def every_reading(self) -> Iterator[Node | None]:
        """Yield the ``sets`` of every reading of every assumption."""
        for name, node in _entries(self.paper, "assumptions").items():
            yield from (self._sets(name, reading) for reading in _entries(node, "readings"))

    def alternatives(self) -> Iterator[ChosenReadings]:
        """Yield this choice with one reading, or the budget, replaced by each alternative in turn."""
        for name, node in _entries(self.paper, "assumptions").items():
            for reading in _entries(node, "readings"):
                if reading != self.readings.get(name):
                    yield replace(self, readings={**self.readings, name: reading})
        for budget in _entries(self.paper, "budgets"):
            if budget != self.budget:
                yield replace(self, budget=budget)

    def refuse_rivals(self, tree: Tree, problems: Problems) -> None:
        """Report a field that two assumptions set: its value would depend on their order."""
        setter: dict[tuple[str, str, str], str] = {}
        for name, node in _entries(self.paper, "assumptions").items():
            for reading in _entries(node, "readings"):
                for target, value in targets(tree, self._sets(name, reading)):
                    first = setter.setdefault(target, name)
                    if first != name:
                        where = ".".join(step for step in target if step)
                        problems.at_key(
                            value, SET_TWICE, f"{where} is also set by the assumption {first!r}; let one of them set it"
                        )

    def _sets(self, assumption: str, reading: str) -> Node | None:
        readings = _entries(_entries(self.paper, "assumptions").get(assumption), "readings")
        return readings[reading].entries.get("sets") if reading in readings else None

    def _budget_sets(self, budget: str) -> Node | None:
        budgets = _entries(self.paper, "budgets")
        return budgets[budget].entries.get("sets") if budget in budgets else None


def sample(node: Node | None, problems: Problems) -> Sample:
    """Validate the paper's default sample; return the whole split if it is wrong or absent."""
    return (validate(Sample, node, problems) if node is not None else None) or Sample()

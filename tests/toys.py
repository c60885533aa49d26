"""A small pack, and kinds for it that need no backend."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import pytest
from pydantic import Field

from harness.errors import SpecError
from harness.kinds import registry
from harness.kinds.attack import AttackRecipe
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.metric import MetricRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.recipe import AttackRef, DatasetRef, ModelRef
from harness.spec.paper import Spec
from harness.spec.reading.load import load


def never(*given: object, **named: object) -> NoReturn:
    """Stand where a kind's own method would: reading a pack calls none."""
    raise AssertionError("reading a pack does no job")


class Toy(DatasetRecipe):
    """Images of 2x2 pixels."""

    splits = ("train", "test")
    image_shape = (2, 2, 1)

    load = never


class Wide(DatasetRecipe):
    """Images of 3x3 pixels."""

    splits = ("train", "test")
    image_shape = (3, 3, 1)

    load = never


class Part(DatasetRecipe):
    """A part of another data set."""

    splits = ("first", "second")
    of: DatasetRef
    """The data set that is cut."""

    load = never


class Net(ModelRecipe):
    """A network.

    It has no weights.
    """

    width: int = Field(3, ge=1, le=9)
    """Units of each layer."""
    rate: float = Field(0.5, gt=0)
    """Step length."""
    layers: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """Units of further layers."""
    biased: bool = True
    """Whether there are biases."""
    mode: Literal["steep", "smooth"] = "smooth"
    """Shape of the units."""
    features: ModelRef | None = None
    """A model whose last layer feeds this one."""
    against: tuple[AttackRef, ...] = ()
    """Attacks it is trained to withstand."""
    decay: float | tuple[float, ...] = 0.0
    """One for all layers, or one for each."""

    train = never
    victim = never


class Push(AttackRecipe):
    """An attack."""

    iterations: int = Field(10, ge=1)
    """Steps."""
    like: AttackRef | None = None
    """An attack it takes its strength from."""

    run = never


class Solve(AttackRecipe):
    """An exact attack on networks of width 1."""

    def applies_to(self, model: ModelRecipe) -> bool:
        return isinstance(model, Net) and model.width == 1

    run = never


class Rate(MetricRecipe):
    """A rate."""

    unit = "fraction"
    statistic = "proportion"
    better = "lower"

    measure = never


class Size(MetricRecipe):
    """A size."""

    unit = "distortion"
    statistic = "mean"
    over = "found"
    better = "lower"
    needs = ("made",)

    measure = never


class Count(MetricRecipe):
    """A number."""

    top: int = Field(1, ge=1)
    """How many count."""
    weights: tuple[float, ...] = ()
    """Weight of each."""

    measure = never


FAKES = {
    "datasets": {"toy": Toy, "toy-wide": Wide, "toy-part": Part},
    "models": {"toy-net": Net},
    "attacks": {"toy-push": Push, "toy-solve": Solve},
    "metrics": {"toy-rate": Rate, "toy-size": Size, "toy-count": Count},
}
MARKS = {
    "datasets": registry.dataset,
    "models": registry.model,
    "attacks": registry.attack,
    "metrics": registry.metric,
}

PAPER = """\
format: 1
paper:
  title: A paper
seed: 7
data:
  toy: {kind: toy}
  wide: {kind: toy-wide}
  part: {kind: toy-part, of: toy}
sample: {count: 12, which: correct}
budgets:
  rehearsal: {runs: 1, comparable: false, sets: {sample.count: 4, models.*.width: 2}}
  audit: {runs: 3}
  full: {runs: 10, sets: {sample.count: null}}
assumptions:
  speed:
    question: How fast?
    readings:
      slow: {says: Slowly., sets: {models.*.rate: 0.25}}
      fast: {says: Fast., sets: {models.*.rate: 0.75}}
    chosen: slow
    because: Nobody knows.
    fitted_on: ["table-1/small/*"]
"""
MODELS = """\
small: {kind: toy-net, train_on: toy/train, width: 1}
large: {kind: toy-net, train_on: part/first, width: 9, features: small}
"""
ATTACKS = """\
push: {kind: toy-push}
alike: {kind: toy-push, like: push}
solve: {kind: toy-solve}
"""
TABLE = """\
title: A table
source: {table: 1, page: 6}
columns:
  error: {label: Error, metric: toy-rate, data: toy/test, unit: "%", decimals: 1, margin: {absolute: 0.5, because: b}}
  size: {metric: toy-size, data: toy/train, attack: push, decimals: 3, margin: {relative: 0.1, because: b}}
rows:
  small: {label: Small, model: small, printed: ["7.4", "0.062"]}
  large: {model: large, printed: [{printed: "10", margin: {absolute: 1, because: c}}, null]}
"""
PROSE = """\
title: Some prose
source: {section: "4.2"}
claims:
  all-found:
    says: Found for all.
    metric: toy-rate
    data: toy/test
    model: [small, large]
    attack: push
    relation: all
  worse-than-alike:
    says: The attack is stronger than its like.
    metric: toy-rate
    data: toy/test
    model: large
    crafted_on: small
    attack: push
    relation: greater_than
    other: {attack: alike}
  printed-again:
    says: The error of the small one, once more.
    metric: toy-rate
    data: toy/test
    model: small
    printed: "7.4"
    unit: "%"
    margin: {sampling: {images: 256}, because: counted on so many}
    same_as: table-1/small/error
"""


@dataclass(frozen=True)
class Pack:
    """A pack on disk that a test may damage."""

    folder: Path

    def edit(self, file: str, old: str, new: str) -> Pack:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return self

    def write(self, file: str, text: str) -> Pack:
        (self.folder / file).write_text(text, encoding="utf-8")
        return self

    def load(self, **how: object) -> Spec:
        return load(self.folder, **how)  # type: ignore[arg-type]

    def mistakes(self) -> list[str]:
        """Return every mistake as shown, without the folder and the id of its rule."""
        try:
            load(self.folder)
        except SpecError as error:
            shown = {str(problem): f" [{problem.rule}]" for problem in error.problems}
            return [line.removeprefix(f"{self.folder}/").removesuffix(rule) for line, rule in shown.items()]
        return []


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the toy kinds, and no others, for one test."""
    registry.discover()  # a module registers its kind when it is first imported: into the registry that stays, not this one
    monkeypatch.setattr(registry, "_kinds", {group: {} for group in registry.GROUPS})
    for group, kinds in FAKES.items():
        for kind, cls in kinds.items():
            MARKS[group](kind, edition=1)(cls)


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return write_pack(tmp_path / "toys")


def write_pack(folder: Path) -> Pack:
    (folder / "claims").mkdir(parents=True)
    files = {"paper": PAPER, "models": MODELS, "attacks": ATTACKS, "claims/table-1": TABLE, "claims/prose": PROSE}
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Pack(folder)

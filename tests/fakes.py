"""Small kinds that need no backend, so that planning, running and reporting are tested in milliseconds.

Every call of a recipe's own method is noted in ``CALLS``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import DataMissing
from harness.examples import Examples, Trained
from harness.kinds import registry
from harness.kinds.attack import AttackRecipe
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.recipe import AttackRef, DatasetRef
from harness.run.display import Quiet

CALLS: Counter[str] = Counter()
FAIL: dict[str, Exception | type[BaseException]] = {}
"""What to raise instead of doing a job, by the name used in CALLS."""


def _called(name: str) -> None:
    CALLS[name] += 1
    if name in FAIL:
        raise FAIL[name]


class Points(DatasetRecipe):
    """Two clouds of 2x2 images."""

    splits = ("train", "test")
    classes = 2
    size: int = 40
    """Images in each split."""
    shift: float = 0.0
    """Moves every pixel, so that the digest differs."""

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        _called("load")
        rng = np.random.default_rng(0)
        return {name: self._split(rng) for name in self.splits}

    def _split(self, rng: np.random.Generator) -> Examples:
        labels = np.arange(self.size, dtype=np.int64) % 2
        pixels = 0.3 + 0.4 * labels[:, None, None, None] + rng.normal(0, 0.1, (self.size, 2, 2, 1))
        return Examples(np.clip(pixels + self.shift, 0, 1).astype(np.float32), labels, np.arange(self.size))


class Absent(Points):
    """Data that are nowhere to be had."""

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        _called("absent")
        raise DataMissing("no such data here; bring them")


class Half(DatasetRecipe):
    """The first half of the training images."""

    splits = ("first",)
    classes = 2
    of: DatasetRef

    def load(self, folders: tuple[Path, ...], *, of: dict[str, Examples], **inputs: Any) -> dict[str, Examples]:
        _called("half")
        return {"first": of["train"].take(np.arange(len(of["train"]) // 2))}


class Threshold:
    """A victim that calls an image bright or dark."""

    image_shape = (2, 2, 1)
    classes = 2

    def __init__(self, weights: Any) -> None:
        self.weights = weights

    def exact_logits(self, images: np.ndarray) -> np.ndarray:
        above = images.astype(np.float64).mean((1, 2, 3)) - float(self.weights["threshold"])
        return np.stack([-above, above], axis=1)

    def predict(self, images: np.ndarray) -> np.ndarray:
        return self.exact_logits(images).argmax(1)


class Brightness(ModelRecipe):
    """Learns a threshold of brightness; ``noise`` makes it depend on the run."""

    noise: float = 0.01
    """Standard deviation of the random part of the threshold."""
    iterations: int = 5
    """Only there to be changed."""
    settles: bool = True
    """Whether training claims to have met its stopping rule."""

    @property
    def random(self) -> bool:
        return self.noise > 0

    def train(self, *, train_on: Examples, streams: Any, watch: Any, **inputs: Any) -> Trained:
        _called("train")
        threshold = train_on.images.mean() + self.noise * streams.rng("weights").normal()
        return Trained({"threshold": np.float64(threshold)}, self.settles, {"iterations": self.iterations})

    def victim(self, trained: Trained, **inputs: Any) -> Any:
        return Threshold(trained.weights)


class Flip(AttackRecipe):
    """Moves every image just across the threshold."""

    overshoot: float = 0.01
    """How far beyond."""

    @property
    def random(self) -> bool:
        return False

    def run(self, victim: Any, clean: Examples, streams: Any, watch: Any, **inputs: Any) -> Examples:
        _called("craft")
        sign = np.where(clean.labels == 1, -1, 1)[:, None, None, None]
        level = float(victim.weights["threshold"]) + sign * self.overshoot
        moved = np.clip(clean.images - clean.images.mean((1, 2, 3), keepdims=True) + level, 0, 1).astype(np.float32)
        return Examples(moved, clean.labels, clean.index, 1 - clean.labels, victim.predict(moved) != clean.labels)


class Alike(AttackRecipe):
    """Hands on what another attack made."""

    of: AttackRef

    @property
    def random(self) -> bool:
        return False

    def run(self, victim: Any, clean: Examples, streams: Any, watch: Any, *, of: Examples, **inputs: Any) -> Examples:
        _called("alike")
        return of


KINDS = {
    "datasets": {"fake-points": Points, "fake-absent": Absent, "fake-half": Half},
    "models": {"fake-brightness": Brightness},
    "attacks": {"fake-flip": Flip, "fake-alike": Alike},
}
_MARKS = {"datasets": registry.dataset, "models": registry.model, "attacks": registry.attack}


class Told(Quiet):
    """A display that remembers the sentences the user must not miss."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


@contextmanager
def registered(monkeypatch: Any) -> Iterator[None]:
    """Register the fake kinds for one test, compute without a backend, and start counting at zero."""
    registry.discover()
    for group, kinds in KINDS.items():
        monkeypatch.setitem(registry._kinds, group, dict(registry._kinds[group]))
        for kind, cls in kinds.items():
            _MARKS[group](kind, edition=1)(cls)
    monkeypatch.setattr("harness.run.executor.computing", lambda _: nullcontext())
    CALLS.clear()
    FAIL.clear()
    yield
    FAIL.clear()


PAPER = """
format: 1
paper: {title: A paper of fakes}
seed: 7
data:
  points: {kind: fake-points}
  half: {kind: fake-half, of: points}
sample: {count: 12, which: correct}
budgets:
  rehearsal: {runs: 1, comparable: false, sets: {sample.count: 4}}
  audit: {runs: 3}
  full: {runs: 10, sets: {sample.count: null}}
"""
READINGS = """
assumptions:
  luck:
    question: How much luck is there?
    readings:
      little: {says: Little., sets: {models.bright.noise: 0.01}}
      much: {says: Much., sets: {models.bright.noise: 0.3}}
    chosen: little
    because: A test.
  distance:
    question: How far beyond?
    readings:
      near: {says: Near., sets: {attacks.flip.overshoot: 0.01}}
      far: {says: Far., sets: {attacks.flip.overshoot: 0.3}}
    chosen: near
    because: A test.
"""
"""What the paper of fakes leaves open; to be appended to PAPER."""
MODELS = """
bright: {kind: fake-brightness, train_on: points/train}
sure: {kind: fake-brightness, train_on: points/train, noise: 0}
halved: {kind: fake-brightness, train_on: half/first}
"""
ATTACKS = """
flip: {kind: fake-flip}
alike: {kind: fake-alike, of: flip}
"""
CLAIMS = """
title: What fakes do
source: {table: 1, page: 1}
columns:
  error: {metric: error-rate, data: points/test, unit: "%", decimals: 1, margin: {absolute: 2.0, because: the fakes spread so far}}
  distortion:
    metric: distortion
    data: points/train
    attack: flip
    decimals: 2
    margin: {absolute: 0.05, because: the fakes spread so far}
rows:
  bright: {model: bright, printed: ["0.0", "0.20"]}
  sure: {model: sure, printed: ["0.0", "0.20"]}
"""
PROSE = """
title: What fakes do in prose
source: {section: "2", page: 2}
claims:
  found: {says: All found., metric: success-rate, data: points/train, model: [bright, halved], attack: flip, relation: all}
  transfers:
    says: Transfers.
    metric: error-rate
    data: points/test
    model: [bright, halved]
    crafted_on: [bright, halved]
    attack: flip
    relation: greater_than
    other: {attack: null, crafted_on: null}
"""


def write_pack(folder: Path, **files: str) -> Path:
    """Write the pack of fakes; keyword arguments replace files (paper, models, attacks, table, prose)."""
    (folder / "claims").mkdir(parents=True, exist_ok=True)
    (folder / "paper.yaml").write_text(files.get("paper", PAPER))
    (folder / "models.yaml").write_text(files.get("models", MODELS))
    (folder / "attacks.yaml").write_text(files.get("attacks", ATTACKS))
    (folder / "claims" / "table-1.yaml").write_text(files.get("table", CLAIMS))
    (folder / "claims" / "section-2.yaml").write_text(files.get("prose", PROSE))
    return folder


@dataclass(frozen=True)
class Chore:
    """Stands for a recipe: all that costs are made of."""

    name: str
    seconds: float
    kind = "chore"

    def fingerprint(self):
        return self.name


@dataclass
class Shelf:
    """Stands for a store."""

    there: set = field(default_factory=set)

    def has(self, verb, key):
        return key in self.there

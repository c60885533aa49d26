"""Writes a new pack that lints, runs and explains itself."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from harness.fresh import SCHEMAS, write_new

PAPER = """\
# The paper, what its experiments need, and the details it does not state.
# `harness kinds` lists what this file may contain. `harness schema` writes the schema above, with which an editor
# completes this file.
format: 1
paper:
  title: Title of the paper
  authors: [First Author, Second Author]
  year: 2014
  venue: Where it was published
  url: https://example.org/paper
  # The version from which the numbers were copied.
  version: v1
  note: An example on scikit-learn's handwritten digits; replace this by what a reader of the report must know.

# The random seed of this pack.
seed: 1

# Data sets: name -> kind and its fields. `digits` comes with the installation.
data:
  digits: {kind: digits}

# The images that are attacked, drawn again in every run.
sample: {count: 64, which: correct}

# Budgets, the amounts of work: `harness verify PACK --budget rehearsal`.
# Paths under `sets` are <file>.<name or *>.<field>.
budgets:
  rehearsal:
    runs: 1
    says: One run on a few images, to check that everything works; never judged.
    comparable: false
    sets: {sample.count: 8}
  audit:
    runs: 3
    says: Three runs, each with new initial weights and images.
  full:
    runs: 10
    says: Ten runs on every correctly classified test image.
    sets: {sample.count: null}

# Details that the paper does not state: the question, the possible readings, the chosen reading, and why.
assumptions:
  misclassified-images:
    question: Are images attacked that the network already misclassifies?
    readings:
      leave-out: {says: Only correctly classified images are attacked., sets: {sample.which: correct}}
      attack-all: {says: Every image is attacked., sets: {sample.which: all}}
    chosen: leave-out
    because: A misclassified image says nothing about the distance to the decision boundary.
    # If a reading was chosen because it matches printed numbers, name their claims, so that they are counted separately:
    # fitted_on: ["table-1/*/test-error"]

# Hyper-parameters that the paper does not print and no assumption sets, as paths; `harness plan` counts them.
# not_printed: [models.*.decay, models.network.hidden]

# How many numbers the paper prints in tables and figures that this pack leaves out, so that the report can say how much
# of the paper it covers:
# printed_numbers: {table-2: 12, figure-3: 4}
"""
MODELS = """\
# Models: name -> kind and its fields. A split is written data-set/split.
linear: {kind: fully-connected, train_on: digits/train, hidden: [], decay: 1e-3}
network: {kind: fully-connected, train_on: digits/train, hidden: [32], decay: 1e-4}
"""
ATTACKS = """\
# Attacks: name -> kind and its fields. A field such as `like` names another attack of this file.
lbfgs: {kind: lbfgs}
noise: {kind: gaussian-noise, like: lbfgs}
"""
TABLE = """\
# One file for each table, figure or section of the paper. Each cell is a claim, with the keys of its row, its column and
# the cell itself. Its id is <file>/<row>/<column>, here table-1/linear/test-error.
title: What the table shows
source: {table: 1, page: 1}
columns:
  test-error:
    label: Test error (%)
    metric: error-rate
    data: digits/test
    unit: "%"
    decimals: 1
    # How far the mean of the runs may lie from the printed number, and why.
    margin: {absolute: 1, because: six of the 597 test images}
  found-for-all:
    label: Adversarial examples are found for all images
    metric: success-rate
    data: digits/test
    attack: lbfgs
    relation: all
  error-under-noise:
    label: Noise of the same strength fools less often
    metric: error-rate
    data: digits/test
    attack: noise
    relation: less_than
    # What it is compared with: the same measure with these keys changed.
    other: {attack: lbfgs}
    unit: "%"
rows:
  # Numbers exactly as printed, in quotes; null for no claim. A mapping, even an empty one, is a claim that may lack a
  # printed number, or add its own keys. If a row has an attack, a column whose metric needs none (such as error-rate)
  # needs `attack: row` if its images are attacked, else `attack: none`.
  linear: {label: Linear classifier, model: linear, printed: ["4.5", {}, {}]}
  network: {label: Network with 32 hidden units, model: network, printed: ["2.0", {}, {}]}
  # A row that cannot be run keeps its place in the report, with the reason; so does a column, a cell, a claim of a list.
  # recurrent: {label: Recurrent network, printed: ["0.9", null, null], not_expressible: harness has no recurrent layers}
"""
FILES = {"paper.yaml": PAPER, "models.yaml": MODELS, "attacks.yaml": ATTACKS, "claims/table-1.yaml": TABLE}
SCHEMA_OF = {"paper.yaml": "paper", "models.yaml": "models", "attacks.yaml": "attacks", "claims/table-1.yaml": "claims"}
"""File -> its schema, as named in ``harness/spec/reading/schema.py``."""


def init(folder: Path, schemas: Path = SCHEMAS) -> list[Path]:
    """Write a new pack.

    Args:
        folder: the pack's folder; made if it does not exist.
        schemas: the folder of the schemas, which need not exist: the first line of each file names its schema for an
            editor.

    Returns:
        The files written.

    Raises:
        UsageError: if the folder is not empty, or cannot be written to.
    """
    texts = {
        name: _schema_line(folder / name, schemas / f"{SCHEMA_OF[name]}.schema.json") + text
        for name, text in FILES.items()
    }
    return write_new(folder, texts, "pack")


def _schema_line(file: Path, schema: Path) -> str:
    """Return the line with which editors find a file's schema: a relative path, or an address.

    Editors read the path up to the first space and do not decode it.
    """
    way = Path(os.path.relpath(schema.resolve(), file.parent.resolve())).as_posix()
    return f"# yaml-language-server: $schema={way if quote(way) == way else schema.resolve().as_uri()}\n"

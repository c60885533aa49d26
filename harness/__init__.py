"""harness: paper claims in, verdicts out.

This is the public interface; everything else in the package may change without notice.

- ``verify(paths, Options(...))`` does the same as the command ``harness verify``.
- ``read_record(path)`` reads a record, ``judge(record)`` judges it, ``explain(record, claim)`` explains one claim,
  ``compare(a, b)`` compares two.
- ``lint(paths)`` finds every mistake in packs, and warns of possible mistakes.
- ``dataset``, ``model``, ``layer``, ``training``, ``attack`` and ``metric`` register a kind of your own; a kind derives from
  ``DatasetRecipe``, ``ModelRecipe``, ``LayerRecipe``, ``TrainingRecipe``, ``AttackRecipe``, ``TargetedAttack``,
  ``StartingAttack`` or ``MetricRecipe``, takes and returns ``Examples`` (an attack's with an ``AttackFailure`` each),
  ``Trained``, ``Value`` and ``Victim``, draws from ``Streams``, reports its progress to a ``Watch`` (fraction done, note)
  and writes checkpoints to a ``Journal``.
- A field of a kind with one of these types names another entry of the pack: ``SplitRef`` (``data-set/split``; the
  method gets Examples), ``DatasetRef`` (split -> Examples), ``ModelRef`` (its Victim) or ``AttackRef`` (the Examples it
  made; in a training the attack itself, which is called with a victim, Examples and ``Streams``).
- ``relation`` registers a relation of your own, which derives from ``Relation`` (``Against`` and ``Told`` belong to it).
- Every deliberate error is a ``HarnessError``.

Each name is imported when it is first used, so that ``import harness`` takes milliseconds and needs no backend.
"""

from __future__ import annotations

import os
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.api import check, explain, lint, read_record
    from harness.engine.foreign import KerasVictim as KerasVictim
    from harness.errors import (
        ContractError,
        DataMissing,
        HarnessError,
        Infeasible,
        NoDevice,
        NotRun,
        Problem,
        RecordError,
        ReportError,
        SpecError,
        StoreError,
        UsageError,
        WeightsMissing,
    )
    from harness.examples import AttackFailure, Examples, Journal, LayeredVictim, Trained, Value, Victim, Watch
    from harness.judge import judge
    from harness.judge.comparing import Comparison, compare
    from harness.judge.outcome import Outcome
    from harness.judge.verdict import Verdict
    from harness.kinds.attack import AttackRecipe
    from harness.kinds.dataset import DatasetRecipe
    from harness.kinds.layer import LayerRecipe
    from harness.kinds.metric import MetricRecipe
    from harness.kinds.model import ModelRecipe
    from harness.kinds.recipe import AttackRef, DatasetRef, Frozen, ModelRef, SplitRef
    from harness.kinds.registry import attack, dataset, layer, metric, model, training
    from harness.kinds.relation import Against, Relation, Told, relation
    from harness.kinds.starting import StartingAttack
    from harness.kinds.targeting import TargetedAttack
    from harness.kinds.top_images import TopImages
    from harness.kinds.training import TrainingRecipe
    from harness.pipeline import Verified, verify
    from harness.prepared import Options
    from harness.record.model import Record
    from harness.report.check import Checked
    from harness.report.explain import Story
    from harness.spec.reading.lint import Findings
    from harness.streams import Streams

# Before pydantic is imported: it would read the entry points of all packages, and fail if those of one are damaged.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

__version__ = "0.2.0"
__all__ = [
    "Against",
    "AttackFailure",
    "AttackRecipe",
    "AttackRef",
    "Checked",
    "Comparison",
    "ContractError",
    "DataMissing",
    "DatasetRecipe",
    "DatasetRef",
    "Examples",
    "Findings",
    "Frozen",
    "HarnessError",
    "Infeasible",
    "Journal",
    "LayerRecipe",
    "LayeredVictim",
    "MetricRecipe",
    "ModelRecipe",
    "ModelRef",
    "NoDevice",
    "NotRun",
    "Options",
    "Outcome",
    "Problem",
    "Record",
    "RecordError",
    "Relation",
    "ReportError",
    "SpecError",
    "SplitRef",
    "StartingAttack",
    "StoreError",
    "Story",
    "Streams",
    "TargetedAttack",
    "Told",
    "TopImages",
    "Trained",
    "TrainingRecipe",
    "UsageError",
    "Value",
    "Verdict",
    "Verified",
    "Victim",
    "Watch",
    "WeightsMissing",
    "__version__",
    "attack",
    "check",
    "compare",
    "dataset",
    "explain",
    "judge",
    "layer",
    "lint",
    "metric",
    "model",
    "read_record",
    "relation",
    "training",
    "verify",
]
_MODULES = {
    "api": "check explain lint read_record",
    "engine.foreign": "KerasVictim",
    "errors": "ContractError DataMissing HarnessError Infeasible NoDevice NotRun Problem RecordError ReportError SpecError "
    "StoreError UsageError WeightsMissing",
    "examples": "Examples AttackFailure Journal LayeredVictim Trained Value Victim Watch",
    "judge.comparing": "Comparison compare",
    "judge.outcome": "Outcome",
    "judge.verdict": "Verdict",
    "kinds.attack": "AttackRecipe",
    "kinds.dataset": "DatasetRecipe",
    "kinds.layer": "LayerRecipe",
    "kinds.metric": "MetricRecipe",
    "kinds.model": "ModelRecipe",
    "kinds.recipe": "AttackRef DatasetRef Frozen ModelRef SplitRef",
    "kinds.registry": "attack dataset layer metric model training",
    "kinds.relation": "Against Relation Told relation",
    "kinds.starting": "StartingAttack",
    "kinds.targeting": "TargetedAttack",
    "kinds.top_images": "TopImages",
    "kinds.training": "TrainingRecipe",
    "pipeline": "Verified verify",
    "prepared": "Options",
    "record.model": "Record",
    "report.check": "Checked",
    "report.explain": "Story",
    "spec.reading.lint": "Findings",
    "streams": "Streams",
}
_HOMES = MappingProxyType({name: module for module, names in _MODULES.items() for name in names.split()})
"""Public name -> its module; ``judge`` is the package itself, which is callable.

``from harness import *`` leaves out ``KerasVictim``, because it imports Keras."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, because every module below imports this package first."""
    if name == "judge":
        return import_module("harness.judge")
    if name in _HOMES:
        return getattr(import_module(f"harness.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, imported or not."""
    return sorted(__all__)

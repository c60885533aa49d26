"""Judging: measurement and expectation in, verdict out; no input or output.

``judge(record)`` returns a verdict for each claim. ``exit_status``, ``combine`` and ``as_json`` turn verdicts into what a
machine reads. The group itself can be called: ``harness.judge(record)`` is ``harness.judge.judge(record)``.
"""

from __future__ import annotations

import sys
from types import ModuleType

from harness.judge.doubting import doubts
from harness.judge.exits import as_json, combine, exit_status, strict_status
from harness.judge.judging import judge
from harness.judge.verdict import Verdict
from harness.record.model import Record

__all__ = ["as_json", "combine", "doubts", "exit_status", "judge", "strict_status"]


class _Room(ModuleType):
    """Python sets a package's attribute ``judge`` to this module, whatever else the package calls by that name."""

    def __call__(self, record: Record) -> tuple[Verdict, ...]:
        """Judge every claim of a record; see ``judge``."""
        return judge(record)


sys.modules[__name__].__class__ = _Room

"""Judging: measurement and expectation in, verdict out; no input or output.

``judge(record)`` returns a verdict for each claim; ``pose`` puts another question to the record, ``answer`` judges by it.
``exit_status``, ``combine`` and ``as_json`` turn verdicts into what a machine reads. The package itself can be called:
``harness.judge(record)`` is ``harness.judge.judge(record)``.
"""

from __future__ import annotations

import sys
from types import ModuleType

from harness.judge.doubting import doubts
from harness.judge.exits import as_json, combine, exit_status, strict_status
from harness.judge.judging import answer, judge
from harness.judge.question import Margins, pose
from harness.judge.verdict import Verdict
from harness.record.model import Record

__all__ = ["answer", "as_json", "combine", "doubts", "exit_status", "judge", "pose", "strict_status"]


class _CallablePackage(ModuleType):
    """Makes the package callable: Python sets ``harness.judge`` to this package when it is imported."""

    def __call__(
        self, record: Record, margins: Margins | None = None, alpha: float | None = None
    ) -> tuple[Verdict, ...]:
        """Judge every claim of a record; see ``judge``."""
        return judge(record, margins, alpha)


sys.modules[__name__].__class__ = _CallablePackage

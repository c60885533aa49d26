"""Judging: measurement and expectation in, verdict out; no input or output.

``judge(record)`` returns a verdict for each claim. ``exit_status``, ``combine`` and ``as_json`` turn verdicts into what a
machine reads.
"""

from harness.judge.exits import as_json, combine, exit_status
from harness.judge.judging import judge

__all__ = ["as_json", "combine", "exit_status", "judge"]

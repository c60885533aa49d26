"""Judging: measurement and expectation in, verdict out; reads and writes the record."""

from harness.judge.exits import as_json, combine, exit_status
from harness.judge.sensitivity import judge

__all__ = ["as_json", "combine", "exit_status", "judge"]

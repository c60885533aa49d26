"""Reporting: a record and its verdicts in; HTML, PDF, CSV and JUnit out. Imports heavy libraries only to write."""

from __future__ import annotations

from harness.report.folder import Rendered, render
from harness.report.lock import locked

__all__ = ["Rendered", "locked", "render"]

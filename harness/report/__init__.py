"""Showing: a record and its verdicts in; HTML, PDF, CSV and JUnit out. Imports what is heavy only when it must draw."""

from __future__ import annotations

from harness.report.folder import Rendered, render
from harness.report.lock import reserved

__all__ = ["Rendered", "render", "reserved"]

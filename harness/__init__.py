"""harness: paper claims in, verdicts out."""

from __future__ import annotations

__version__ = "0.1.0"

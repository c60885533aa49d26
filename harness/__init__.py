"""harness: paper claims in, verdicts out.

``harness.verify(paths, harness.Options(...))`` does what the command ``harness verify`` does.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.pipeline import verify
    from harness.prepared import Options

# Before pydantic is imported: it would read the entry points of all packages, and fail where those of one are damaged.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

__version__ = "0.1.0"
__all__ = ["Options", "__version__", "verify"]


def __getattr__(name: str) -> Any:
    """Import the story of the program when it is asked for: the rooms below it import this package first."""
    if name in ("Options", "verify"):
        return getattr(import_module("harness.pipeline"), name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")

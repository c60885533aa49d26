"""Commands for the user to copy, quoted for a shell."""

from __future__ import annotations

import shlex
from pathlib import Path


def command(*words: str | Path) -> str:
    """Return a command of harness, with the quotes that a shell needs.

    A path that begins with a dash gets ``./`` before it, so that it is not parsed as an option.
    """
    texts = [f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word) for word in words]
    return shlex.join(["harness", *texts])

"""Commands that a sentence hands to the user, as a shell takes them."""

from __future__ import annotations

import shlex
from pathlib import Path


def command(*words: str | Path) -> str:
    """Return a command of harness, each word quoted where a shell needs it.

    A path, unlike a word, is never taken for an option: one that begins with a dash gets ``./`` before it.
    """
    texts = [f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word) for word in words]
    return shlex.join(["harness", *texts])

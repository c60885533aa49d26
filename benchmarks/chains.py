"""Attacks that follow one another, each on the examples of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.examples import Examples, unwatched
from harness.kinds.registry import kinds
from harness.streams import Streams

Step = tuple[str, dict[str, Any]]
"""An attack's kind and its settings."""


def crafted(steps: Sequence[Step], victim: Any, clean: Examples) -> Examples:
    """Return what the last of these attacks makes, each but the first of the examples of the one before."""
    made = None
    for kind, settings in steps:
        above = {} if made is None else {"of": made}
        recipe = kinds("attacks")[kind](**settings, **({"of": "above"} if above else {}))
        made = recipe.run(victim, clean, Streams(0, 1), unwatched, **above)
        made = Examples(made.images, made.labels, made.index, clean.targets, made.found)
    assert made is not None
    return made

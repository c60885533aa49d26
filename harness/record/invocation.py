"""How verify was called, so that later suggested commands name the same pack, store and reports."""

from __future__ import annotations

from pathlib import Path

from harness.kinds.recipe import Frozen
from harness.shell import command

BUDGET = "audit"
"""The default budget."""
TAKEN = {
    "verify": ("data_dir", "device", "out", "store"),
    "plan": ("device", "store"),
}
"""Command -> the options it shares with ``verify``."""


class Invocation(Frozen):
    """The arguments of verify, as the user wrote them; None for an option at its default."""

    pack: str
    """Path of the pack."""
    data_dir: str | None = None
    device: str | None = None
    out: str | None = None
    store: str | None = None

    def command(self, name: str, *more: str) -> str:
        """Return a command on the pack, with the options that it shares."""
        words: list[str | Path] = [name, Path(self.pack), *more]
        return command(*words, *self.options(name))

    def options(self, name: str) -> list[str | Path]:
        """Return the arguments for the options that a command shares and that differ from their defaults."""
        words: list[str | Path] = []
        for field in TAKEN[name]:
            value = getattr(self, field)
            if value is not None:
                words += [f"--{field.replace('_', '-')}", value if field == "device" else Path(value)]
        return words

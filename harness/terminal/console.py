"""A console that survives a closed pipe or a full disk, which must not end hours of work."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from rich.console import Console
from rich.markup import escape


class PipeSafeConsole(Console):
    """Prints until a pipe is closed or a disk is full, then prints nothing more; the work continues."""

    def print(self, *objects: Any, **how: Any) -> None:
        """Print; after an error of the output, print nothing more."""
        try:
            super().print(*objects, **how)
        except OSError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        """Print nothing more, instead of ending the process as Rich does."""
        self.quiet = True
        with suppress(OSError, ValueError):  # what is still buffered must not fail when the process ends
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.file.fileno())
            os.close(nowhere)


def print_line(console: Console, text: str, style: str = "") -> None:
    """Print a text as it is, however long, without markup."""
    console.print(escape(text), highlight=False, soft_wrap=True, style=style)

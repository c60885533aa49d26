"""A console that falls silent where nobody listens any more: hours of work do not hang on the terminal."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from rich.console import Console


class Voice(Console):
    """Prints as long as it can; once a pipe is closed or a disk full, nothing more is said and the work goes on."""

    def print(self, *objects: Any, **how: Any) -> None:
        """Print, or fall silent."""
        try:
            super().print(*objects, **how)
        except OSError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        """Fall silent, instead of ending the process as Rich does."""
        self.quiet = True
        with suppress(OSError, ValueError):  # what is still buffered must not fail when the process ends
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.file.fileno())
            os.close(nowhere)

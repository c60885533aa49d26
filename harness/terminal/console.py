"""A console that survives a closed pipe or a full disk, and prints no control characters from a text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.segment import Segment

from harness.errors import shown


class PipeSafeConsole(Console):
    """Prints until a pipe is closed or a disk is full, then prints nothing more; the work continues.

    Only Rich may print escape sequences and other control characters. In a text, which may come from an untrusted record or
    file, each is replaced by a question mark.
    """

    def render(self, *given: Any, **how: Any) -> Iterator[Segment]:
        """Render what is to be printed."""
        for segment in super().render(*given, **how):
            plain = segment.control or segment.text.isprintable() or segment.text == "\n"
            yield segment if plain else Segment(shown(segment.text, "\n\t"), segment.style)

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

"""Text for a table's cell that breaks where words, ids and codes have a joint, and never inside a word that fits."""

from __future__ import annotations

import re

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_JOINT = re.compile(r"(?<=[/=])|(?<=-)(?=[^\W\d])")
"""Where a word may be broken: after a slash or an equals sign, and after a hyphen unless a number follows."""


class Breakable:
    """A text whose lines end at spaces, and within a word wider than the column at its joints.

    Attributes:
        text: on one line.
    """

    def __init__(self, text: str) -> None:
        """Take a text as it is: it has no markup."""
        self.text = text

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the widths of the longest piece and of the whole."""
        pieces = [Text(piece).cell_len for word in self.text.split() for piece in _JOINT.split(word)]
        return Measurement(max(pieces, default=0), Text(self.text).cell_len).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines; a piece wider than the column is folded."""
        yield Text("\n".join(self.lines(options.max_width)), overflow="fold")

    def lines(self, width: int) -> list[str]:
        """Return the text in lines of at most this width, but for pieces that are wider."""
        found = [""]
        for word in self.text.split():
            pieces = [word] if Text(word).cell_len <= width else _JOINT.split(word)
            for place, piece in enumerate(pieces):
                longer = f"{found[-1]}{' ' if found[-1] and not place else ''}{piece}"
                if found[-1] and Text(longer).cell_len > width:
                    found.append(piece)
                else:
                    found[-1] = longer
        return found

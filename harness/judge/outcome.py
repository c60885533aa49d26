"""The five outcomes, each a value that holds all that judging, the report and the terminal show of it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self


class Look(NamedTuple):
    """How an outcome is shown: never by colour alone.

    Attributes:
        word: in a table's cell.
        mark: one character, in the fonts of screen and PDF.
        css: class of the elements that carry the colour.
        colour: in figures, in the light theme; the page's style sheet replaces it by class in the dark.
        style: in the terminal (rich).
        clause: after a number of claims: ``2 did not reproduce``.
        verb: before that clause, of one claim and of several.
        marker: of a mean in figures (matplotlib).
        filled: whether that marker is.
    """

    word: str
    mark: str
    css: str
    colour: str
    style: str
    clause: str
    verb: tuple[str, str]
    marker: str
    filled: bool


class Outcome(StrEnum):
    """The five outcomes, in the order of the gates (``harness/judge/gates.py``); as JSON, the word alone.

    Attributes:
        rank: the place at which reports count it.
        judged: whether the claim was measured and compared with the paper.
        decided: whether the paper was found right or wrong.
        look: how it is shown.
    """

    rank: int
    judged: bool
    decided: bool
    look: Look

    def __new__(cls, word: str, rank: int, judged: bool, decided: bool, look: Look) -> Self:
        """Make a member that equals its word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.rank, member.judged, member.decided, member.look = rank, judged, decided, look
        return member

    NOT_RUN = (
        "NOT_RUN", 5, False, False,
        Look("not run", "○", "is-missing", "#5c6470", "dim", "not run", ("was", "were"), "s", False),
    )  # fmt: skip
    NOT_COMPARABLE = (
        "NOT_COMPARABLE", 4, False, False,
        Look(
            "not comparable", "≠", "is-incomparable", "#5a4a9c", "cyan", "not comparable",
            ("is", "are"), "s", False,
        ),
    )  # fmt: skip
    REPRODUCED = (
        "REPRODUCED", 1, True, True,
        Look("reproduced", "✓", "is-reproduced", "#0a6b50", "green", "reproduced", ("is", "are"), "o", True),
    )  # fmt: skip
    NOT_REPRODUCED = (
        "NOT_REPRODUCED", 2, True, True,
        Look(
            "not reproduced", "✗", "is-refuted", "#b02a1c", "red", "did not reproduce",
            ("is", "are"), "X", True,
        ),
    )  # fmt: skip
    INCONCLUSIVE = (
        "INCONCLUSIVE", 3, True, False,
        Look("inconclusive", "?", "is-open", "#8a5a00", "yellow", "inconclusive", ("is", "are"), "o", False),
    )  # fmt: skip


RANKED = tuple(sorted(Outcome, key=lambda outcome: outcome.rank))
"""The outcomes in the order reports count them."""

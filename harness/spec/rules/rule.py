"""What a rule of packs is: an id that stays, and the paragraph that explains it."""

from __future__ import annotations

from dataclasses import dataclass

TABLE, PAPER, MODELS, ATTACKS = "claims/table-1.yaml", "paper.yaml", "models.yaml", "attacks.yaml"
"""The files of the pack that `harness init` writes, which every example changes."""
SENTENCES = "sentences.yaml"
"""A file that it does not write."""


@dataclass(frozen=True)
class Replacement:
    """A text of the pack that `harness init` writes, and what an example has in its place.

    Where ``old`` is empty, the file is one that the pack does not have, and ``new`` is all of it.
    """

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Example:
    """One mistake and its repair, in the pack that `harness init` writes.

    Attributes:
        file: the file; empty where ``wrong`` and ``right`` are themselves names of a file.
        wrong: what breaks the rule.
        right: what keeps it.
        within: the text of the file that both replace; empty where ``right`` is that text.
        also: what else must be changed for the example to make sense.
    """

    file: str
    wrong: str
    right: str
    within: str = ""
    also: tuple[Replacement, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One rule that packs keep.

    Attributes:
        id: what a finding is known by; it does not change when a message is worded anew.
        what: what was found, in one clause.
        why: why that matters.
        repair: how to repair it.
        example: the rule broken and kept.
        warning: whether a finding may be no mistake, and stops nothing.
    """

    id: str
    what: str
    why: str
    repair: str
    example: Example
    warning: bool = False

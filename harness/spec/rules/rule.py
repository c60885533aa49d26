"""A rule for packs: a permanent id, and the paragraph that explains it."""

from __future__ import annotations

from dataclasses import dataclass

TABLE, PAPER, MODELS, ATTACKS = "claims/table-1.yaml", "paper.yaml", "models.yaml", "attacks.yaml"
"""The files of the pack that `harness init` writes; every example changes them."""
SENTENCES = "sentences.yaml"
"""A file that `harness init` does not write."""


@dataclass(frozen=True)
class Replacement:
    """A text in the pack that `harness init` writes, and its replacement in an example.

    If ``old`` is empty, the pack does not have the file, and ``new`` is its whole text.
    """

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Example:
    """One mistake and its repair, in the pack that `harness init` writes.

    Attributes:
        file: the file; empty if ``wrong`` and ``right`` are themselves names of a file.
        wrong: a text that breaks the rule.
        right: a text that follows it.
        within: the text of the file that both replace; empty if ``right`` is that text.
        also: what else must be changed for the example to make sense.
    """

    file: str
    wrong: str
    right: str
    within: str = ""
    also: tuple[Replacement, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One rule for packs.

    Attributes:
        id: id of its findings; it does not change if a message changes.
        what: the finding, in one clause.
        why: why that matters.
        repair: how to repair it.
        example: the rule broken and followed.
        warning: whether a finding is only a possible mistake and stops nothing.
    """

    id: str
    what: str
    why: str
    repair: str
    example: Example
    warning: bool = False

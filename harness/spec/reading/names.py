"""Checks that the keys of a mapping are valid names."""

from __future__ import annotations

from harness.naming import refused
from harness.spec.reading.node import Node, Problems
from harness.spec.rules.texts import BAD_NAME


def check_names(node: Node, what: str, problems: Problems) -> None:
    """Report every key of a mapping that is not a valid name."""
    for name, entry in node.entries.items():
        if complaint := refused(name, what):
            problems.at_key(entry, BAD_NAME, complaint)

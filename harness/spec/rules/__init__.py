"""The lint rules of packs: each finding of `harness lint` names its rule, and `harness lint --explain ID` explains it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harness.errors import UsageError
from harness.naming import unknown
from harness.spec.rules import claims, entries, numbers, promises, sentences, texts
from harness.spec.rules.rule import Rule

__all__ = ["RULES", "Rule", "rule_of"]

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.id: rule
        for group in (texts, entries, claims, sentences, numbers, promises)
        for rule in vars(group).values()
        if isinstance(rule, Rule)
    }
)
"""Every rule by its id; rules for files first."""


def rule_of(name: str) -> Rule:
    """Return the rule of an id.

    Raises:
        UsageError: for an unknown id, with the nearest known one.
    """
    if name not in RULES:
        raise UsageError(f"{unknown('rule', name, RULES)}; `harness lint --explain all` lists them")
    return RULES[name]

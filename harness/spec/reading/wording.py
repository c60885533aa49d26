"""Describes in words what a field accepts and what was found instead."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from types import NoneType
from typing import Any, get_origin

from harness.kinds.field_types import alternatives
from harness.naming import shortened
from harness.spec.reading.node import Node
from harness.spec.reading.numerals import meant
from harness.spec.reading.scalar import resolve


def found(node: Node) -> str:
    """Describe the value of a node."""
    value = node.value
    if value is None:
        return "nothing" if not node.text else "null"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        return f"the text {shortened(value)}"
    if isinstance(value, bool):
        return node.text
    return f"the number {node.text[:40]}"


def repair(node: Node, annotation: Any) -> str:
    """Say how to repair a value of the wrong type, if that can be guessed; else return an empty text."""
    kinds = {get_origin(member) or member for member in alternatives(annotation)}
    value = node.value
    if isinstance(value, str):
        if bool in kinds and value.lower() in {"yes", "no", "on", "off", "y", "n", "true", "false"}:
            return f"; write {'true' if value.lower() in {'yes', 'on', 'y', 'true'} else 'false'}, without quotes"
        if number := _number(value, kinds):
            return f"; write {number}, without quotes"
    elif isinstance(value, int | float) and str in kinds:
        return f'; put it in quotes: "{node.text}"'
    if kinds <= {tuple, NoneType} and not isinstance(value, dict | list | None):
        return f"; write [{node.text}]"
    return ""


def _number(text: str, kinds: AbstractSet[Any]) -> str:
    """Return a text as a number that a field of these types accepts; empty if it is not a number, or is ambiguous."""
    for plain in (text.strip(), *(meant(text).numbers if len(meant(text).numbers) == 1 else ())):
        value, mistake = resolve(plain, quoted=False)
        if not mistake and ((type(value) is int and kinds & {int, float}) or (type(value) is float and float in kinds)):
            return plain
    return ""

"""Finds texts that a ``#`` cuts: YAML silently treats the rest as a comment."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from harness.errors import Problem
from harness.naming import shortened
from harness.spec.reading.node import Problems
from harness.spec.reading.scalar import resolve
from harness.spec.reading.yaml import parsed, read_text
from harness.spec.rules.texts import TEXT_CUT_BY_COMMENT

PROSE = frozenset(
    [
        "title",
        "authors",
        "venue",
        "version",
        "note",
        "says",
        "because",
        "question",
        "label",
        "section",
        "deviates_because",
        "not_expressible",
        "infeasible",
    ]
)
"""Keys of free text: even one word, or none, may be what a comment left of a text."""
_COMMENT = re.compile(r"[ \t]+(#[^\r\n]*)")


def cut_texts(file: Path) -> list[Problem]:
    """Return a warning for each unquoted text of a file that a comment follows on the same line.

    Names, numbers and brackets may be followed by comments; but a text of several words, or under a key of free text,
    may have continued after the '#'. A file that cannot be read has mistakes instead of warnings.
    """
    text = read_text(file, Problems())
    if text is None:
        return []
    try:
        return _cuts(list(parsed(text)), text, file)
    except (YAMLError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
        return []


def _cuts(events: list[Event], text: str, file: Path) -> list[Problem]:
    found, after = [], 0
    open_: list[list[str | None]] = []  # for each mapping its keys so far; the last one is None if a key comes next
    for event in events:
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            open_.pop()
        keys = open_[-1] if open_ else []
        is_key = bool(keys) and keys[-1] is None
        if isinstance(event, ScalarEvent) and not is_key:
            key = next((inner[-1] for inner in reversed(open_) if inner), None) or ""
            # For an absent value the parser gives only the position of what follows.
            comment = _COMMENT.match(text, event.end_mark.index if event.value else after)
            if comment and not event.style and _is_prose(event.value, key):
                found.append(_warning(event, key, comment[1], file))
        if isinstance(event, MappingStartEvent):
            open_.append([None])
        elif isinstance(event, SequenceStartEvent):
            open_.append([])
        if is_key and isinstance(event, ScalarEvent):
            after = text.find(":", event.end_mark.index) + 1
        if keys and isinstance(event, ScalarEvent | MappingEndEvent | SequenceEndEvent):
            keys[-1:] = [event.value if is_key and isinstance(event, ScalarEvent) else None]
    return found


def _is_prose(value: str, key: str) -> bool:
    """Whether an unquoted value is free text."""
    if key in PROSE:
        return True
    return isinstance(resolve(value, quoted=False)[0], str) and len(value.split()) > 1


def _warning(event: ScalarEvent, key: str, comment: str, file: Path) -> Problem:
    end = f"the text ends with {shortened(event.value[-30:])}" if event.value else "there is no text"
    return Problem(
        file, event.start_mark.line + 1, event.start_mark.column + 1, key,
        f"{end}, because YAML treats {shortened(comment, 30)} as a comment; put the text in quotes, or the "
        f"comment on a separate line",
        TEXT_CUT_BY_COMMENT.id,
    )  # fmt: skip

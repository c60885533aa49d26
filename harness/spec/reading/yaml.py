"""Reads one YAML file of a pack into nodes with their places; refuses everything that is not plain data.

YAML 1.2 with its core schema. Tags, anchors, aliases, directives and second documents are refused. Nothing is expanded,
so the cost is proportional to the file's size.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.scanner import Scanner, ScannerError

from harness.files import UnfitError, read_regular
from harness.spec.reading.node import Node, Place, Problems
from harness.spec.reading.scalar import UNPRINTABLE, resolve
from harness.spec.rules.texts import BAD_NAME, MORE_THAN_DATA, NOT_A_VALUE, UNREADABLE_FILE, WRITTEN_TWICE, YAML_SYNTAX

MAX_BYTES = 2 * 1024 * 1024
"""Size limit of one file; a thousand claims take about a quarter of a million bytes."""
KEPT, KEPT_SIZE = 64, 2**17
"""Number of cached parsed texts, and the largest number of characters of such a text."""
MAX_DEPTH = 24
"""Limit of nesting; packs use about ten levels."""

_REPAIRS = (
    ("found character '\\t'", "indent with spaces: YAML does not read tabs"),
    ("found character '%'", 'put it in quotes: "%"'),
    ("that cannot start any token", "put the text in quotes"),
    ("mapping values are not allowed", "put the text in quotes if it contains ': ', or check the indentation"),
    (
        "expected <block end>, but found '<scalar>'",
        "double a quote inside quotes, put a text that contains ' #' in quotes, or check the indentation",
    ),
    ("expected <block end>", "check the indentation: entries of one mapping or list start in the same column"),
    ("expected ',' or", "check that every bracket is closed and that members are separated by commas"),
    (
        "expected the node content, but found '<stream end>'",
        "the file ends too early: check that every bracket is closed",
    ),
    ("found unexpected end of stream", "a quote is opened and never closed"),
    ("could not find expected ':'", "write 'key: value', or check the indentation"),
)


TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep; no part of a pack is"


class _StopReadingError(Exception):
    """The rest of the file cannot be read; the problem has been reported."""


class _TooDeepError(ScannerError):
    """Brackets are nested more deeply than in any pack."""


class _Scanner(Scanner):
    """Stops at brackets that are nested too deeply: the parser reads ahead to the end of the line, in cubic time."""

    def fetch_flow_collection_start(self, token: Any, to_push: str) -> None:
        """Begin a list or mapping in brackets."""
        if len(self.flow_context) > MAX_DEPTH:
            raise _TooDeepError(None, None, TOO_DEEP, self.reader.get_mark())
        super().fetch_flow_collection_start(token, to_push)


def parsed(text: str) -> Iterator[Any]:
    """Yield the events of a text; raises YAMLError, and some of Python's own errors, if it is not YAML."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _Scanner
    yield from yaml.parse(text)


def read(file: Path, problems: Problems) -> Node | None:
    """Read a file.

    Args:
        file: path of the file.
        problems: receives every mistake.

    Returns:
        The file's one value, or None if the file could not be read (which is then reported).
    """
    text = read_text(file, problems)
    if text is None:
        return None
    root, found = (_read if len(text) <= KEPT_SIZE else _read.__wrapped__)(file, text)
    problems.add(found)
    return root


@lru_cache(maxsize=KEPT)
def _read(file: Path, text: str) -> tuple[Node | None, Problems]:
    """Read a text; cached, because a pack is read again for each of its readings."""
    problems = Problems()
    return _root(file, text, problems), problems


def _root(file: Path, text: str, problems: Problems) -> Node | None:
    try:
        root = _Builder(file, problems).document(parsed(text))
    except _StopReadingError:
        return None
    except _TooDeepError as error:
        problems.at_place(_mark(file, error.problem_mark), UNREADABLE_FILE, TOO_DEEP)
        return None
    except MarkedYAMLError as error:
        problems.at_place(_mark(file, error.problem_mark or error.context_mark), YAML_SYNTAX, _syntax(error))
        return None
    except (YAMLError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        # The parser also fails with bare Python errors, for example on the escape "\UFFFFFFFF".
        problems.at_place(Place(file), YAML_SYNTAX, f"not YAML: {str(error) or type(error).__name__}")
        return None
    if root is None:
        problems.at_place(Place(file), UNREADABLE_FILE, "the file is empty; write its content, or delete it")
    return root


def read_text(file: Path, problems: Problems) -> str | None:
    """Return the file's text, or None after reporting why it cannot be read."""
    try:
        data = read_regular(file, MAX_BYTES)
    except UnfitError as error:
        repair = "split the file" if error.errno == errno.EFBIG else "move it away"
        problems.at_place(Place(file), UNREADABLE_FILE, f"{error.strerror}; {repair}")
        return None
    except OSError as error:
        problems.at_place(Place(file), UNREADABLE_FILE, f"cannot be read: {error.strerror or error}")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        message = f"not UTF-8: found the byte 0x{data[error.start]:02x}; save the file as UTF-8"
        problems.at_place(_position(file, before), UNREADABLE_FILE, message)
        return None
    if strange := UNPRINTABLE.search(text):
        code = ord(strange.group())
        message = f"found the control character U+{code:04X}; delete it"
        problems.at_place(_position(file, text[: strange.start()]), UNREADABLE_FILE, message)
        return None
    return text


def _position(file: Path, before: str) -> Place:
    """Return the place after some text."""
    lines = before.splitlines() or [""]
    if before.endswith(("\n", "\r")):
        lines.append("")
    return Place(file, len(lines), len(lines[-1]) + 1)


def _mark(file: Path, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def _syntax(error: MarkedYAMLError) -> str:
    """Report what the parser found, and how to repair it."""
    found = " ".join(str(error.problem or "cannot be read").split())
    context = f" {error.context}" if error.context else ""
    if error.context_mark is not None and error.context_mark.line != getattr(error.problem_mark, "line", None):
        context += f" that starts in line {error.context_mark.line + 1}"
    repair = next((repair for sign, repair in _REPAIRS if sign in found), "")
    return f"not YAML: {found}{context}" + (f"; {repair}" if repair else "")


class _Builder:
    """Builds nodes from the parser's events."""

    def __init__(self, file: Path, problems: Problems) -> None:
        self.file = file
        self.problems = problems

    def document(self, events: Iterator[Any]) -> Node | None:
        """Return the one document of the stream, or None if there is none."""
        root = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                self._document_start(event, first=root is None)
                root = self._node(next(events), events, "", None, 0)
            elif isinstance(event, StreamEndEvent):
                break
        if root is not None and root.unset and not root.text:
            return None
        return root

    def _document_start(self, event: DocumentStartEvent, *, first: bool) -> None:
        place = self._place(event, "")
        if event.version or event.tags:
            self.problems.at_place(
                place, MORE_THAN_DATA, "found a directive (%YAML or %TAG) above; delete it: packs are YAML 1.2 data"
            )
        if not first:
            self.problems.at_place(
                place, MORE_THAN_DATA, "found a second document; a file holds one: delete this '---'"
            )
            raise _StopReadingError

    def _place(self, event: Any, where: str) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1, where)

    def _node(self, event: Any, events: Iterator[Any], where: str, key: Place | None, depth: int) -> Node:
        place = self._place(event, where)
        bad = self._refused(event, place)
        if depth > MAX_DEPTH:
            self.problems.at_place(place, UNREADABLE_FILE, TOO_DEEP)
            raise _StopReadingError
        value: Any = None
        text, quoted = "", False
        if isinstance(event, MappingStartEvent):
            value = self._mapping(events, where, depth)
        elif isinstance(event, SequenceStartEvent):
            value = self._sequence(events, where, depth)
        elif isinstance(event, ScalarEvent):
            text, quoted = event.value, bool(event.style)
            value, mistake = resolve(text, quoted=quoted)
            if mistake:
                self.problems.at_place(place, NOT_A_VALUE, mistake)
                bad = True
        return Node(value, place, key or place, text, quoted, bad)

    def _refused(self, event: Any, place: Place) -> bool:
        """Report anchors, aliases and tags; return whether there was one."""
        if not isinstance(event, NodeEvent):
            return False
        tag = getattr(event, "ctag", None)
        if isinstance(event, AliasEvent):
            self.problems.at_place(
                place, MORE_THAN_DATA, f"found the alias '*{event.anchor}'; write out the value: aliases are refused"
            )
        elif event.anchor:
            self.problems.at_place(
                place, MORE_THAN_DATA, f"found the anchor '&{event.anchor}'; delete it: anchors are refused"
            )
        elif tag:
            self.problems.at_place(
                place,
                MORE_THAN_DATA,
                f"found the tag '{str(tag).replace('tag:yaml.org,2002:', '!!')}'; delete it: packs hold plain data",
            )
        else:
            return False
        return True

    def _mapping(self, events: Iterator[Any], where: str, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._node(event, events, where, None, depth + 1)
            name = key.text
            inner = f"{where}.{name}" if where else name
            here = Place(self.file, key.place.line, key.place.column, inner)
            value = self._node(next(events), events, inner, here, depth + 1)
            if isinstance(key.value, dict | list) or isinstance(event, AliasEvent):
                self.problems.at(
                    key, BAD_NAME, "expected a name as key, found a list or a mapping; write 'name: value'"
                )
            elif name == "<<" and not key.quoted:
                self.problems.at_place(here, MORE_THAN_DATA, "'<<' (merge key) is not supported; write out the fields")
            elif name in entries:
                first = entries[name].key.line
                self.problems.at_place(
                    here, WRITTEN_TWICE, f"written twice (first in line {first}); keep one of the two"
                )
            elif mistake := resolve(name, quoted=True)[1]:
                self.problems.at_place(Place(self.file, here.line, here.column, where), NOT_A_VALUE, mistake)
            else:
                entries[name] = value
        return entries

    def _sequence(self, events: Iterator[Any], where: str, depth: int) -> list[Node]:
        members: list[Node] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            members.append(self._node(event, events, f"{where}[{len(members)}]", None, depth + 1))
        return members

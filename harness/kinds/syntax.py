"""Reads a source file without running it: a hash of its syntax tree without docstrings, and the modules it imports."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any


def stamp(path: Path) -> tuple[int, int]:
    """Return a file's time and size: what was read of it is cached until they change."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@cache
def source_of(path: Path, *stamp: int) -> tuple[str, frozenset[str]]:
    """Return the SHA-256 of a file's syntax tree without docstrings, and the modules it imports.

    For a file that is not Python, the SHA-256 of its bytes, and no modules.
    """
    if path.suffix != ".py":
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), frozenset()
    content = path.read_bytes()
    try:
        tree = ast.parse(content)
        text, imports = repr(_plain(tree)), frozenset(_imports(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return hashlib.sha256(content).hexdigest(), frozenset()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), imports


def _plain(node: Any) -> Any:
    """Return a syntax tree as plain values that are the same in every version of Python: empty fields are left out."""
    if isinstance(node, ast.AST):
        parts = [(name, _plain(part)) for name, part in ast.iter_fields(node) if part not in (None, [])]
        return (type(node).__name__, *parts)
    if isinstance(node, list):
        return [_plain(each) for each in node if not _says_nothing(each)]
    return type(node).__name__, repr(node)


def _says_nothing(statement: Any) -> bool:
    """Whether a statement is a string on its own: a docstring, of a field too."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _imports(tree: ast.AST) -> Iterator[str]:
    """Yield the modules that are imported anywhere in a tree; a leading dot for each level of a relative name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            if node.module:
                yield base
            yield from (f"{base}{'.' if node.module else ''}{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            yield from _by_name(node)


def _by_name(call: ast.Call) -> set[str]:
    """Return the module that a call of ``import_module`` or ``__import__`` names by a literal."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0] if call.args else None
    named = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return {first.value} if named and name in {"import_module", "__import__"} else set()  # type: ignore[union-attr]

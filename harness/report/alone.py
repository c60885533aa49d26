"""Pages without a record of their own: rendered by a template; they overwrite only pages of their own kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.drafts import replace_file
from harness.errors import ReportError
from harness.files import make_folder

_REACH = 4096
"""Bytes at the beginning of a page in which its mark is searched for."""


def render_alone(kind: str, **shown: Any) -> str:
    """Return the page of a kind, ``index`` or ``comparison``, with what its template shows."""
    from harness.report.page import shared_environment  # noqa: PLC0415  heavy, and needed by nothing else here

    return shared_environment().get_template(f"{kind}.html.j2").render(kind=kind, **shown)


def write_alone(path: Path, kind: str, text: str) -> bool:
    """Write a page in one step, unless it is up to date; return whether anything was written.

    Args:
        path: of the page; its folder is made if it is not there.
        kind: of the page.
        text: as ``render_alone`` returns it.

    Raises:
        ReportError: if it cannot be written, or a file of another kind or origin has its name.
    """
    content = text.encode()
    try:
        make_folder(path.parent)
        if path.is_symlink() or path.exists():
            if path.is_symlink() or not path.is_file() or _mark(kind) not in _head(path):
                raise ReportError(f"{path} is no {kind} that harness wrote; move it away, or name another file")
            if path.read_bytes() == content:
                return False
        replace_file(path, content, durable=False)
    except OSError as error:
        why = error.strerror or error
        raise ReportError(f"{path}: cannot be written ({why}); make room, or name another file") from error
    return True


def _mark(kind: str) -> bytes:
    """Return what a page of a kind has near its beginning."""
    return f'<meta name="harness-kind" content="{kind}">'.encode()


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_REACH)

"""Watches what a process does to the machine: files it writes outside a folder, programs it runs, addresses it asks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
RUNS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn",
     "socket.connect", "socket.getaddrinfo", "socket.bind", "pickle.find_class", "ctypes.dlopen", "webbrowser.open"}
)  # fmt: skip
"""Events of a program, a foreign library or a class of a pickle that is about to be used, or of a network."""
CHANGES = {
    "os.mkdir": (0, 2), "os.remove": (0, 1), "os.rmdir": (0, 1), "os.truncate": (0, None), "os.chmod": (0, 2),
    "os.chown": (0, 3), "os.utime": (0, 3), "os.setxattr": (0, None), "os.mkfifo": (0, None),
}  # fmt: skip
"""Event -> which of its arguments are the path that it changes and the folder that path is relative to."""
MOVES = {"os.rename": (0, 1, 2, 3), "os.link": (0, 1, 2, 3)}
"""Event -> which of its arguments are two paths, and the folders they are relative to."""


class Watch:
    """Notes what is done outside some folders while it looks; Python calls it before each such call of its own.

    Attributes:
        seen: one sentence for each thing that must not happen.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._allowed: tuple[str, ...] = ()
        self._looking = False
        sys.addaudithook(self._hear)  # cannot be removed: one for each process

    @contextmanager
    def outside(self, *folders: Path) -> Iterator[list[str]]:
        """Look for what is done outside these folders while the block runs; yield the list of it."""
        self.seen, self._looking = [], True
        self._allowed = tuple(os.path.realpath(folder) for folder in folders)
        try:
            yield self.seen
        finally:
            self._looking = False

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if not self._looking:
            return
        self._looking = False  # what follows opens files too
        try:
            if event in RUNS:
                self.seen.append(f"{event} {str(given)[:200]}")
            elif event == "open":
                self._opened(*given)
            elif event in CHANGES:
                path, within = CHANGES[event]
                self._changed(event, given[path], -1 if within is None else given[within])
            elif event in MOVES:
                a, b, within_a, within_b = MOVES[event]
                self._changed(event, given[a], given[within_a])
                self._changed(event, given[b], given[within_b])
            elif event == "os.symlink":
                self._changed(event, given[1], given[2])
        finally:
            self._looking = True

    def _opened(self, path: Any, mode: Any, flags: Any) -> None:
        writing = set("wax+") & set(mode) if isinstance(mode, str) else flags & WRITING
        if writing and path != os.devnull:
            self._changed("open", path, -1)

    def _changed(self, event: str, path: Any, within: Any) -> None:
        if isinstance(path, int):
            return  # a file that is open already
        name = os.fsdecode(path)
        if isinstance(within, int) and within != -1 and not name.startswith("/"):
            name = os.path.join(os.readlink(f"/proc/self/fd/{within}"), name)  # noqa: PTH118, PTH115  may be no text
        # Not the path itself: to remove or replace a link is to change its folder.
        folder, last = os.path.split(os.path.abspath(name))  # noqa: PTH100
        real = os.path.realpath(name) if event == "open" else os.path.join(os.path.realpath(folder), last)  # noqa: PTH118
        if not any(real == allowed or real.startswith(f"{allowed}/") for allowed in self._allowed):
            self.seen.append(f"{event} {real}")

"""Presence (heartbeat): every worker keeps updating a file in the store, which shows the others that it is alive.

A worker is dead if its process has ended, which processes on the same machine see at once, or if its file has not
changed for some time. Each observer measures this time with its own clock, from its first look at the file. So clocks
of two machines are never compared, and a clock that is set back does not matter. The file is opened again for each
check and each update, because a network file system shows another machine's writes when a file is opened, not when its
time is read.

A live worker that is taken for dead (stopped, or disconnected for some time) does no harm: the first published result
of a job stays (``Store.save``), even if another worker computes it too.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from harness.files import make_folder, open_regular, read_regular

FOLDER = "workers"
"""Folder of a store, with a file for each worker on it."""
SECONDS = 30.0
"""Seconds without an update after which a worker is dead; it updates six times as often."""
LARGEST = 2**14
"""Largest size in bytes of a worker's file, and of a lease."""
_NAME = re.compile(r"[0-9a-f]{16}")
_PROC = Path("/proc")


@cache
def machine() -> str:
    """Return an identifier of this machine since its start, within which process ids are unique; empty if unknown."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"  # containers on one machine have separate process ids
    except OSError:
        return ""


def started(process: int) -> str:
    """Return the start time of a process on this machine, in ticks since boot; empty if it does not run."""
    try:
        fields = (_PROC / str(process) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]


@dataclass(frozen=True)
class Worker:
    """A process that works on a store.

    Attributes:
        name: random; the name of its file.
        host: its machine's name, for messages.
        process: its process id.
        started: the start time of that process.
        machine: the result of ``machine()`` there.
        seconds: time without an update after which it is dead.
    """

    name: str
    host: str
    process: int
    started: str
    machine: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.host}:{self.process}"

    @property
    def is_gone(self) -> bool:
        """Whether it was a process on this machine that no longer runs."""
        return self.is_here and started(self.process) != self.started

    @property
    def is_here(self) -> bool:
        """Whether it is a process on this machine."""
        return self.machine == machine() != ""


def this_process(seconds: float = SECONDS) -> Worker:
    """Return this process as a worker, under a new name."""
    process = os.getpid()
    return Worker(secrets.token_hex(8), socket.gethostname(), process, started(process), machine(), seconds)


@contextmanager
def present(root: Path, worker: Worker) -> Iterator[None]:
    """Keep a worker's file in a store while the block runs, and update it in a thread.

    Raises:
        OSError: if it cannot be written at first; a failed update is skipped.
    """
    file, ended = root / FOLDER / worker.name, threading.Event()
    make_folder(file.parent, below=root)
    with open_regular(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, follow=False) as new:
        new.write(_content(worker, 0))

    def renew() -> None:
        beat = 0
        while not ended.wait(worker.seconds / 6):
            beat += 1
            with suppress(OSError), open_regular(file, os.O_RDWR, follow=False) as old:
                old.write(_content(worker, beat))

    thread = threading.Thread(target=renew, name="presence", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with suppress(OSError):
            file.unlink()


def _content(worker: Worker, beat: int) -> bytes:
    """Return the content of a worker's file; it has the same length at every heartbeat."""
    return json.dumps({**vars(worker), "beat": f"{beat:012}"}).encode()


@dataclass
class Roster:
    """The workers on a store, as observed by one process.

    Attributes:
        root: the store's folder.
    """

    root: Path
    _seen: dict[Path, tuple[bytes, float]] = field(default_factory=dict)

    def is_alive(self, name: str) -> bool:
        """Whether a worker is alive, as far as is known."""
        file = self.root / FOLDER / name
        try:
            content = read_regular(file, LARGEST, follow=False)
        except FileNotFoundError:
            return False  # it ended, or is known to be dead
        except OSError:
            content = b""
        worker = _read(content)
        if worker is not None and worker.is_gone:
            return False
        return self.is_new(file, content, worker.seconds if worker is not None else SECONDS)

    def is_new(self, file: Path, content: bytes, seconds: float) -> bool:
        """Whether a file's content changed, or was first read, within this many seconds."""
        now = time.monotonic()
        before, since = self._seen.get(file, (None, now))
        if content != before:
            since = now
        self._seen[file] = content, since
        return now - since < seconds

    def workers(self) -> list[Worker]:
        """Return all workers that have a file, including dead ones, in no particular order."""
        found = []
        for name in self._names():
            with suppress(OSError):
                found.append(_read(read_regular(self.root / FOLDER / name, LARGEST, follow=False)))
        return [worker for worker in found if worker is not None]

    def forget_the_gone(self) -> bool:
        """Remove the files of processes on this machine that no longer run; return whether no other file is left."""
        left = False
        for name in self._names():
            file = self.root / FOLDER / name
            with suppress(OSError):
                worker = _read(read_regular(file, LARGEST, follow=False))
                if worker is not None and worker.is_gone:
                    file.unlink()
                    continue
            left = True
        return not left

    def living(self) -> list[str]:
        """Return the live workers, in words; wait until this is known for each, and remove the files of dead ones.

        A dead worker on another machine makes this wait for its own timeout, half a minute by default.
        """
        self.forget_the_gone()
        names = self._names()
        found = {worker.name: worker for worker in self.workers()}
        beats: dict[str, bytes | None] = {}
        while names:
            for name in list(names):
                file, worker = self.root / FOLDER / name, found.get(name)
                content = _bytes(file)
                renewed = content is not None and beats.setdefault(name, content) != content
                if renewed or (worker is not None and worker.is_here and not worker.is_gone):
                    return sorted(str(found.get(each, each)) for each in names)
                if not self.is_alive(name):
                    names.remove(name)
                    with suppress(OSError):
                        file.unlink()
            if names:
                time.sleep(0.1)
        return []

    def _names(self) -> list[str]:
        try:
            return sorted(path.name for path in (self.root / FOLDER).iterdir() if _NAME.fullmatch(path.name))
        except OSError:
            return []


def _bytes(file: Path) -> bytes | None:
    try:
        return read_regular(file, LARGEST, follow=False)
    except OSError:
        return None


def _read(content: bytes) -> Worker | None:
    """Return the worker in a file; None if the file is incomplete."""
    try:
        said: dict[str, Any] = json.loads(content)
        texts = {name: str(said[name]) for name in ("name", "host", "started", "machine")}
        worker = Worker(**texts, process=int(said["process"]), seconds=float(said["seconds"]))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return worker if 0 <= worker.seconds <= 86_400 else None

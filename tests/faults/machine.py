"""What can happen to a machine under a verify: a disk, a clock, memory, a network, signals; each trial ends in the same values.

A trial lets a verify of the pack of fakes meet a fault, holds its exit status, its words and what it leaves behind against what is
promised, then verifies again undisturbed and compares every value with those of a run that nothing happened to.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import fakes
import pytest
from faults.breaking import Disk
from faults.commands import called
from faults.kept import known
from faults.trials import Outcome

from harness import pipeline
from harness.cli import main
from harness.record.file import read
from harness.report.folder import Rendered, render
from harness.run import environment
from harness.store import ARRAYS, ENTRY

CALM = frozenset({0, 1, 3, 4})
"""Exit statuses of a verify that did what it is for, whatever the verdicts are."""


@dataclass(frozen=True)
class Place:
    """A folder with the pack of fakes, a store and a report; what the last verify printed is in ``said``."""

    folder: Path
    words: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """What the last verify printed."""
        return (self.folder / "said").read_text(errors="replace")

    def begin(
        self, *words: str, under: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    ) -> int:
        """Start a verify in a process of its own, under something; return its process id."""
        child = os.fork()
        if child == 0:
            status = 99
            try:
                status = self._verify(words, under)
            finally:
                os._exit(status)
        return child

    def _verify(self, words: Sequence[str], under: Callable[[], contextlib.AbstractContextManager[Any]]) -> int:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        said = os.open(self.folder / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
        os.chdir(self.folder)
        with pytest.MonkeyPatch.context() as patch, fakes.registered(patch):
            patch.setattr(pipeline, "REFRESH_SECONDS", 0.0)  # every value is followed by a write of the record
            patch.setattr(
                pipeline, "render", lambda *given, pdf: render(*given, pdf=False) if pdf else Rendered((), ())
            )
            patch.setattr(environment, "_commit", lambda: None)  # it asks git
            with under():
                try:
                    main(
                        [
                            "verify",
                            "fakes",
                            "--device",
                            "cpu",
                            "--store",
                            "store",
                            "--out",
                            "reports",
                            *self.words,
                            *words,
                        ]
                    )
                except SystemExit as ended:
                    return int(ended.code or 0)
        return 98

    def verify(
        self, *words: str, under: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
    ) -> int:
        """Verify in a process of its own; return its exit status, negative if a signal ended it."""
        return ended(self.begin(*words, under=under))

    @property
    def values(self) -> Any:
        """Every claim's measurement, without when it was made."""
        return read(self.folder / "reports" / "fakes").measurements

    def troubles(self, status: int, *, allowed: frozenset[int] = CALM) -> list[str]:
        """Return what a verify must not have done, whatever happened to it."""
        found, said = [], self.said
        if status not in allowed:
            found.append(f"ended with {status}: {' '.join(said.split())[-400:]}")
        if "Traceback" in said or "internal error" in said:
            found.append(f"wrote a traceback: {' '.join(said.split())[-600:]}")
        if status == 2 and "harness: " not in said:
            found.append("said nothing of its error")
        if (self.folder / "reports" / "fakes" / "record" / "results.json").exists():
            try:
                read(self.folder / "reports" / "fakes")
            except Exception as error:  # noqa: BLE001  whatever it is, the record is not whole
                found.append(f"left a record that cannot be read: {error}")
        return found

    def left(self) -> list[str]:
        """Return what lies about that belongs to no result and no report."""
        odd = [*self.folder.rglob(".*"), *self.folder.rglob("foreign-*"), *self.folder.rglob("*.partial")]
        return [str(path.relative_to(self.folder)) for path in odd if path.name != ".lock"]


def ended(process: int) -> int:
    """Return the exit status of a process once it has ended, negative if a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@functools.cache
def _import_all(pack: Path) -> None:
    """Verify once in this process, so that those that are forked from it have imported everything."""
    with known(), tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        called("verify", pack, "--device", "cpu")


class Machine:
    """The folders of a fault run: one in which nothing happened, and copies of it or of an empty one for each trial."""

    def __init__(self, home: Path, *words: str) -> None:
        self.home, self.words = home, words
        self.empty, self.calm = Place(home / "empty", words), Place(home / "calm", words)
        fakes.write_pack(self.empty.folder / "fakes")
        _import_all(self.empty.folder / "fakes")
        shutil.copytree(self.empty.folder, self.calm.folder)
        self.status = self.calm.verify()
        assert self.status in CALM, self.calm.said
        self.values = self.calm.values

    @contextlib.contextmanager
    def place(self, of: Place | None = None) -> Iterator[Place]:
        """Yield a copy of a place, of the empty one by default; it goes again."""
        folder = Path(tempfile.mkdtemp(prefix="trial-", dir=self.home))
        try:
            shutil.copytree((of or self.empty).folder, folder, dirs_exist_ok=True, symlinks=True)
            yield Place(folder, self.words)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @functools.cached_property
    def small(self) -> Machine:
        """The same for a rehearsal of one table, which has each sort of job and of write, and few of them."""
        return Machine(self.home / "small", "--budget", "rehearsal", "-k", "table-1/bright")

    def again(self, place: Place) -> list[str]:
        """Verify undisturbed; return in what it differs from what an undisturbed machine has."""
        status = place.verify()
        found = place.troubles(status)
        if not found and status != self.status:
            found.append(f"ends with {status} afterwards, expected {self.status}")
        if not found and place.values != self.values:
            found.append("has other values afterwards")
        found += [f"left {each}" for each in place.left()[:2]]
        return found


def disk(machine: Machine, kind: str, every: int = 1) -> Outcome:
    """Let each write of a verify fail, or each ``every``-th, and those after it where the disk is full."""
    outcome, machine = Outcome({"full": "disk full from one write on", "once": "one write fails"}[kind]), machine.small
    with machine.place() as place:
        writes = _writes(place)
    for at in range(1, len(writes) + 1, every):
        with machine.place() as place:
            status = place.verify(under=lambda: _breaking(place, kind, at))  # noqa: B023  used at once
            broken = place.troubles(status, allowed=CALM | {2})
            what = "said, and ended" if status == 2 else "went on"
            if status in CALM and not broken and place.values == machine.values:
                what = "cost nothing"
            broken = broken or machine.again(place)
            outcome.note(what, broken, f"write {at} of {len(writes)}, {writes[at - 1]}")
    return outcome


def _breaking(place: Place, kind: str, at: int) -> contextlib.AbstractContextManager[None]:
    return Disk(place.folder, kind, at).broken()


def _writes(place: Place) -> list[str]:
    """Return what the writes of an undisturbed verify are."""

    @contextlib.contextmanager
    def counted() -> Iterator[None]:
        seen = Disk(place.folder)
        try:
            with seen.broken():
                yield
        finally:
            (place.folder.parent / "writes").write_text(json.dumps(seen.seen))

    place.verify(under=counted)
    found: list[str] = json.loads((place.folder.parent / "writes").read_text())
    return found


def entries(machine: Machine, seed: int = 0, most: int = 10**6) -> Outcome:
    """Cut, flip and swap the files of the store, each in turn; every damaged result is computed again."""
    outcome, drawn = Outcome("store entries cut, flipped, swapped, gone"), random.Random(seed)  # noqa: S311
    files = sorted(
        path.relative_to(machine.calm.folder)
        for path in (machine.calm.folder / "store").rglob("*")
        if path.name in {ENTRY, ARRAYS}
    )
    trials = [(file, way) for file in files for way in ("cut", "flip", "swap", "gone", "noise")]
    for file, way in trials if len(trials) <= most else drawn.sample(trials, most):
        with machine.place(machine.calm) as place:
            shutil.rmtree(place.folder / "reports")
            target, content = place.folder / file, (place.folder / file).read_bytes()
            if way == "cut":
                target.write_bytes(content[: drawn.randrange(len(content))])
            elif way == "flip":
                at = drawn.randrange(len(content))
                target.write_bytes(content[:at] + bytes([content[at] ^ 1 << drawn.randrange(8)]) + content[at + 1 :])
            elif way == "swap":
                other = place.folder / drawn.choice([each for each in files if each.name == file.name and each != file])
                target.write_bytes(other.read_bytes())
                other.write_bytes(content)
            elif way == "gone":
                target.unlink()
            else:
                target.write_bytes(drawn.randbytes(len(content)))
            outcome.note(f"computed again ({way})", machine.again(place), f"{file} {way}")
    return outcome


@contextlib.contextmanager
def _clock(*days: float) -> Iterator[None]:
    """Let the clock be wrong by so many days; by each number in turn, each time it is read."""
    reading, real = iter(range(10**9)), time.time
    with pytest.MonkeyPatch.context() as patch:

        class Wrong(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + timedelta(days=days[next(reading) % len(days)])

        for module in ("harness.run.executor", "harness.pipeline"):
            patch.setattr(f"{module}.datetime", Wrong)
        patch.setattr(time, "time", lambda: real() + 86_400 * days[next(reading) % len(days)])
        yield


def clock(machine: Machine) -> Outcome:
    """Move the clock back between two verifies and within one, and give every file a time of another year."""
    outcome = Outcome("clock moved back or ahead")
    for days in ((3650.0,), (-3650.0,), (0.0, -400.0), (400.0, 0.0, -1.0)):
        with machine.place() as place:
            status = place.verify("-k", "error", under=lambda: _clock(*days))  # noqa: B023  used at once
            broken = place.troubles(status) or machine.again(place)
            outcome.note("same values", broken, f"by {days} days, then right")
    for years in (-30, 30):
        with machine.place(machine.calm) as place:
            then = time.time() + years * 365 * 86_400
            for path in place.folder.rglob("*"):
                os.utime(path, (then, then))
            outcome.note("same values", machine.again(place), f"files {years} years off")
    return outcome


def memory(machine: Machine) -> Outcome:
    """Let each kind of job run out of memory: it asks for more than any machine has."""
    outcome = Outcome("out of memory in one job")

    @contextlib.contextmanager
    def hungry(name: str) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            cls, method = {
                "load": (fakes.Points, "load"),
                "half": (fakes.Half, "load"),
                "train": (fakes.Brightness, "train"),
                "craft": (fakes.Flip, "run"),
                "alike": (fakes.Alike, "run"),
            }[name]
            patch.setattr(cls, method, lambda *_, **__: bytearray(2**62))
            yield

    for name in ("load", "half", "train", "craft"):
        with machine.place() as place:
            status = place.verify(under=lambda: hungry(name))  # noqa: B023  used at once
            broken = place.troubles(status)
            reasons = (
                {m.missing.reason for m in place.values.values() if m.missing is not None} if not broken else set()
            )
            if not broken and reasons != {"infeasible"}:
                broken = [f"claims without a value for {reasons}"]
            broken = broken or machine.again(place)
            outcome.note("NOT_RUN (infeasible), the rest went on", broken, name)
    return outcome


ANSWERS = {
    "says nothing": b"",
    "drips": None,
    "announces more than it sends": b"HTTP/1.0 200 OK\r\nContent-Length: 1000000\r\n\r\nabc",
    "headers without end": b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 5,
    "no HTTP": b"\xff\xfe\x00garbage\n\n",
    "redirects to itself": b"HTTP/1.0 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
    "redirects to a file": b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
    "another file": b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
}
"""What a server does -> what it answers; None sends a byte now and then for ever."""


@contextlib.contextmanager
def server(answer: bytes | None) -> Iterator[str]:
    """Yield the address of a server on this machine that answers so, and hangs where it says nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept: list[socket.socket] = []
        done = threading.Event()

        def drip(to: socket.socket) -> None:
            with contextlib.suppress(OSError):
                to.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                while not done.wait(0.05):
                    to.sendall(b"x")

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    one, _ = listening.accept()
                    kept.append(one)
                    if answer is None:
                        threading.Thread(target=drip, args=(one,), daemon=True).start()
                        continue
                    one.recv(1000)
                    one.sendall(answer)
                    if answer.startswith(b"HTTP/1.0 302"):
                        one.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        done.set()
        for one in kept:
            one.close()


def network(machine: Machine, patience: float = 1.0) -> Outcome:
    """Let a data set be downloaded from a server that hangs or answers anything; the claims on other data go on."""
    outcome = Outcome("a download hangs")
    for name, answer in ANSWERS.items():
        with machine.place() as place, server(answer) as address:
            paper = fakes.PAPER.replace(
                "half: {kind: fake-half, of: points}", "half: {kind: fake-half, of: far}\n  far: {kind: fashion-mnist}"
            )
            fakes.write_pack(place.folder / "fakes", paper=paper)

            @contextlib.contextmanager
            def impatient() -> Iterator[None]:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr("harness.sources.download.ANSWER_SECONDS", patience)
                    patch.setattr("harness.datasets.fashion_mnist.BASE", address)
                    patch.setenv("KERAS_HOME", str(place.folder / "keras"))
                    patch.delenv("HARNESS_OFFLINE", raising=False)
                    yield

            begun = time.monotonic()
            status = place.verify(under=impatient)
            seconds = time.monotonic() - begun
            broken = place.troubles(status)
            if not broken:
                lacking = {claim: m.missing.reason for claim, m in place.values.items() if m.missing is not None}
                if set(lacking.values()) != {"data-missing"} or len(lacking) == len(place.values):
                    broken.append(f"claims without a value: {lacking}")
            if seconds > 60 * patience + 60:
                broken.append(f"took {seconds:.0f} s")
            outcome.note("NOT_RUN (data-missing), the rest went on", broken, name)
    return outcome


def stopped(machine: Machine, times: int, seed: int = 0) -> Outcome:
    """Stop a verify by SIGSTOP at a moment; another is told that the store is in use; the first goes on after SIGCONT."""
    outcome, drawn = Outcome("SIGSTOP at a random moment"), random.Random(seed)  # noqa: S311
    for number in range(times):
        with machine.place() as place:
            for name in ("store", "reports"):
                (place.folder / name).mkdir()
            first = place.begin(under=_slowly)
            time.sleep(drawn.uniform(0.0, 0.6))
            os.kill(first, signal.SIGSTOP)
            second = Place(place.folder / "second")
            shutil.copytree(place.folder / "fakes", second.folder / "fakes")
            for name in ("store", "reports"):
                (second.folder / name).symlink_to(place.folder / name)
            status = second.verify()
            broken = second.troubles(status, allowed=CALM | {2})
            what = "a second verify is told" if status == 2 else "a second verify works"
            os.kill(first, signal.SIGCONT)
            late = ended(first)
            broken += place.troubles(late, allowed=CALM | {2})
            shutil.rmtree(second.folder)
            outcome.note(what, broken or machine.again(place), f"time {number}")
    return outcome


@contextlib.contextmanager
def _slowly() -> Iterator[None]:
    """Let each flush to the disk take a while, so that a random moment is one of work."""
    fsync = os.fsync

    def slow(file: int) -> None:
        time.sleep(0.01)
        fsync(file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", slow)
        yield


def killed(machine: Machine, times: int, seed: int = 0) -> Outcome:
    """Kill verifies at random moments, each going on where the last was killed; begin anew whenever one has ended."""
    outcome, drawn = Outcome("SIGKILL at a random moment"), random.Random(seed)  # noqa: S311
    left = times
    while left > 0:
        with machine.place() as place:
            broken: list[str] = []
            for _ in range(left):
                process = place.begin(under=_slowly)
                time.sleep(drawn.uniform(0.0, 0.5))
                os.kill(process, signal.SIGKILL)
                status = ended(process)
                if status != -signal.SIGKILL:
                    break  # it was done before
                left -= 1
                outcome.count["killed"] += 1
                broken += place.troubles(-9, allowed=frozenset({-9}))
            outcome.note("gone on with to the end", broken or machine.again(place), f"{left} kills before the last")
    return outcome


FAULTS: dict[str, Callable[..., Outcome]] = {
    "full": functools.partial(disk, kind="full"), "once": functools.partial(disk, kind="once"), "entries": entries, "clock": clock, "memory": memory,
    "network": network, "stopped": functools.partial(stopped, times=20), "killed": functools.partial(killed, times=100),
}  # fmt: skip
QUICK: dict[str, dict[str, Any]] = {
    "full": {"every": 60}, "once": {"every": 60}, "entries": {"most": 6}, "network": {"patience": 0.3}, "stopped": {"times": 2}, "killed": {"times": 5},
}  # fmt: skip
"""Fault -> what makes it short."""

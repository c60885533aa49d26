"""Runs trials of hostile input in processes of their own, and says of each what came of it.

A trial is drawn from the name of its sort, a seed and its number alone, so that any can be repeated by itself.
"""

from __future__ import annotations

import json
import os
import random
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults.watching import Watch

from harness.run import environment

LIMIT = 1.0
"""Seconds of a processor that a trial may take longer than the same input unharmed."""
STUCK = 10.0
"""Seconds of a processor after which a trial is stopped where it is."""
STOPPED = 3 * STUCK
"""Seconds of a processor after which a process that says nothing is killed: what it does cannot be stopped otherwise."""
WAITING = 60
"""Seconds after which a process is killed that says nothing and only waits; one that others keep from working does not."""
ROOM = 3 * 2**30
"""Bytes a process may take beyond what it has when it begins: no input is larger than a few megabytes."""


class BrokenPromiseError(AssertionError):
    """A trial ended in a way that no input may lead to."""


class StuckError(BaseException):
    """A trial took too long; raised where it is."""


@dataclass(frozen=True)
class Sort:
    """One sort of hostile input.

    Attributes:
        name: of the sort.
        what: what is done to what, for the page.
        make: writes a trial's input into an empty folder, drawn by a generator; returns what it is, in a few words.
        use: gives the input to the product; returns ``used`` or ``refused``; anything raised is a broken promise.
        baseline: returns the seconds of a processor that an input takes unharmed, given what ``make`` returned.
        warm: does, unwatched, what each process does when it begins: imports, and asking git for the version. It is called
            before each process of trials is made, and does so once.
    """

    name: str
    what: str
    make: Callable[[Path, random.Random], str]
    use: Callable[[Path], str]
    baseline: Callable[[str], float] = lambda _: 0.0
    warm: Callable[[], object] = lambda: None


@dataclass
class Outcome:
    """What came of the trials of a sort of input, or of a fault.

    Attributes:
        name: the sort's, or the fault's.
        count: what came of them -> how many.
        broken: one sentence for each broken promise.
        beside: what else happened in them -> how often.
    """

    name: str
    count: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    beside: Counter[str] = field(default_factory=Counter)

    def note(self, what: str, broken: Sequence[str], where: str) -> None:
        """Count a trial."""
        self.count["broken" if broken else what] += 1
        self.broken += [f"{self.name}, {where}: {each}" for each in broken]


def run(sort: Sort, numbers: Sequence[int], seed: int = 0) -> Outcome:
    """Run trials; one that ends its process, or never ends, is said, and the others go on."""
    outcome, left = Outcome(sort.name), list(numbers)
    sort.warm()
    while left:
        with tempfile.TemporaryDirectory(prefix=f"faults-{sort.name}-") as home:
            for number, kind, told in _of_a_process(sort, left, seed, Path(home)):
                left = left[left.index(number) + 1 :]
                outcome.count[kind] += 1
                if kind == "broken":
                    sys.stdout.write(f"{sort.name} {number}: {told}"[:900] + "\n")
                    outcome.broken.append(f"{sort.name} {number}: {told}")
    return outcome


def _of_a_process(sort: Sort, numbers: list[int], seed: int, home: Path) -> Iterator[tuple[int, str, str]]:
    """Yield number, kind and words of the trials that one process manages."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _work(sort, numbers, seed, home, writing)
        finally:
            os._exit(0)
    os.close(writing)
    begun: int | None = None
    with os.fdopen(reading, "rb", buffering=0) as told:
        for line in _lines(told, child):
            if line is None:
                os.kill(child, signal.SIGKILL)
                break
            begun = line["begun"]
            if "kind" in line:
                yield begun, line["kind"], line["words"]
                begun = None
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if begun is not None:
        yield begun, "broken", f"its process ended with the status {status}, or was killed for its silence"
    elif status:
        raise RuntimeError(f"the process of {sort.name} ended with the status {status} between two trials")


def _lines(told: Any, child: int) -> Iterator[dict[str, Any] | None]:
    """Yield what a process says; None where it is silent for too long."""
    rest, waits, used = b"", 0, _used(child)[0]
    while True:
        if not select.select([told], [], [], 1.0)[0]:
            seconds, waiting = _used(child)
            waits = waits + 1 if waiting else 0
            if seconds - used > STOPPED or waits > WAITING:
                yield None
                return
            continue
        piece = told.read(2**16)
        waits, used = 0, _used(child)[0]
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        yield from map(json.loads, lines)


def _used(process: int) -> tuple[float, bool]:
    """Return the seconds of a processor that a process has used, and whether it waits for something else."""
    state, *rest = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(rest[10]) + int(rest[11])) / os.sysconf("SC_CLK_TCK"), state in "SD"


def _work(sort: Sort, numbers: list[int], seed: int, home: Path, told: int) -> None:
    """Do the trials one after another, and say when each begins and what came of it."""
    environment._commit = lambda: None  # it asks git, twice for each command
    watch = Watch()
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))
    signal.signal(signal.SIGPROF, _stop)

    def say(number: int, **what: Any) -> None:
        os.write(told, (json.dumps({"begun": number, **what}) + "\n").encode())

    for number in numbers:
        place = home / str(number)
        for folder in ("inside", "scratch", "outside"):
            (place / folder).mkdir(parents=True)
        (place / "outside" / "secret").write_text("secret")
        tempfile.tempdir = str(place / "scratch")
        os.chdir(place / "inside")
        say(number)
        kind, words = one(sort, number, seed, place, watch)
        say(number, kind=kind, words=words)
        os.chdir(home)
        shutil.rmtree(place, ignore_errors=True)
        if (
            number % 50 == 0
            and int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() > used + ROOM // 2
        ):
            os._exit(0)  # what a process keeps is no trial's fault: a new one goes on


def _stop(*_: Any) -> None:
    raise StuckError


def one(sort: Sort, number: int, seed: int, place: Path, watch: Watch) -> tuple[str, str]:
    """Do one trial in a place; return what came of it, and why if it is broken.

    One that was slow is done once more: what the machine did beside it makes it slow once.
    """
    kind, words, seconds = _once(sort, number, seed, place, watch)
    if kind != "broken" and seconds > LIMIT and seconds > LIMIT + sort.baseline(words):
        _empty(place)
        kind, words, again = _once(sort, number, seed, place, watch)
        if kind != "broken" and again > LIMIT + sort.baseline(words):
            return "broken", f"{words}: took {seconds:.1f} s of a processor, and then {again:.1f} s"
    return kind, words


def _once(sort: Sort, number: int, seed: int, place: Path, watch: Watch) -> tuple[str, str, float]:
    """Do a trial in the folder ``inside`` of a place; return what came of it, in words, and its seconds of a processor."""
    drawn = random.Random(f"{sort.name}/{seed}/{number}")  # noqa: S311  no secret hangs on it
    inside = place / "inside"
    what = sort.make(inside, drawn)
    begun = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, STUCK)
    try:
        with watch.outside(inside, place / "scratch") as seen:
            kind = sort.use(inside)
        words = "; ".join(seen)
    except BrokenPromiseError as error:
        kind, words = "broken", str(error)
    except BaseException as error:  # noqa: BLE001  whatever it is, it is no clean error
        kind, words = "broken", _told(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - begun
    if not words:
        if left := list((place / "scratch").iterdir()):
            words = f"left {left[0].name} in the folder of temporary files"
        elif [path.name for path in (place / "outside").iterdir()] != ["secret"]:
            words = "changed a folder outside"
    return ("broken", f"{what}: {words}", seconds) if words else (kind, what, seconds)


def _empty(place: Path) -> None:
    """Make the folder of an input empty again."""
    for each in (place / "inside").iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink()


def _told(error: BaseException) -> str:
    """Return an error, and the last places it came through."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    words = ""
    with suppress(Exception):
        words = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {words} at {places}"

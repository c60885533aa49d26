"""The harness command with the kinds of fakes, in a process of its own: ``python tests/driver.py verify …``.

``DRIVER_LOG`` names a file that is told, in one word a line, what is being done; ``DRIVER_SLEEP`` says how many
seconds each of these takes longer, for example ``{"perform": 0.01, "fsync": 0.2}``; ``DRIVER_DIES`` after how many of
them, and how many seconds later, the process kills itself: ``[40, 0.003]``. ``DRIVER_DEADLY`` is the beginning of a word at
which it kills itself at once: ``perform craft``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import fakes
import pytest

from harness.report.folder import render
from harness.run import executor

EVENTS = count(1)


def tell(event: str) -> None:
    """Note an event so that it survives SIGKILL, then take as long as that event is to take."""
    with Path(os.environ["DRIVER_LOG"]).open("ab", buffering=0) as log:
        log.write(f"{event}\n".encode())
    if event.startswith(os.environ.get("DRIVER_DEADLY", "\0")):
        os.kill(os.getpid(), signal.SIGKILL)
    events, seconds = json.loads(os.environ.get("DRIVER_DIES", "[0, 0]"))
    if next(EVENTS) == events:
        threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
    time.sleep(json.loads(os.environ.get("DRIVER_SLEEP", "{}")).get(event.split(maxsplit=1)[0], 0))


@contextmanager
def driven() -> Iterator[None]:
    """Register the fakes; make every job, every flush to the disk and every report tell."""
    with pytest.MonkeyPatch.context() as patch, fakes.registered(patch):
        fsync = os.fsync

        def told(do: Callable[..., Any]) -> Callable[..., Any]:
            def perform(job: Any, *given: Any) -> Any:
                tell(f"perform {job.verb} {job.key}")
                return do(job, *given)

            return perform

        def slow_fsync(file: int) -> None:
            tell("fsync")
            fsync(file)

        def slow_render(*given: Any, pdf: bool) -> Any:
            tell("render")
            return render(*given, pdf=False)

        patch.setattr(executor, "PERFORM", {verb: told(do) for verb, do in executor.PERFORM.items()})
        patch.setattr(os, "fsync", slow_fsync)
        patch.setattr("harness.pipeline.render", slow_render)
        yield


if __name__ == "__main__":
    from harness.cli import main

    with driven():
        main(sys.argv[1:])

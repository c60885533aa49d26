"""Chromium as a reader uses it, spoken to through a pipe in its own protocol (Chrome DevTools Protocol): no package needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe")
RUN = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""Puts our ends of two pipes where a browser expects them, and becomes the browser."""


class Tab:
    """One page of a browser of a given width, light or dark."""

    def __init__(self, reader: Any, writer: Any) -> None:
        self._reader, self._writer, self._last, self._session = reader, writer, 0, None
        self.said: list[str] = []
        """What the browser says of the page since it was opened: errors of scripts, and what its policy refused."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> Any:
        """Send a command and return its result."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        self._writer.write(json.dumps(message).encode() + b"\0")
        self._writer.flush()
        return self._until(lambda heard: heard.get("id") == self._last)["result"]

    def open(self, file: Path, width: int, anchor: str = "", *, scheme: str = "light", scripts: bool = True) -> None:
        """Show a file in a window of some width, light or dark, with its scripts or without, and wait until it is loaded."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.said.clear()
        self.ask("Page.navigate", url="about:blank")
        self._until(lambda heard: heard.get("method") == "Page.loadEventFired")
        self.ask("Page.navigate", url=file.as_uri() + anchor)
        self._until(lambda heard: heard.get("method") == "Page.loadEventFired")

    def tell(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript."""
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True, "userGesture": True}
        found = self.ask("Runtime.evaluate", **asked)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def _until(self, wanted: Any) -> Any:
        while True:
            heard = json.loads(self._next())
            if "error" in heard:
                raise AssertionError(heard["error"])
            if heard.get("method") in {"Log.entryAdded", "Runtime.exceptionThrown"}:
                self.said.append(json.dumps(heard["params"]))
            if wanted(heard):
                return heard

    def _next(self) -> bytes:
        text = bytearray()
        while (letter := self._reader.read(1)) != b"\0":
            assert letter, "the browser has ended"
            text += letter
        return bytes(text)


@contextmanager
def chromium(profile: Path) -> Iterator[Tab]:
    """Start a browser; skip the test where there is none, which `.ci/run` installs."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no chromium is installed")
    (heard, to_us), (from_us, said) = os.pipe(), os.pipe()
    words = [program, *FLAGS, f"--user-data-dir={profile}"]
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, str(from_us), str(to_us), *words],
        pass_fds=(from_us, to_us),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(from_us)
    os.close(to_us)
    try:
        with os.fdopen(heard, "rb") as reader, os.fdopen(said, "wb") as writer:
            yield Tab(reader, writer)
    finally:
        child.terminate()
        child.wait(timeout=30)

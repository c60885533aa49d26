"""Keeps what came of faults and of hostile input: counts, broken promises, when, and with which versions."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import harness
from harness.drafts import replace_file

PACKAGES = ("numpy", "ruamel.yaml", "pydantic", "h5py", "pillow", "rich")
"""Packages that read hostile input."""


class Came(Protocol):
    """What came of some trials."""

    count: Counter[str]
    broken: list[str]
    beside: Counter[str]


def versions() -> dict[str, str]:
    """Return the versions that hostile input meets."""
    own = {
        "harness": harness.__version__,
        "Python": platform.python_version(),
        "Linux": platform.release().partition("-")[0],
    }
    return own | {name: importlib.metadata.version(name) for name in PACKAGES}


def _joined(done: list[list[int]]) -> list[list[int]]:
    """Return ranges of numbers in order, those that touch as one."""
    found: list[list[int]] = []
    for first, last in sorted(done):
        if found and found[-1][1] == first:
            found[-1][1] = last
        else:
            found.append([first, last])
    return found


class Results:
    """A file of what came of each part."""

    def __init__(self, file: Path, *, anew: bool = False) -> None:
        self._file = file
        self.parts: dict[str, dict[str, Any]] = {}
        if file.is_file() and not anew:
            self.parts = json.loads(file.read_text(encoding="utf-8"))

    def trials(self, part: str) -> int:
        """Return how many trials of a part are done."""
        return sum(self.parts.get(part, {}).get("count", {}).values())

    def left(self, part: str, wanted: range) -> list[int]:
        """Return the numbers of trials that are wanted and not done."""
        done = {number for first, last in self.parts.get(part, {}).get("done", []) for number in range(first, last)}
        return [number for number in wanted if number not in done]

    def add(self, part: str, came: Came, numbers: Sequence[int] = ()) -> None:
        """Add trials to a part, of these numbers where they have any."""
        found = self.parts.setdefault(part, {"count": {}, "broken": []})
        if numbers:
            done = found.setdefault("done", [])
            done.append([numbers[0], numbers[-1] + 1])
            found["done"] = _joined(done)
        found["count"] = dict(Counter(found["count"]) + came.count)
        if came.beside:
            found["beside"] = dict(Counter(found.get("beside", {})) + came.beside)
        found["broken"] += came.broken
        found["date"], found["versions"] = datetime.now(UTC).date().isoformat(), versions()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._file, (json.dumps(self.parts, indent=1, ensure_ascii=False) + "\n").encode())

    def take_broken(self, part: str) -> list[int]:
        """Return the numbers of the trials that broke a promise, which count no more: they are to be repeated."""
        found = self.parts.get(part)
        if not found or not found["count"].pop("broken", 0):
            return []
        numbers = sorted(int(each.partition(": ")[0].rpartition(" ")[2]) for each in found["broken"])
        found["broken"] = []
        return numbers

    @property
    def broken(self) -> list[str]:
        """Every broken promise."""
        return [each for part in self.parts.values() for each in part["broken"]]

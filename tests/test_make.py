"""The Makefile: whatever ``.venv`` is that make did not make stays as it is, and only a finished installation is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in
*"-m venv"*) mkdir -p .venv/bin; : > .venv/pyvenv.cfg; cp "$0" .venv/bin/python ;;
*"-m pip"*" -e ."*) exit "${SECOND_PIP:-0}" ;;
*"-m pip"*) exit "${FIRST_PIP:-0}" ;;
esac
"""
"""A Python that takes no time: it says what it was asked for, and its pip fails when it is told to."""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


class Clone:
    """A folder with what `make install` needs, a file beside it that nobody may lose, and a Python of our own."""

    def __init__(self, place: Path) -> None:
        self.folder, self.calls, self.python = place / "clone", place / "calls", place / "python"
        self.venv, self.stamp = self.folder / ".venv", self.folder / ".venv" / ".made-by-make"
        for name in ("harness", "tests", "benchmarks"):
            (self.folder / name).mkdir(parents=True)
        for name in ("Makefile", "requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self.folder)
        self.python.write_text(PYTHON)
        self.python.chmod(0o755)
        self.calls.write_text("")

    def make(self, *words: str, **settings: str) -> tuple[int, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON"))}
        ended = subprocess.run(
            ["make", *words], cwd=self.folder, env={**environment, "CALLS": str(self.calls), **settings},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return ended.returncode, ended.stdout + ended.stderr

    def install(self, **settings: str) -> tuple[int, str]:
        return self.make("install", f"PYTHON={self.python}", **settings)


@pytest.fixture
def clone(tmp_path) -> Clone:
    return Clone(tmp_path)


def environment_of_mine(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home=/usr/bin\n")
    (folder / "notes.txt").write_text("precious")
    return folder / "notes.txt"


def test_an_installation_is_done_once(clone):
    assert clone.install()[0] == 0
    assert clone.stamp.is_file()
    before = clone.calls.read_text()
    assert clone.install()[0] == 0
    assert "-m pip" not in clone.calls.read_text().removeprefix(before)


@pytest.mark.parametrize("words", [("install",), ("venv",), ("clean",)])
@pytest.mark.parametrize("leads_to", ["an environment", "nothing", "itself", "a stamped environment"])
def test_a_linked_environment_stays_and_so_does_what_it_leads_to(clone, words, leads_to, tmp_path):
    target = {"nothing": tmp_path / "nowhere", "itself": clone.venv}.get(leads_to, tmp_path / "mine")
    notes = environment_of_mine(target) if "environment" in leads_to else None
    if "stamped" in leads_to:
        (target / ".made-by-make").write_text("1 1\n/elsewhere\n")
    clone.venv.symlink_to(target)
    status, said = clone.make(*words, f"PYTHON={clone.python}")
    assert "it is a link, which make did not make" in said
    assert (status == 0) is (words == ("clean",))
    assert clone.venv.is_symlink()
    assert notes is None or notes.read_text() == "precious"
    assert "venv" not in clone.calls.read_text().replace("import sys, venv", "")


def test_an_environment_that_make_did_not_make_is_never_emptied(clone):
    notes = environment_of_mine(clone.venv)
    status, said = clone.install()
    assert status != 0
    assert ".venv is in the way; move it (make did not make it)" in said
    assert notes.read_text() == "precious"


def test_an_environment_that_make_began_is_made_anew(clone):
    clone.venv.mkdir()
    (clone.venv / ".begun-by-make").write_text("")
    (clone.venv / "half").write_text("")
    assert clone.install()[0] == 0
    assert clone.stamp.is_file()
    assert not (clone.venv / "half").exists()


@pytest.mark.parametrize("fails", ["FIRST_PIP", "SECOND_PIP"])
def test_a_pip_that_fails_leaves_no_stamp_though_an_older_one_was_there(clone, fails):
    assert clone.install()[0] == 0
    (clone.folder / "requirements.lock").write_text("changed==1\n")
    assert clone.install(**{fails: "1"})[0] != 0
    assert not clone.stamp.exists()
    shutil.copy(ROOT / "requirements.lock", clone.folder)
    before = clone.calls.read_text()
    assert clone.install()[0] == 0
    assert "-r requirements.lock" in clone.calls.read_text().removeprefix(before)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["the folder", "PYTHONPATH"])
def test_only_pythons_own_pip_and_venv_are_run(clone, place, tmp_path):
    """A module of that name in the folder, or on PYTHONPATH, would be taken for Python's own without -I."""
    folder = clone.folder if place == "the folder" else tmp_path / "modules"
    folder.mkdir(exist_ok=True)
    for name in ("pip", "venv", "ensurepip"):
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    status, said = clone.make("install", f"PYTHON={sys.executable}", PYTHONPATH=str(folder), PIP_NO_INDEX="1")
    assert status != 0, said
    assert "the package index cannot be reached or lacks a package" in said
    assert not (tmp_path / "ran").exists()
    assert not clone.stamp.exists()

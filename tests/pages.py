"""The pages of the documentation and their blocks of code, each of which is run as it stands."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from ruamel.yaml import YAML

from harness.cli import main
from harness.spec.reading.init import init

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = ROOT / "docs" / "plugins"
"""Pages whose blocks are a package each: ``tests/kinds/test_page.py`` builds, installs and runs them."""
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if path.parent != PLUGINS
}
"""Path -> text, README first."""
PACK = Path("specs/mypaper")
FILE = re.compile(r"^# ([\w./-]+\.ya?ml)\b.*\n", re.MULTILINE)
"""The comment above a part of a block of YAML: the file it belongs to, of the pack unless it begins elsewhere."""
JUDGING = {"judge", "compare"}
WORKED = {0, 3, 4}
"""Exit statuses of commands that did what they are for: a rehearsal is never comparable, so ``verify`` ends with 4."""


@dataclass(frozen=True)
class Block:
    """A fenced block: the language it names, and its text."""

    language: str
    text: str


def blocks(text: str) -> list[Block]:
    """Return the blocks of a page in their order, directives of Sphinx left out."""
    found = re.findall(r"^(`{3,})([^\n`]*)\n(.*?)^\1$", text, re.DOTALL | re.MULTILINE)
    return [Block(language.strip(), body) for _, language, body in found if not language.startswith("{")]


@dataclass
class Reader:
    """Does in the working folder what a reader of a page does, block by block.

    Attributes:
        also: file of the pack -> what it must have besides, for the blocks of the page to make sense.
        given: names that blocks of Python may use.
        tools: a folder that goes first in ``PATH``.
    """

    also: Mapping[str, str]
    given: Mapping[str, Any]
    tools: Path

    def follow(self, block: Block) -> None:
        """Run one block; it must succeed, and print what the page shows.

        Raises:
            KeyError: for a language that nothing here runs.
        """
        runs: dict[str, Callable[[str], None]] = {
            "console": self.console,
            "yaml": self.yaml,
            "python": self.python,
            "sh": self.shell,
            "": lambda text: None,  # a drawing in letters, which is no code
        }
        runs[block.language](block.text)

    def console(self, text: str) -> None:
        """Run each command after ``$``; what stands beneath must be printed, in this order; ``…`` is any text."""
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            program, *words = shlex.split(command)
            assert program == "harness"
            ended = CliRunner().invoke(main, words)
            assert ended.exit_code in WORKED | ({1} if words[0] in JUDGING else set()), f"{command}\n{ended.output}"
            lines = [re.escape(line) for line in shown.splitlines() if line not in {"", "…"}]
            assert re.search(r"\n(?:.*\n)*?".join(lines), ended.output), f"{command}\n{ended.output}"

    def yaml(self, text: str) -> None:
        """Put each part where it belongs; the pack must then lint, and what is not a pack's must be YAML."""
        _, *parts = FILE.split(text)
        assert parts, f"no file is named: {text}"
        self.prepare()
        for file, part in zip(parts[::2], parts[1::2], strict=True):
            if file.startswith("."):
                assert YAML(typ="safe").load(part)
            else:
                merge(PACK / file.removeprefix(f"{PACK}/"), part)
        ended = CliRunner().invoke(main, ["lint", str(PACK)])
        assert ended.exit_code == 0, f"{text}\n{ended.output}"

    def prepare(self) -> None:
        """Write the pack of ``harness init`` where there is none, and what the blocks of the page take for granted."""
        if not PACK.exists():
            init(PACK)
        for file, text in self.also.items():
            merge(PACK / file, text)
        self.also = {}

    def python(self, text: str) -> None:
        """Import the block as a module: a kind is registered with the file it was written in."""
        file = Path(f"block_{len(list(Path().glob('block_*.py')))}.py").resolve()
        file.write_text(text, encoding="utf-8")
        found = importlib.util.spec_from_file_location(file.stem, file)
        assert found is not None
        assert found.loader is not None
        module = importlib.util.module_from_spec(found)
        vars(module).update(self.given)
        found.loader.exec_module(module)

    def shell(self, text: str) -> None:
        """Run a script by Bash, where ``harness`` is this one and ``make`` says what it would do to the project."""
        environment = {**os.environ, "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        command = ["bash", "-euo", "pipefail", "-c", text]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def tools(folder: Path) -> Path:
    """Write the programs that scripts of pages call, and return their folder."""
    programs = {
        "harness": f'exec "{sys.executable}" -m harness "$@"\n',
        "make": f'exec "{shutil.which("make")}" -n -C "{ROOT}" "$@"\n',
    }
    folder.mkdir()
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def merge(file: Path, text: str) -> None:
    """Add to a file of YAML what a block has: entries to mappings, anything else in the place of what is there.

    A block with a title is a whole file of claims.
    """
    yaml = YAML()
    there = yaml.load(file.read_text(encoding="utf-8")) if file.exists() and not text.startswith("title:") else None
    file.parent.mkdir(parents=True, exist_ok=True)
    indented = re.match(r" +", text)
    if indented:  # among the rows of a table, or among claims
        within = "rows" if there and "rows" in there else "claims"
        text = f"{within}:\n{text}"
    if text.startswith("claims:") and not (there and "claims" in there):
        text = f'title: Claims of a page\nsource: {{section: "1"}}\n{text}'
    new = yaml.load(text)
    for key, value in new.items() if there else ():
        if isinstance(there.get(key), dict) and isinstance(value, dict):
            there[key].update(value)
        else:
            there[key] = value
    yaml.dump(there or new, file)

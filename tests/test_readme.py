"""README's commands are run as they stand, so that they cannot drift from the program."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

import harness
from harness.cli import main

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
COMMANDS = [line[2:] for block in CONSOLE for line in block.splitlines() if line.startswith("$ ")]
ALLOWED = {0, 3, 4}
"""Exit statuses of commands that worked: a rehearsal is never comparable, so ``verify`` ends with 4."""


def test_the_commands_that_make_a_pack_work_in_the_order_the_readme_gives_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [shlex.split(command)[1] for command in COMMANDS] == ["init", "lint", "plan", "verify"]
    for command in COMMANDS:
        program, *words = shlex.split(command)
        assert program == "harness"
        result = CliRunner().invoke(main, words)
        assert result.exit_code in ALLOWED, f"{command}\n{result.output}"
    assert (tmp_path / "reports" / "mypaper" / "index.html").is_file()


@pytest.mark.parametrize("word", re.findall(r"^\| `harness ([a-z]+)", README, re.MULTILINE))
def test_every_command_the_readme_lists_exists(word):
    assert word in main.commands


def test_every_command_that_exists_is_listed_in_the_readme():
    assert set(main.commands) == set(re.findall(r"^\| `harness ([a-z]+)", README, re.MULTILINE))


def test_every_option_the_readme_names_is_one_of_verify():
    options = {name for parameter in main.commands["verify"].params for name in parameter.opts}
    named = set(re.findall(r"`(--?[a-z][a-z-]*)", README))
    assert named
    assert named <= options | {"--json", "--help"}


def test_every_room_the_readme_names_is_there():
    package = Path(harness.__file__).parent
    named = re.findall(r"`harness/([a-z_./]+?)`", README)
    assert named
    assert [name for name in named if not (package / name).exists()] == []


def test_the_python_call_the_readme_shows_can_be_made():
    assert "harness import Options, verify" in README
    assert callable(harness.verify)
    assert harness.Options(runs=3).runs == 3


def test_every_file_the_readme_shows_or_points_to_is_there():
    root = Path(__file__).parent.parent
    named = re.findall(r"\]\(([^):]+)\)|`((?:[A-Z]+\.(?:md|cff)))`", README)
    assert [path for pair in named for path in pair if path and not (root / path).exists()] == []

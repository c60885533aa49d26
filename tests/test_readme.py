"""README's commands and blocks of Python are run as they stand, so that they cannot drift from the program."""

import importlib.util
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import harness
from harness.cli import main

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
COMMANDS = [line[2:] for block in CONSOLE for line in block.splitlines() if line.startswith("$ ")]
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
ALLOWED = {0, 3, 4}
"""Exit statuses of commands that worked: a rehearsal is never comparable, so ``verify`` ends with 4."""


@pytest.fixture(scope="module")
def mypaper(tmp_path_factory):
    """The folder in which the README's commands were run, and what each ended with."""
    folder = tmp_path_factory.mktemp("readme")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return folder, [CliRunner().invoke(main, shlex.split(command)[1:]) for command in COMMANDS]


def block(words):
    """The one block of Python in the README that holds some words."""
    (found,) = (text for text in PYTHON if words in text)
    return found


def test_the_commands_that_make_a_pack_work_in_the_order_the_readme_gives_them(mypaper):
    folder, ended = mypaper
    assert [shlex.split(command)[:2] for command in COMMANDS] == [
        ["harness", word] for word in ("init", "lint", "plan", "verify")
    ]
    for command, result in zip(COMMANDS, ended, strict=True):
        assert result.exit_code in ALLOWED, f"{command}\n{result.output}"
    assert (folder / "reports" / "mypaper" / "index.html").is_file()


def test_what_the_readme_does_from_python_runs_as_it_stands(mypaper, monkeypatch, capsys):
    folder, _ = mypaper
    monkeypatch.chdir(folder)
    exec(compile(block("import harness"), "README.md", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out
    assert "mypaper reports/mypaper 6" in printed
    assert "table-1/linear/test-error NOT_COMPARABLE" in printed
    assert "reports/nowhere" in printed.splitlines()[-1]


def test_what_the_readme_reads_from_verdicts_json_is_there(mypaper, monkeypatch, capsys):
    folder, _ = mypaper
    monkeypatch.chdir(folder)
    exec(compile(block("verdicts.json"), "README.md", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out
    assert printed.startswith("mypaper {")
    assert "'table-1/linear/test-error': 'NOT_COMPARABLE'" in printed


def test_the_kind_the_readme_shows_is_registered_and_measures(tmp_path, monkeypatch):
    registry = harness.metric.__globals__["_kinds"]
    monkeypatch.setitem(registry, "metrics", dict(registry["metrics"]))
    (tmp_path / "mean_pixel.py").write_text(block("MetricRecipe"))
    found = importlib.util.spec_from_file_location("mean_pixel", tmp_path / "mean_pixel.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    images = np.full((2, 1, 1, 1), 0.25, np.float32)
    examples = harness.Examples(images, np.zeros(2, np.int64), np.arange(2))
    assert module.MeanPixel()((), examples, None) == harness.Value(0.25, of=2, spread=0.0)
    assert registry["metrics"]["mean-pixel"] is module.MeanPixel


def test_the_readme_names_every_function_and_error_that_import_harness_offers():
    chapter = README.partition("## From Python")[2].partition("\n## ")[0]
    errors = {
        name
        for name in harness.__all__
        if isinstance(value := getattr(harness, name), type) and issubclass(value, Exception)
    }
    functions = {name for name in harness.__all__ if name[0].islower()}
    assert [name for name in sorted(errors | functions) if f"`{name}" not in chapter] == []


@pytest.mark.parametrize("word", re.findall(r"^\| `harness ([a-z]+)", README, re.MULTILINE))
def test_every_command_the_readme_lists_exists(word):
    assert word in main.commands


def test_every_command_that_exists_is_listed_in_the_readme():
    assert set(main.commands) == set(re.findall(r"^\| `harness ([a-z]+)", README, re.MULTILINE))


def test_every_option_the_readme_names_is_one_of_a_command():
    within = [each for command in main.commands.values() for each in getattr(command, "commands", {}).values()]
    commands = [*main.commands.values(), *within]
    options = {name for command in commands for parameter in command.params for name in parameter.opts}
    named = set(re.findall(r"`(--?[a-z][a-z-]*)", README))
    assert named
    assert named <= options | {"--help"}


def test_every_room_the_readme_names_is_there():
    package = Path(harness.__file__).parent
    named = re.findall(r"`harness/([a-z_./]+?)`", README)
    assert named
    assert [name for name in named if not (package / name).exists()] == []


def test_every_file_the_readme_shows_or_points_to_is_there():
    root = Path(__file__).parent.parent
    named = re.findall(r"\]\(([^):]+)\)|`((?:[A-Z]+\.(?:md|cff)))`", README)
    assert [path for pair in named for path in pair if path and not (root / path).exists()] == []

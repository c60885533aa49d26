"""README and the pages of the documentation name what there is, and all of it."""

import re
from pathlib import Path

import pytest
from pages import PAGES, PLUGINS, ROOT

import harness
from harness.cli import main

COMMANDS = re.findall(r"^\| `harness ([a-z]+)", PAGES["docs/reference/commands.md"], re.MULTILINE)


def test_the_readme_takes_two_screens():
    assert len(PAGES["README.md"].splitlines()) <= 100


def test_every_function_and_error_that_import_harness_offers_is_named_on_its_page():
    errors = {
        name
        for name in harness.__all__
        if isinstance(value := getattr(harness, name), type) and issubclass(value, Exception)
    }
    functions = {name for name in harness.__all__ if name[0].islower()}
    chapter = PAGES["docs/reference/python.md"]
    assert [name for name in sorted(errors | functions) if f"`{name}" not in chapter] == []


@pytest.mark.parametrize("word", COMMANDS)
def test_every_command_that_is_listed_exists(word):
    assert word in main.commands


def test_every_command_that_exists_is_listed():
    assert set(main.commands) == set(COMMANDS)


@pytest.mark.parametrize("page", PAGES)
def test_every_option_that_a_page_names_is_one_of_a_command(page):
    within = [each for command in main.commands.values() for each in getattr(command, "commands", {}).values()]
    commands = [*main.commands.values(), *within]
    options = {name for command in commands for parameter in command.params for name in parameter.opts}
    named = set(re.findall(r"`(--?[a-z][a-z-]*)", PAGES[page]))
    assert named <= options | {"--help"}


def test_every_room_that_a_page_names_is_there():
    package = Path(harness.__file__).parent
    named = {name for text in PAGES.values() for name in re.findall(r"`harness/([a-z_./]+?)`", text)}
    assert len(named) > 30
    assert [name for name in sorted(named) if not (package / name).exists()] == []


@pytest.mark.parametrize("page", [*PAGES, *(path.relative_to(ROOT).as_posix() for path in PLUGINS.glob("*.md"))])
def test_every_file_that_a_page_shows_or_points_to_is_there(page):
    folder, text = (ROOT / page).parent, (ROOT / page).read_text(encoding="utf-8")
    links = [target.partition("#")[0] for target in re.findall(r"\]\(([^):\s]+)\)", text)]
    named = re.findall(r"`((?:[A-Z]+\.(?:md|cff)))`", text)
    assert [path for path in links if path and not (folder / path).exists()] == []
    assert [path for path in named if not (folder / path).exists() and not (ROOT / path).exists()] == []


def test_every_page_is_in_the_contents_of_the_site():
    listed = {
        line
        for contents in re.findall(r"```\{toctree\}\n(.*?)```", PAGES["docs/index.md"], re.DOTALL)
        for line in contents.split()
    }
    pages = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages - {"index"} <= listed

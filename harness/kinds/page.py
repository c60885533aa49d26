"""The pages for authors, and the package that each of them shows, written under a name of the author's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import harness
from harness.errors import UsageError
from harness.fresh import write_new
from harness.kinds.registry import kinds
from harness.naming import refused, unknown

FILE = re.compile(r"^`([\w.]+)`\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""A file on a page: its name on a line of its own, then its text in a fence."""
OFFERS = re.compile(r'^\[project\.entry-points\."harness\.(\w+)"\]\n([\w-]+) = "(\w+):(\w+)"$', re.MULTILINE)
"""Group, kind, module and class that a package offers, in its ``pyproject.toml``."""


def pages() -> dict[str, Path]:
    """Return the pages by what they tell how to write (``attack``): inside an installed package, in docs of a source tree.

    Raises:
        UsageError: if the installation lacks them.
    """
    package = Path(harness.__file__).resolve().parent
    looked = (package / "plugins", package.parent / "docs" / "plugins")
    for folder in looked:
        if found := sorted(folder.glob("*.md")):
            return {page.stem: page for page in found}
    raise UsageError(f"the plugin pages are missing in {looked[0]} and in {looked[1]}; install harness again")


def package_on(page: str) -> dict[str, str]:
    """Return file name -> text of the package that a page's text shows."""
    return dict(FILE.findall(page))


def write_package(folder: Path, what: str) -> list[Path]:
    """Write the package of a page for authors, under the folder's name.

    Args:
        folder: the package's folder; made if it does not exist. Its name becomes that of the kind.
        what: the page: ``attack``, ``layer``, ``training``, ``metric`` or ``dataset``.

    Returns:
        The files written.

    Raises:
        UsageError: if there is no such page, the name cannot be that of a kind, or is that of one, or the folder holds
            anything already or cannot be written to.
    """
    known = pages()
    if what not in known:
        raise UsageError(unknown("sort of plugin", what, known))
    files = package_on(known[what].read_text(encoding="utf-8"))
    return write_new(folder, _renamed(files, folder.absolute().name), "package")


def _renamed(files: Mapping[str, str], name: str) -> dict[str, str]:
    """Return a package whose kind, module, distribution and class are called by another name."""
    found = OFFERS.search(files["pyproject.toml"])
    assert found is not None  # tests hold every page to it
    group, kind, module, cls = found.groups()
    if why := refused(name, "a kind"):
        raise UsageError(why)
    if not name[0].isalpha():
        raise UsageError(
            f"{name}: the class is named after the kind, so the name must begin with a letter; choose another"
        )
    if name != kind and name in kinds(group):
        raise UsageError(f"{name}: a kind of {group} has this name already; choose another name")
    new_class = "".join(map(str.capitalize, re.split("[-_]", name))) + _noun(cls)
    new = {module: f"harness_{name.replace('-', '_')}", cls: new_class, kind: name}
    old = re.compile("|".join(map(re.escape, new)))  # the longer name of the module before the kind's

    def changed(text: str) -> str:
        return old.sub(lambda match: new[match[0]], text)

    return {changed(file): changed(text) for file, text in files.items()}


def _noun(cls: str) -> str:
    """Return the last word of a class's name."""
    return str(re.findall("[A-Z][a-z0-9]*", cls)[-1])

"""The templates of reports: harness's own, and a folder of files that replace some of them."""

from __future__ import annotations

from pathlib import Path

import harness
from harness.errors import ReportError
from harness.naming import unknown


def templates_folder() -> Path:
    """Return the folder of the templates.

    Raises:
        ReportError: if the installation lacks it.
    """
    package = Path(harness.__file__).resolve().parent
    looked = (package / "templates", package.parent / "templates")
    for folder in looked:
        if (folder / "report.html.j2").is_file():
            return folder
    raise ReportError(
        f"the report's templates are missing: no report.html.j2 in {looked[0]} nor in {looked[1]}; install harness again"
    )


def replacements(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder that replace harness's templates, sorted by name; each has the name of one of them.

    Raises:
        ReportError: if the folder cannot be read, is empty, or has a file of another name.
    """
    names = {path.name for path in templates_folder().iterdir()}
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        raise ReportError(f"{folder}: expected a folder of templates ({error.strerror}); name another") from error
    for path in found:
        if path.name not in names or not path.is_file():
            raise ReportError(f"{path}: {unknown('template', path.name, names)}; rename or delete it")
    if not found:
        raise ReportError(f"{folder}: expected at least one template, found none; copy one from {templates_folder()}")
    return tuple(found)

"""The folder of the templates: inside an installed package, beside it in a source tree."""

from __future__ import annotations

from pathlib import Path

import harness
from harness.errors import ReportError


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

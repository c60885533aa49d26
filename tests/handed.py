"""An audit of the pack of fakes as one lab leaves it behind: the pack, the store, and the report without its PDF."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import fakes
import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.pipeline import verify
from harness.prepared import Options
from harness.report.folder import render

REPORT, STORE, PACK = Path("reports", "fakes"), Path("store"), Path("specs", "fakes")
"""Where they are in the lab's folder."""


def audited(folder: Path, **files: str) -> Path:
    """Verify the pack of fakes in a folder; return the folder."""
    with pytest.MonkeyPatch.context() as patch, fakes.registered(patch):
        patch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))
        patch.chdir(folder)
        fakes.write_pack(PACK, **files)
        verify((PACK,), Options(out=REPORT.parent, store=STORE))
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes; links as what they point to."""
    return {
        path.relative_to(folder).as_posix(): path.readlink().as_posix().encode()
        if path.is_symlink()
        else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return audited(tmp_path_factory.mktemp("audited"))


@pytest.fixture
def lab(once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fakes_without_pdf: None) -> Path:
    """The folder of a lab, which is the working folder too, with the kinds of fakes."""
    shutil.copytree(once, tmp_path / "lab")
    monkeypatch.chdir(tmp_path / "lab")
    return tmp_path / "lab"


@pytest.fixture
def call() -> Callable[..., Result]:
    """Run a command of harness."""
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])

"""One lab's audit, made once, and a copy of it for each test to spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from handed import audited

from harness.cli import main


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

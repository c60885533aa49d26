from __future__ import annotations

import re

import pytest

from harness.errors import UsageError
from harness.kinds import registry
from harness.spec.reading.init import init
from harness.spec.reading.lint import lint
from harness.spec.reading.load import load


@pytest.fixture
def real(monkeypatch):
    """Register the real kinds in place of the toys."""
    monkeypatch.undo()
    registry.discover()


def test_a_new_pack_lints(tmp_path, real):
    init(tmp_path / "mine")
    assert lint([tmp_path / "mine"]).mistakes == []


def test_a_new_pack_has_the_files_it_says(tmp_path):
    written = init(tmp_path / "mine")
    assert sorted(written) == sorted(path for path in (tmp_path / "mine").rglob("*") if path.is_file())
    assert {str(path.relative_to(tmp_path / "mine")) for path in written} == {
        "paper.yaml",
        "models.yaml",
        "attacks.yaml",
        "claims/table-1.yaml",
    }


def test_a_new_pack_explains_itself_in_comments(tmp_path):
    for path in init(tmp_path / "mine"):
        assert any(line.lstrip().startswith("# ") for line in path.read_text(encoding="utf-8").splitlines())


def test_what_a_new_pack_shows_in_comments_may_be_written_as_it_stands(tmp_path, real):
    for path in init(tmp_path / "mine"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"# (maxout|printed_numbers):", r"\1:", text), encoding="utf-8")
    paper = load(tmp_path / "mine").paper
    assert list(paper.not_expressible) == ["table-1/maxout/test-error"]
    assert paper.printed_numbers == {"table-2": 12, "figure-3": 4}


def test_a_new_pack_needs_no_download(tmp_path, real):
    init(tmp_path / "mine")
    assert {recipe.kind for recipe in load(tmp_path / "mine").data.values()} == {"digits"}


def test_an_empty_folder_becomes_a_pack(tmp_path):
    init(tmp_path)
    assert (tmp_path / "paper.yaml").is_file()


def test_nothing_is_written_into_a_folder_in_use(tmp_path):
    (tmp_path / "models.yaml").write_text("mine")
    with pytest.raises(UsageError, match="expected a new or an empty folder"):
        init(tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("models.yaml", "mine")]


def test_a_file_is_not_made_a_folder(tmp_path):
    file = tmp_path / "mine"
    file.write_text("x")
    with pytest.raises(UsageError, match="expected a new or an empty folder"):
        init(file)
    with pytest.raises(UsageError, match="no pack can be written here"):
        init(file / "below")
    assert file.read_text() == "x"

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from harness.errors import UsageError
from harness.kinds import registry
from harness.spec.reading.init import init
from harness.spec.reading.lint import lint
from harness.spec.reading.load import load
from harness.spec.reading.schema import schema_files


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


def schemas_named(folder, schemas):
    """The file that the first line of each file of a new pack names: a way from the file's folder, or an address."""
    for file in init(folder, schemas):
        first = file.read_text(encoding="utf-8").splitlines()[0]
        name = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)[1]
        named = Path(unquote(urlsplit(name).path)) if name.startswith("file:") else file.parent / name
        yield file.stem, named.resolve()


@pytest.mark.parametrize("place", ["specs/mine", "mine", "a place/mine"])
@pytest.mark.parametrize("schemas", ["schemas", "editor/my schemas", "specs/mine/../schemas"])
def test_every_file_of_a_new_pack_tells_an_editor_its_schema(tmp_path, place, schemas):
    folder = tmp_path / schemas
    found = dict(schemas_named(tmp_path / place, folder))
    assert found == {
        name: (folder / f"{schema}.schema.json").resolve()
        for name, schema in {"paper": "paper", "models": "models", "attacks": "attacks", "table-1": "claims"}.items()
    }
    assert {path.name for path in found.values()} < set(schema_files())


def test_a_new_pack_in_the_folder_of_packs_names_its_schemas_as_the_packs_of_this_project_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = {str(path): path.read_text(encoding="utf-8").splitlines()[0] for path in init(Path("specs/mine"))}
    root = Path(__file__).resolve().parents[3]
    for path, line in first.items():
        like = root / path.replace("mine", "szegedy2013")
        assert like.read_text(encoding="utf-8").splitlines()[0] == line


def test_a_new_pack_explains_itself_in_comments(tmp_path):
    for path in init(tmp_path / "mine"):
        assert any(line.lstrip().startswith("# ") for line in path.read_text(encoding="utf-8").splitlines())


def test_what_a_new_pack_shows_in_comments_may_be_written_as_it_stands(tmp_path, real):
    for path in init(tmp_path / "mine"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"# (recurrent|printed_numbers|not_printed):", r"\1:", text), encoding="utf-8")
    spec = load(tmp_path / "mine")
    paper = spec.paper
    assert spec.settings.own == 3
    assert list(paper.not_expressible) == ["table-1/recurrent/test-error"]
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

"""A file is written in one step; what a killed process left of it is removed, and nothing else is."""

import os
import stat

import pytest

from harness.drafts import draft, remove_drafts, replace_file

DEAD = 2**22 + 1
"""No process has this number: Linux gives none above 2**22."""
NAMES = ("report.pdf", "index.html")


def test_a_replaced_link_leaves_what_it_pointed_to(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to("mine")
    replace_file(tmp_path / "link", b"ours")
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "link").is_symlink()
    assert stat.S_IMODE((tmp_path / "link").stat().st_mode) == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "mine"]


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_holds_the_old_content_until_the_new_one_is_whole(tmp_path, durable):
    file = tmp_path / "file"
    file.write_text("old")
    with draft(file, durable=durable) as path:
        path.write_text("new, and longer")
        assert file.read_text() == "old"
    assert file.read_text() == "new, and longer"
    assert list(tmp_path.iterdir()) == [file]


def test_a_draft_that_fails_or_is_removed_leaves_the_file_as_it_is(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(IsADirectoryError), draft(tmp_path / "file"):
        tmp_path.write_text("half")
    with draft(tmp_path / "file") as path:
        path.unlink()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "old")]


def test_a_draft_is_new_readable_and_removed_only_where_its_process_cannot_be_writing(tmp_path):
    with draft(tmp_path / "report.pdf") as first, draft(tmp_path / "report.pdf") as second:
        assert first != second
        assert str(os.getpid()) in first.name
        assert first.stat().st_mode & 0o777 == 0o644
        remove_drafts(tmp_path, NAMES, of_the_living=False)
        assert first.exists()
        remove_drafts(tmp_path, NAMES, of_the_living=True)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("of_the_living", [True, False])
def test_what_a_dead_process_left_is_removed(tmp_path, of_the_living):
    (tmp_path / f".index.html.{DEAD}.ab12_x9z.partial").write_text("half")
    remove_drafts(tmp_path, NAMES, of_the_living=of_the_living)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        f".notes.{DEAD}.abcdefgh.partial",
        f"report.pdf.{DEAD}.abcdefgh.partial",
        f".report.pdf.{DEAD}.abcdefgh.partial.mine",
        f".report.pdf.{DEAD}.partial",
        ".report.pdf.mine.abcdefgh.partial",
        f".report.pdf.{DEAD}.mine.partial",
        ".report.pdf.20260303",
    ],
)
@pytest.mark.parametrize("of_the_living", [True, False])
def test_a_file_of_any_other_name_stays(tmp_path, name, of_the_living):
    (tmp_path / name).write_text("mine")
    remove_drafts(tmp_path, NAMES, of_the_living=of_the_living)
    assert (tmp_path / name).read_text() == "mine"


def test_a_link_or_a_folder_of_such_a_name_stays(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / f".report.pdf.{DEAD}.abcdefgh.partial").symlink_to("mine")
    (tmp_path / f".index.html.{DEAD}.abcdefgh.partial").mkdir()
    remove_drafts(tmp_path, NAMES, of_the_living=True)
    assert len(list(tmp_path.iterdir())) == 3

import pytest

from harness.sources.keep import keep


def test_a_file_is_kept_in_a_folder_that_is_made_and_nothing_else_is_left(tmp_path):
    file = tmp_path / "new" / "folder" / "file"
    assert keep(file, b"content")
    assert file.read_bytes() == b"content"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_is_there_stays_as_it_is(tmp_path, links, monkeypatch):
    if not links:
        monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    file = tmp_path / "file"
    file.write_bytes(b"mine")
    assert not keep(file, b"content")
    assert file.read_bytes() == b"mine"
    dangling = tmp_path / "link"
    dangling.symlink_to(tmp_path / "elsewhere")
    assert not keep(dangling, b"content")
    assert not (tmp_path / "elsewhere").exists()
    assert set(tmp_path.iterdir()) == {file, dangling}


def refuse(self, target):
    raise PermissionError(1, "Operation not permitted")


def test_a_file_system_without_hard_links_keeps_it_too(tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    assert keep(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert not keep(tmp_path / "file" / "below", b"content")


def test_a_disk_that_fills_up_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert not keep(tmp_path / "file", b"content")
    assert not list(tmp_path.iterdir())

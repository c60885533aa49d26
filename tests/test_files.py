import os
import signal
import socket
from pathlib import Path

import pytest

from harness.files import UnfitError, make_folder, open_regular, read_regular


@pytest.fixture(autouse=True)
def _no_hang():
    """A test that waits for a FIFO fails after ten seconds instead of never."""
    signal.alarm(10)
    yield
    signal.alarm(0)


def make(kind, path):
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif kind == "link to an endless device":
        path.symlink_to("/dev/zero")
    elif kind == "link to itself":
        path.symlink_to(path)
    elif kind == "broken link":
        path.symlink_to(path.with_name("nowhere"))
    elif kind == "folder":
        path.mkdir()
    elif kind == "link to a FIFO":
        os.mkfifo(path.with_name("pipe"))
        path.symlink_to("pipe")


KINDS = [
    "FIFO", "socket", "link to an endless device", "link to itself", "broken link", "folder", "link to a FIFO",
]  # fmt: skip


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDWR])
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_no_regular_file_is_an_error_at_once(kind, flags, follow, tmp_path):
    make(kind, tmp_path / "it")
    with pytest.raises(OSError, match=r".") as caught:
        open_regular(tmp_path / "it", flags, follow=follow)
    assert caught.value.strerror


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "link" in kind])
def test_where_links_are_refused_nothing_is_made_at_their_end(kind, tmp_path):
    make(kind, tmp_path / "it")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UnfitError, match="expected a regular file, found a symbolic link"):
        open_regular(tmp_path / "it", os.O_RDWR | os.O_CREAT, follow=False)
    assert sorted(tmp_path.iterdir()) == before


def test_a_link_to_a_file_is_read_only_where_links_are_followed(tmp_path):
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link", 4) == b"text"
    with pytest.raises(UnfitError, match="a symbolic link"):
        read_regular(tmp_path / "link", 4, follow=False)


def test_a_file_larger_than_the_limit_is_refused_unread(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(UnfitError, match="expected at most 1,000 bytes"):
        read_regular(tmp_path / "sparse", 1000)


def test_a_file_that_hides_its_size_is_read_up_to_the_limit_alone():
    version = Path("/proc/version")
    if not version.is_file():
        pytest.skip("this system has no files that hide their size")
    assert version.stat().st_size == 0
    assert read_regular(version, 10_000) == version.read_bytes()
    with pytest.raises(UnfitError, match="expected at most 3 bytes"):
        read_regular(version, 3)


def test_what_is_opened_to_be_created_is_there_and_nothing_of_it_is_cut(tmp_path):
    with open_regular(tmp_path / "new", os.O_RDWR | os.O_CREAT, follow=False) as file:
        file.write(b"one")
    with open_regular(tmp_path / "new", os.O_RDWR | os.O_CREAT, follow=False) as file:
        assert file.read() == b"one"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_in_a_folders_way_is_named_and_stays(kind, tmp_path):
    make(kind, tmp_path / "it")
    if kind == "folder":
        make_folder(tmp_path / "it" / "deep")
        assert (tmp_path / "it" / "deep").is_dir()
        return
    before = (tmp_path / "it").lstat()
    with pytest.raises(UnfitError, match="expected a folder, found a") as caught:
        make_folder(tmp_path / "it" / "deep")
    assert caught.value.filename == str(tmp_path / "it")
    assert (tmp_path / "it").lstat() == before
    with pytest.raises(UnfitError, match="expected a folder, found a"):
        make_folder(tmp_path / "it")


def test_a_link_to_a_folder_is_one_but_not_where_links_are_refused(tmp_path):
    (tmp_path / "root" / "real").mkdir(parents=True)
    (tmp_path / "root" / "link").symlink_to("real")
    make_folder(tmp_path / "root" / "link" / "one")
    with pytest.raises(UnfitError, match="found a symbolic link"):
        make_folder(tmp_path / "root" / "link" / "two", below=tmp_path / "root")
    assert [path.name for path in (tmp_path / "root" / "real").iterdir()] == ["one"]
    make_folder(tmp_path / "root" / "link" / "two", below=tmp_path / "root" / "link")

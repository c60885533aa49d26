"""Ctrl-C, SIGTERM, SIGHUP and SIGKILL, sent to a real process; its jobs are fakes."""

import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import fakes
import pytest

from harness.record.file import read
from harness.store import ENTRY

pytestmark = pytest.mark.slow
DRIVER = Path(__file__).with_name("driver.py")
PATIENCE = 120.0


def _in_the_foreground():
    """Let the child hear Ctrl-C, though the tests themselves may run in the background, where it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _in_a_terminal():
    """Make the child the leader of a session whose terminal its standard output is."""
    _in_the_foreground()
    os.setsid()
    fcntl.ioctl(1, termios.TIOCSCTTY, 0)


class Verifying:
    """A `harness verify` of the pack of fakes, and the folders it writes to."""

    def __init__(self, place, *words, sleep=None, heard=""):
        self.store, self.report, self.log = place / "store", place / "reports" / "fakes", place / "log"
        self.log.write_text("")
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(DRIVER.parent), str(DRIVER.parent.parent)]),
            "DRIVER_LOG": str(self.log),
            "DRIVER_SLEEP": json.dumps(sleep or {}),
        }
        pack = fakes.write_pack(place / "specs" / "fakes")
        command = [sys.executable, str(DRIVER), "verify", str(pack), "--device", "cpu", "--store", str(self.store)]
        output = subprocess.PIPE
        if heard == "full disk":
            output = os.open("/dev/full", os.O_WRONLY)
        elif heard == "terminal":
            self.terminal, output = pty.openpty()
        self.process = subprocess.Popen(
            [*command, "--out", str(place / "reports"), *words],
            env=environment, stdin=output if heard == "terminal" else None, stdout=output,
            stderr=subprocess.STDOUT, text=True,
            preexec_fn=_in_a_terminal if heard == "terminal" else _in_the_foreground,  # noqa: PLW1509  it touches no lock
        )  # fmt: skip
        if heard == "terminal":
            os.close(output)
        if heard == "goes away":
            self.process.stdout.close()

    def at(self, event, count=1):
        """Wait until something is done for the n-th time."""
        until = time.monotonic() + PATIENCE
        while self.log.read_text().count(event) < count:
            assert self.process.poll() is None, self.process.stdout.read()
            assert time.monotonic() < until, f"no {event} in {PATIENCE} s"
            time.sleep(0.005)

    def send(self, number):
        self.process.send_signal(number)

    def end(self):
        """Return the exit status and what was printed."""
        said, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said

    def performed(self, *, fetched=True):
        """The keys of the jobs it began; data are fetched anew each time."""
        lines = [line.split() for line in self.log.read_text().splitlines() if line.startswith("perform")]
        return {key for _, verb, key in lines if fetched or verb != "fetch"}

    def stored(self):
        return {
            path.parent.name for path in self.store.glob(f"*/*/*/*/{ENTRY}") if not path.parent.name.startswith(".")
        }

    def rubbish(self):
        """What only a killed process may leave behind."""
        drafts = [*self.store.rglob(".draft-*"), *self.report.rglob(".*")]
        return drafts + [path for path in self.store.rglob("lock") if path.read_text()]

    def unmeasured(self):
        """Why claims are not measured, by claim."""
        kept = read(self.report)
        return {claim: m.missing.reason for claim, m in kept.measurements.items() if m.missing is not None}


@pytest.fixture
def verifying(tmp_path):
    started = []

    def start(*words, **given):
        started.append(Verifying(tmp_path, *words, **given))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        if one.process.stdout is not None:
            one.process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_a_store_write_finishes_it_and_leaves_a_true_partial_report(verifying, number):
    cut = verifying(sleep={"fsync": 0.2})
    cut.at("fsync", 6)
    cut.send(number)
    status, said = cut.end()
    assert status == 130, said
    kept = cut.stored()
    assert kept == cut.performed()
    assert cut.rubbish() == []
    assert (cut.report / "index.html").is_file()
    assert set(cut.unmeasured().values()) == {"not-yet-run"}
    assert re.search("Not measured yet; (<wbr>)?<code>harness verify", (cut.report / "index.html").read_text())
    again = verifying()
    assert again.end()[0] != 130
    assert kept.isdisjoint(again.performed(fetched=False))
    assert again.unmeasured() == {}


def test_ctrl_c_while_the_report_is_written_finishes_the_report(verifying):
    cut = verifying(sleep={"render": 0.5})
    cut.at("render")
    cut.send(signal.SIGINT)
    status, said = cut.end()
    assert status == 130, said
    assert (cut.report / "index.html").read_text().endswith("</html>\n")
    assert cut.unmeasured() == {}
    assert cut.rubbish() == []


def test_a_second_ctrl_c_ends_at_once_and_leaves_nothing_half_written(verifying):
    cut = verifying(sleep={"perform": 0.3, "render": 30})
    cut.at("perform", 4)
    cut.send(signal.SIGINT)
    cut.at("render")
    time.sleep(0.4)
    start = time.monotonic()
    cut.send(signal.SIGINT)
    status, said = cut.end()
    assert status == 130, said
    assert time.monotonic() - start < 10
    assert "finished results are kept" in said
    assert cut.rubbish() == []
    assert set(cut.unmeasured().values()) == {"not-yet-run"}


def test_a_second_verify_is_told_who_works_and_touches_nothing_and_after_a_kill_the_store_is_free(verifying, tmp_path):
    first = verifying(sleep={"perform": 0.5})
    first.at("perform", 3)
    before = sorted(tmp_path.rglob("*"))
    for words, who in ((("--out", str(tmp_path / "other")), "store"), (("--store", str(tmp_path / "other")), "fakes")):
        status, said = verifying(*words).end()
        assert status == 2, said
        assert f"harness (process {first.process.pid})" in " ".join(said.split())
        assert f"{who} is " in " ".join(said.split())
        assert not (tmp_path / "other" / "fakes").exists()
    assert before == [path for path in sorted(tmp_path.rglob("*")) if path in before]
    first.send(signal.SIGKILL)
    first.end()
    status, said = verifying().end()
    assert status in {0, 1, 3}, said
    assert first.rubbish() == []


def test_plan_and_judge_work_while_a_verify_runs(verifying, tmp_path):
    verifying("-k", "sure/error").end()
    running = verifying(sleep={"perform": 0.5})
    running.at("perform", 1)
    program = [sys.executable, "-m", "harness.cli"]
    judged = subprocess.run([*program, "judge", str(running.report)], capture_output=True, text=True, check=False)
    assert judged.returncode in {0, 1, 3, 4}, judged.stderr
    assert "table-1/sure/error" in judged.stdout
    assert running.process.poll() is None


@pytest.mark.parametrize("listener", ["goes away", "full disk"])
def test_a_verify_nobody_listens_to_any_more_works_on_and_ends_with_its_verdicts_status(verifying, listener):
    unheard = verifying(heard=listener)
    status = unheard.process.wait(PATIENCE)
    assert unheard.unmeasured() == {}
    assert (unheard.report / "index.html").is_file()
    assert status == verifying().end()[0]


def test_a_terminal_that_closes_leaves_a_true_partial_report(tmp_path):
    """The system sends SIGHUP then, and nothing more can be written to the terminal."""
    verifying = Verifying(tmp_path, sleep={"perform": 0.2}, heard="terminal")
    try:
        verifying.at("perform", 4)
        os.close(verifying.terminal)
        assert verifying.process.wait(PATIENCE) == 130
    finally:
        verifying.process.kill()
        verifying.process.wait()
    assert verifying.rubbish() == []
    assert verifying.stored() <= verifying.performed()
    assert set(verifying.unmeasured().values()) == {"not-yet-run"}
    assert (verifying.report / "index.html").read_text().endswith("</html>\n")

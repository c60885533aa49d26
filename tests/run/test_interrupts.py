import contextlib
import os
import signal
import threading

import pytest

from harness.run import interrupts as module
from harness.run.interrupts import Interrupts


@pytest.fixture
def heard():
    """Signals as a program in the foreground has them: where the tests run in the background, Ctrl-C is ignored."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in module.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def interrupts(heard, monkeypatch):
    monkeypatch.setattr(module, "ONE_STROKE", 0.0)
    with Interrupts() as entered:
        yield entered


def strike(number=signal.SIGINT):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_a_keyboard_interrupt(interrupts, number):
    with pytest.raises(KeyboardInterrupt):
        strike(number)


def test_a_write_is_finished_whatever_comes_and_nothing_after_it_is_begun(interrupts):
    done = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012  what follows the write must not run
        with interrupts.finishing():
            strike()
            strike()
            strike(signal.SIGTERM)
            done.append("write")
        done.append("what follows")
    assert done == ["write"]


def test_a_report_is_finished_after_one_signal_and_ended_by_the_second(interrupts):
    done = []
    with interrupts.concluding():
        strike()
        done.append("report")
    assert done == ["report"]
    assert interrupts.received == 1
    with pytest.raises(KeyboardInterrupt), interrupts.concluding():  # noqa: PT012  what follows must not run
        strike()
        done.append("never")
    assert done == ["report"]


def test_what_a_library_swallowed_is_raised_between_two_jobs(interrupts):
    interrupts.raise_if_interrupted()
    with contextlib.suppress(KeyboardInterrupt):
        strike()
    with pytest.raises(KeyboardInterrupt):
        interrupts.raise_if_interrupted()


def test_two_signals_at_once_are_one(monkeypatch, interrupts):
    monkeypatch.setattr(module, "ONE_STROKE", 60.0)
    with interrupts.concluding():
        strike(signal.SIGTERM)
        strike(signal.SIGTERM)
    assert interrupts.received == 1


def test_what_was_ignored_stays_ignored_and_what_was_there_before_comes_back():
    before = signal.getsignal(signal.SIGTERM)
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts() as entered:
            strike()
            assert signal.getsignal(signal.SIGTERM) not in (before, None)
        assert entered.received == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is before
    finally:
        signal.signal(signal.SIGINT, ignored)


def test_in_another_thread_nothing_is_changed():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work():
        with Interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]

"""Downloads a file within limits of size and time, whatever the server answers."""

from __future__ import annotations

import os
import threading
import time
import urllib.request
from dataclasses import dataclass, field

from harness.durations import duration
from harness.sources import printable

ANSWER_SECONDS = 10
"""Within this time a server connects, and sends its next bytes."""
WHOLE_SECONDS = 600
"""No download takes longer."""
LEAST_RATE = 10_000
"""Bytes a second, on average after the first seconds; a slower download would not end in time."""
_PIECE = 2**16


@dataclass
class _Transfer:
    """One download, in a thread of its own: otherwise neither a name look-up nor a slow header has a time limit."""

    address: str
    most: int
    content: bytearray = field(default_factory=bytearray)
    failure: str = ""
    abandoned: bool = False

    def run(self) -> None:
        """Fill ``content``, or say in ``failure`` why not."""
        try:
            with urllib.request.urlopen(self.address, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  a kind's constant
                while not self.abandoned and (piece := answer.read1(_PIECE)):
                    self.content += piece
                    if len(self.content) > self.most:
                        self.failure = f"more than {self.most:,} bytes came"
                        return
                missing = getattr(answer, "length", None)
            if missing:
                self.failure = f"the connection closed {missing:,} bytes too early"
        except Exception as error:  # noqa: BLE001  a server may answer anything, and urllib raises whatever comes of it
            self.failure = printable(error)


def refuse_offline() -> None:
    """Raise OSError where the user forbids every download."""
    if os.environ.get("HARNESS_OFFLINE", "") not in ("", "0"):
        raise OSError("HARNESS_OFFLINE forbids it")


def download(address: str, most: int) -> bytes:
    """Return what an address holds.

    Args:
        address: an http or https address; the settings of proxies are the environment's.
        most: size in bytes beyond which it is refused.

    Raises:
        OSError: if it cannot be had within the limits; says why in one line.
    """
    transfer = _Transfer(address, most)
    thread = threading.Thread(target=transfer.run, daemon=True)
    started = time.monotonic()
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.1)
            seconds, received = time.monotonic() - started, len(transfer.content)
            slow = seconds > ANSWER_SECONDS and received < LEAST_RATE * seconds
            if thread.is_alive() and (slow or seconds > WHOLE_SECONDS):
                raise OSError(f"only {received:,} bytes arrived in {duration(seconds)}")
    finally:
        transfer.abandoned = True
    if transfer.failure:
        raise OSError(transfer.failure)
    return bytes(transfer.content)

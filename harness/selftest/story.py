"""The self-audit: a sound pack is judged; then each defect is planted in a copy of it, which is judged again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.kinds.registry import discover, lent
from harness.selftest.bench import JudgedClaim
from harness.selftest.defects import DEFECTS, Defect
from harness.selftest.pack import sound
from harness.selftest.tampered import KINDS


@dataclass(frozen=True)
class Trial:
    """One defect, and how its claim was judged without it and with it."""

    defect: Defect
    before: JudgedClaim
    after: JudgedClaim
    seconds: float
    """Seconds of planting and judging; for the first trial also of measuring the sound pack."""

    @property
    def caught(self) -> bool:
        """Whether the sound pack got its verdict and the defective one got the right one for the right reason."""
        flipped = (self.before.as_pair, self.after.as_pair) == (self.defect.before, self.defect.after)
        return flipped and self.defect.says in self.after.sentence


def selftest(say: Callable[[str], None] = lambda _: None) -> list[Trial]:
    """Plant every defect, in a temporary folder that is removed afterwards.

    Args:
        say: is called with what is being done.

    Returns:
        One trial for each defect.

    Raises:
        UsageError: if the installation lacks the quickstart pack, or the pack no longer has a line a defect changes.
    """
    start = time.monotonic()
    discover()
    with tempfile.TemporaryDirectory(prefix="harness-selftest-") as folder, lent("datasets", KINDS):
        say("measuring the sound pack")
        bench = sound(Path(folder))
        before = {claim: bench.judge(claim) for claim in dict.fromkeys(defect.claim for defect in DEFECTS)}
        trials = []
        for defect in DEFECTS:
            say(f"planting {defect.name}")
            after = defect.plant(bench, before[defect.claim])
            trials.append(Trial(defect, before[defect.claim], after, time.monotonic() - start))
            start = time.monotonic()
        return trials

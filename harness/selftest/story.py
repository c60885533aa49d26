"""The selftest: a correct pack is judged; then each defect is planted in a copy, which is judged again."""

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
    """One defect, and the judgement of its claim without and with it."""

    defect: Defect
    before: JudgedClaim
    after: JudgedClaim
    seconds: float
    """Seconds for planting and judging; in the first trial also for measuring the correct pack."""

    @property
    def caught(self) -> bool:
        """Whether the correct pack got its verdict, and the defective one the right verdict for the right reason."""
        flipped = (self.before.as_pair, self.after.as_pair) == (self.defect.before, self.defect.after)
        return flipped and self.defect.says in self.after.sentence


def selftest(say: Callable[[str], None] = lambda _: None) -> list[Trial]:
    """Plant every defect, in a temporary folder that is removed afterwards.

    Args:
        say: is called with a description of each step.

    Returns:
        One trial for each defect.

    Raises:
        UsageError: if the installation lacks the quickstart pack, or the pack no longer has a line that a defect
            changes.
    """
    start = time.monotonic()
    discover()
    with tempfile.TemporaryDirectory(prefix="harness-selftest-") as folder, lent("datasets", KINDS):
        say("measuring the pack without a defect")
        bench = sound(Path(folder))
        before = {claim: bench.judge(claim) for claim in dict.fromkeys(defect.claim for defect in DEFECTS)}
        trials = []
        for defect in DEFECTS:
            say(f"planting {defect.name}")
            after = defect.plant(bench, before[defect.claim])
            trials.append(Trial(defect, before[defect.claim], after, time.monotonic() - start))
            start = time.monotonic()
        return trials

"""How long something takes a processor, on a machine that is busy with other things too."""

from __future__ import annotations

import time
from collections.abc import Callable


def least_seconds(do: Callable[[], object], enough: float, tries: int = 3) -> float:
    """Call a function up to so many times, to the first time that is quick enough; return its least seconds of a processor.

    What others do beside it fills the caches and slows any one call; what is slow by itself is slow each time.
    """
    least = float("inf")
    for _ in range(tries):
        begun = time.process_time()
        do()
        least = min(least, time.process_time() - begun)
        if least < enough:
            break
    return least

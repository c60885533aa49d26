"""The search for the largest c that, shared by all images, still gives enough of them their target class."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from harness.engine.c_search import HIGHEST, LOWEST, CSearch, CSearchSettings
from harness.engine.refill import SearchResult, search_with_refill
from harness.examples import AttackFailure, Victim, Watch

ROUGHLY = 0.1
"""How closely each image's own log c is known, from which the search for the shared one starts."""
STEP = 0.25
"""The first step of the shared log c, doubled until the bracket has both ends."""
ROUNDS = 12
"""Values of c that are tried for all images, about; for the progress shown alone."""


def search_shared(
    search: CSearch,
    settings: CSearchSettings,
    victim: Victim,
    images: Float[np.ndarray, "n h w c"],
    targets: Int[np.ndarray, " n"],
    chosen_on: Int[np.ndarray, " m"],
    error_above: float,
    watch: Watch,
    starts: Float[np.ndarray, "n h w c"] | None = None,
) -> SearchResult:
    """Search for the largest c whose minimisers have the target class for more than a share of the images.

    It starts from the c that so many images reach each by its own search, and brackets and bisects log c, to
    ``settings.log_c_tolerance``. The share is taken to fall as c grows.

    Args:
        search: the minimiser and the penalty.
        settings: as for the search image by image; ``steps`` and ``initial_const`` are not used.
        victim: the network attacked.
        images: clean images, float32 ``(n, h, w, c)`` in [0, 1].
        targets: the classes to reach, int64 ``(n,)``.
        chosen_on: the rows c is chosen on, int64 ``(m,)``, ascending; the others are minimised with it once.
        error_above: the share of these rows, in [0, 1).
        watch: called with the share of the work done, about.
        starts: as for the search image by image.

    Returns:
        The minimisers of that c, ``reached`` where they have their target; of the least c tried where none is small enough.
    """

    def searched(numbers: CSearchSettings, rows: Int[np.ndarray, " m"], done: int) -> SearchResult:
        begun = None if starts is None else starts[rows]
        return search_with_refill(search, numbers, victim, images[rows], targets[rows], _part(watch, done), begun)

    def at(log_c: float, rows: Int[np.ndarray, " m"], done: int) -> SearchResult:
        """Minimise once for every image of these rows."""
        return searched(settings._replace(initial_const=math.exp(log_c), steps=1), rows, done)

    own = searched(settings._replace(log_c_tolerance=max(ROUGHLY, float(settings.log_c_tolerance))), chosen_on, 0).c
    own = np.log(own[np.isfinite(own)])
    log_c = float(np.quantile(own, 1.0 - error_above)) if len(own) else 0.0
    low, high, taken, best, step, done = -math.inf, math.inf, log_c, None, STEP, 1
    while best is None or high - low > settings.log_c_tolerance:
        result = at(log_c, chosen_on, done)
        enough = bool(result.reached.mean() > error_above)
        done += 1
        if enough or math.isinf(low):
            taken, best = log_c, result
        low, high = (log_c, high) if enough else (low, log_c)
        if (enough and log_c >= HIGHEST) or (not enough and log_c <= LOWEST):
            break
        if math.isinf(low) or math.isinf(high):
            log_c = float(np.clip(log_c + step if enough else log_c - step, LOWEST, HIGHEST))
            step *= 2.0
        else:
            log_c = (low + high) / 2.0
    assert best is not None
    rest = np.setdiff1d(np.arange(len(images)), chosen_on)
    ended = best if not len(rest) else _joined(best, chosen_on, at(taken, rest, done), rest)
    return replace(
        ended, failure=np.where(ended.failure == AttackFailure.BUDGET, np.int8(AttackFailure.SHARED_C), ended.failure)
    )


def _joined(
    first: SearchResult, rows: Int[np.ndarray, " m"], second: SearchResult, others: Int[np.ndarray, " o"]
) -> SearchResult:
    """Return two searches' results in the order of all images."""
    order = np.argsort(np.concatenate([rows, others]))
    pairs = zip(vars(first).values(), vars(second).values(), strict=True)
    return SearchResult(*(np.concatenate(pair)[order] for pair in pairs))


def _part(watch: Watch, done: int) -> Watch:
    """Return the watch of one search of about ``ROUNDS``."""
    return lambda share, note: watch(min(1.0, (done + share) / (ROUNDS + 1)), note)

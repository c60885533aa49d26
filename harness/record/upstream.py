"""The upstream jobs of a result in a record, and their facts on the result: converged, success rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.plan import Job

Jobs = Mapping[str, Mapping[str, Any]]
"""A record's jobs: facts by content key."""


def upstream(keys: Iterable[str], jobs: Jobs) -> Iterator[str]:
    """Yield these keys and the keys of all upstream jobs in the record, each once."""
    waiting, seen = list(keys), set()
    while waiting:
        key = waiting.pop()
        if key not in seen and key in jobs:
            seen.add(key)
            yield key
            waiting += jobs[key].get("inputs", ())


def upstream_status(job: Job, bodies: Jobs, noted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts from upstream jobs that the verdict on a value needs.

    Args:
        job: the job that measured the value.
        bodies: key -> the store's result of this job and of its upstream jobs, as far as they are still stored.
        noted: the same facts as recorded with the value; empty when it is measured.

    Returns:
        ``settled``: whether every training met its stopping criterion. ``found``: the attack's success rate, a
        fraction; None without an attack. ``failures``: on how many images it failed, by reason; left out if on none.
    """
    beside = [bodies.get(given.key, {}) for given in job.inputs.values()]
    shares, failed = ([each.get(name) for each in beside] for name in ("found", "failures"))
    counts = next((counts for counts in (*failed, noted.get("failures")) if counts), None)
    return {
        "settled": all(bool(facts.get("settled", True)) for facts in (*bodies.values(), noted)),
        "found": next((float(share) for share in (*shares, noted.get("found")) if share is not None), None),
        **({"failures": dict(counts)} if counts else {}),
    }

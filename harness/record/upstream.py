"""The jobs upstream of a result, as a record keeps them, and what they say of the result: converged, success rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.plan import Job

Jobs = Mapping[str, Mapping[str, Any]]
"""A record's jobs: facts by content key."""


def upstream(keys: Iterable[str], jobs: Jobs) -> Iterator[str]:
    """Yield the keys of the recorded jobs with these keys and of all they were made from, each once."""
    waiting, seen = list(keys), set()
    while waiting:
        key = waiting.pop()
        if key not in seen and key in jobs:
            seen.add(key)
            yield key
            waiting += jobs[key].get("inputs", ())


def upstream_status(job: Job, bodies: Jobs, noted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the verdict on a value takes from the jobs upstream of it.

    Args:
        job: the one that measured the value.
        bodies: key -> what the store holds of the job itself and of the jobs upstream, as far as it still does.
        noted: the same facts as they were noted with the value; empty when it is measured.

    Returns:
        ``settled``: whether every training met its stopping rule. ``found``: the attack's success rate, a fraction; None
        without an attack. ``failures``: how many images it failed on, by reason, where it failed on any.
    """
    beside = [bodies.get(given.key, {}) for given in job.inputs.values()]
    shares, failed = ([each.get(name) for each in beside] for name in ("found", "failures"))
    counts = next((counts for counts in (*failed, noted.get("failures")) if counts), None)
    return {
        "settled": all(bool(facts.get("settled", True)) for facts in (*bodies.values(), noted)),
        "found": next((float(share) for share in (*shares, noted.get("found")) if share is not None), None),
        **({"failures": dict(counts)} if counts else {}),
    }

"""The order of the claims: the next claim is always the one with the least expected time for its missing jobs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from harness.plan import Job
from harness.run.costs import Costs


class Agenda:
    """Yields claims, cheapest first.

    A finished job makes other claims cheaper, and its seconds are an estimate for the same job in other runs. So the
    order is updated after each claim; only the claims that need such a job are summed again.
    """

    def __init__(self, wants: Mapping[str, Sequence[str]], costs: Costs) -> None:
        """Take the claims, each with the keys of its jobs."""
        self._costs = costs
        self._needs = {claim: {job.key: job for job in costs.missing(keys)} for claim, keys in wants.items()}
        self._users: dict[str, set[str]] = defaultdict(set)
        for claim, jobs in self._needs.items():
            for job in jobs.values():
                self._users[costs.like(job)].add(claim)
        self._left = {claim: self._sum(claim) for claim in wants}

    def __iter__(self) -> Iterator[str]:
        """Yield every claim once; among equal ones, the first in the paper."""
        while self._left:
            claim = min(self._left, key=self._left.__getitem__)
            del self._left[claim]
            yield claim

    def settle(self, job: Job) -> None:
        """Record that a job is done, or will not be tried again."""
        for claim in self._users[self._costs.like(job)] & self._left.keys():
            self._needs[claim].pop(job.key, None)
            self._left[claim] = self._sum(claim)

    def _sum(self, claim: str) -> float:
        return sum(map(self._costs.of, self._needs[claim].values()))

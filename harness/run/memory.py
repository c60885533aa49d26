"""Keeps the results of jobs in memory for the jobs that follow, up to a limit of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.examples import Chosen, Examples, Trained

LIMIT = 3 * 2**28
"""Bytes of results kept; the newest one is kept even if it is larger. A training of MNIST's images holds 1.9 GB besides."""


@dataclass
class Memory:
    """Results by key; beyond the limit the least recently used ones are dropped: they are in the store too.

    Attributes:
        limit: bytes.
    """

    limit: int = LIMIT
    _results: OrderedDict[str, Any] = field(default_factory=OrderedDict)

    def __contains__(self, key: str) -> bool:
        return key in self._results

    def __getitem__(self, key: str) -> Any:
        self._results.move_to_end(key)
        return self._results[key]

    def __setitem__(self, key: str, result: Any) -> None:
        self._results[key] = result
        while len(self._results) > 1 and sum(map(_size, self._results.values())) > self.limit:
            self._results.popitem(last=False)

    def clear(self) -> None:
        """Drop everything."""
        self._results.clear()


def _size(result: Any) -> int:
    """Return roughly how many bytes a result holds."""
    if isinstance(result, np.ndarray):
        return int(result.nbytes)
    if isinstance(result, Mapping):
        return sum(_size(part) for part in result.values())
    if isinstance(result, Chosen | Examples | Trained):
        return sum(_size(part) for part in vars(result).values())
    return 0

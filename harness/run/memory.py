"""Caches the results of jobs in memory for later jobs, up to a limit of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.examples import Chosen, Examples, Trained

LIMIT = 3 * 2**28
"""Limit of cached bytes; the newest result is kept even if it is larger. A training on MNIST uses another 1.9 GB."""


@dataclass
class Memory:
    """Results by key; above the limit the least recently used ones are dropped, because the store has them too.

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
    """Return the approximate size of a result in bytes."""
    if isinstance(result, np.ndarray):
        return int(result.nbytes)
    if isinstance(result, Mapping):
        return sum(_size(part) for part in result.values())
    if isinstance(result, Chosen | Examples | Trained):
        return sum(_size(part) for part in vars(result).values())
    return 0

"""Tells a job that ran out of memory, or out of disk, from one that failed."""

from __future__ import annotations

import re

from harness.plan import Job, Verb

_NO_MEMORY = re.compile(
    r"RESOURCE_EXHAUSTED|ResourceExhausted|OOM when allocating|out of memory|bad_alloc", re.IGNORECASE
)
"""What backends say in place of a ``MemoryError``."""
_BACKEND = ("tensorflow", "jax", "jaxlib", "keras")
_REACH = 2_000
"""Characters of an error's text that are looked at; the rest lists what was allocated."""
_LESS = {
    Verb.TRAIN: "make the model or its batches smaller",
    Verb.CRAFT: "attack fewer images (`sample`)",
    Verb.SELECT: "use fewer images",
    Verb.MEASURE: "measure on fewer images (`sample`)",
    Verb.SHOW: "draw fewer images",
    Verb.FETCH: "use a smaller data set",
}


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of Python, of NumPy or of the backend says that there was not enough memory."""
    if isinstance(error, MemoryError):
        return True
    theirs = type(error).__module__.partition(".")[0] in _BACKEND
    return theirs and _NO_MEMORY.search(f"{type(error).__name__}: {str(error)[:_REACH]}") is not None


def too_large(job: Job) -> str:
    """Return the sentence on a job that ran out of memory."""
    return (
        f"Not enough memory here for {job.verb} {job.name}: {_LESS[job.verb]}, take a smaller budget (`--budget "
        "rehearsal`), close other programs, or run it where there is more."
    )

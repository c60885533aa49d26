"""Turns any error of a job into a reason code and a sentence with a repair."""

from __future__ import annotations

import hashlib
import os
import re
import traceback
from pathlib import Path

from harness.errors import ContractError, Infeasible, NotRun, brief
from harness.files import make_folder, open_regular
from harness.plan import Job, Verb
from harness.record.measurement import Missing

_NO_MEMORY = re.compile(
    r"RESOURCE_EXHAUSTED|ResourceExhausted|OOM when allocating|out of memory|bad_alloc", re.IGNORECASE
)
"""Error messages of backends that mean a ``MemoryError``."""
_BACKEND = ("tensorflow", "jax", "jaxlib", "keras")
_REACH = 2_000
"""Number of characters of an error's text that are searched; the rest lists allocations."""
_LESS = {
    Verb.TRAIN: "make the model or its batches smaller",
    Verb.CRAFT: "attack fewer images (`sample`)",
    Verb.SELECT: "use fewer images",
    Verb.MEASURE: "measure on fewer images (`sample`)",
    Verb.SHOW: "draw fewer images",
    Verb.FETCH: "use a smaller data set",
}


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of Python, NumPy or the backend means that memory ran out."""
    if isinstance(error, MemoryError):
        return True
    theirs = type(error).__module__.partition(".")[0] in _BACKEND
    return theirs and _NO_MEMORY.search(f"{type(error).__name__}: {str(error)[:_REACH]}") is not None


def failure(job: Job, error: BaseException) -> Missing:
    """Return why a job gave no result. The error's text may contain a whole array, so it is shortened."""
    what, words = f"{job.verb} {job.name}", brief(str(error))
    if isinstance(error, NotRun):
        sentence = f"{words[:1].upper()}{words[1:]}"
        return Missing(reason=error.reason, sentence=sentence if sentence.endswith(".") else f"{sentence}.")
    if is_out_of_memory(error):
        return Missing(reason=Infeasible.reason, sentence=_too_large(job))
    if isinstance(error, ContractError):
        return Missing(reason=error.reason, sentence=f"{what} was refused: {words}.")
    return Missing(reason=NotRun.reason, sentence=f"{what} failed with {type(error).__name__}: {words}.")


def is_expected(error: BaseException) -> bool:
    """Whether harness raises this error on purpose; for all other errors a traceback is written."""
    return isinstance(error, NotRun | ContractError)


def write_traceback(job: Job, error: BaseException, folder: Path, below: Path) -> str:
    """Write an error's traceback to a file; return a sentence with its path.

    Args:
        job: the job that failed; the next failure of the same job replaces the file.
        error: the exception.
        folder: where to write.
        below: a parent folder below which no link is followed.
    """
    log = folder / f"{hashlib.sha256(job.key.encode()).hexdigest()[:12]}.txt"
    try:
        make_folder(folder, below=below)
        with open_regular(log, os.O_RDWR | os.O_CREAT | os.O_TRUNC, follow=False) as file:
            file.write("".join(traceback.format_exception(error)).encode(errors="replace"))
    except OSError as trouble:
        return f"no traceback: {log} cannot be written, {trouble.strerror}"
    return f"traceback in {log}"


def _too_large(job: Job) -> str:
    return (
        f"Not enough memory for {job.verb} {job.name}: {_LESS[job.verb]}, take a smaller budget (`--budget "
        "rehearsal`), close other programs, or use a machine with more memory."
    )

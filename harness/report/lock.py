"""Lock of a report's folder, taken before any job, so that a folder that cannot be written is found at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.drafts import draft, remove_drafts
from harness.errors import ReportError
from harness.files import UnfitError, make_folder
from harness.locks import InUseError, hold
from harness.record.file import FILE, FOLDER
from harness.report.folder import OURS, refuse_foreign

LOCK = ".lock"
"""The lock file; there only while a process writes the report."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a report's folder while the block runs; a second writer of its record would lose what was measured.

    Partial files that a killed process left are removed; no other file is touched.

    Args:
        folder: the report's folder; made if it is not there.

    Raises:
        ReportError: if it cannot be written, another process writes it, or a file of other origin is in the way.
    """
    with ExitStack() as held:
        try:
            make_folder(folder / FOLDER)
            held.enter_context(hold(folder / LOCK))
            refuse_foreign(folder)
            _check_writable(folder / FOLDER)
            _remove_leftovers(folder)
        except InUseError as error:
            msg = f"{folder} is being written by another harness ({error}); wait until it ends or give another --out"
            raise ReportError(msg) from error
        except UnfitError as error:
            raise ReportError(
                f"{error.filename}: {error.strerror}; move it away, correct its permissions or choose another --out"
            ) from error
        except OSError as error:
            msg = f"{folder}: cannot be written ({error.strerror or error}); make room, correct its permissions or give another --out"
            raise ReportError(msg) from error
        yield


def _check_writable(folder: Path) -> None:
    """Write a draft of the record and remove it, so that wrong permissions or a full disk fail here and not after hours."""
    with draft(folder / FILE, durable=False) as trial:
        trial.write_bytes(bytes(4096))
        trial.unlink()


def _remove_leftovers(folder: Path) -> None:
    remove_drafts(folder, OURS, of_the_living=True)
    remove_drafts(folder / FOLDER, [FILE], of_the_living=True)

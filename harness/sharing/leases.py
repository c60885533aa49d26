"""Leases: who does which job of a store; a job is claimed by the exclusive creation of a file, and a dead worker loses it.

The file of a job's first lease is ``KEY.1``. Whoever finds its worker dead creates ``KEY.2``, and so on: no lease is ever
renamed or taken from its worker, for two that find it dead at once could then both take it, the second one from the first.
Of all that create one file one alone succeeds. The lease of the highest number counts.

A worker that is taken for dead and is not goes on without knowing. Its result is then the second or the first to be
published, and the first one stays; so a lease saves work, and what is right never depends on it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import StoreError
from harness.files import make_folder, open_regular, read_regular
from harness.sharing.presence import FOLDER as WORKERS
from harness.sharing.presence import LARGEST, SECONDS, Roster, Worker

FOLDER = "leases"
"""Folder of a store's platform, with the leases of its jobs."""
_NAME = re.compile(r"([0-9a-f]{64})\.([1-9][0-9]{0,8})")


@dataclass(frozen=True)
class Lease:
    """One lease as its file says it.

    Attributes:
        key: the job's.
        number: 1 for the job's first.
        worker: name of the worker; empty where the file is not whole.
        machine: the worker's.
        failed: why the job failed in its hands, as it noted; None where it is at it.
    """

    key: str
    number: int
    worker: str = ""
    machine: str = ""
    failed: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Leases:
    """The leases on one platform of a store, in the hands of one worker.

    Attributes:
        root: the store's folder.
        platform: backend and device type.
        worker: who claims; it has a file among the workers.
        roster: knows which workers are alive.
    """

    root: Path
    platform: str
    worker: Worker
    roster: Roster

    @property
    def folder(self) -> Path:
        """The folder they are in."""
        return self.root / self.platform / FOLDER

    def claim(self, key: str) -> Lease | None:
        """Claim a job; look in the store afterwards, as it may have been done meanwhile.

        Returns:
            The lease; None where another worker that is alive, or of whom that is not known yet, has one.

        Raises:
            StoreError: if this worker was taken for dead, or the folder cannot be written.
        """
        if not (self.root / WORKERS / self.worker.name).exists():
            raise StoreError(
                f"{self.root}: this process was stopped or cut off for so long that it was taken for dead; start it again"
            )
        last = self._last(key)
        if last is not None and last.failed is None and last.worker != self.worker.name and self._may_live(last):
            return None
        lease = Lease(key, last.number + 1 if last is not None else 1, self.worker.name, self.worker.machine)
        file = self._file(lease)
        try:
            make_folder(self.folder, below=self.root)
            with open_regular(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, follow=False) as new:
                new.write(_content(lease))
        except FileExistsError:
            return None
        except OSError as error:
            with suppress(OSError):
                if not read_regular(file, LARGEST, follow=False):
                    file.unlink()  # created on a full disk
            why = error.strerror or error
            raise StoreError(f"cannot write {file}: {why}; free some space or correct its permissions") from error
        return lease

    def end(self, lease: Lease, *, done: bool) -> None:
        """Give a lease back; where the job is done, which is in the store by now, remove its earlier leases too."""
        for each in sorted(self._of(lease.key), key=lambda each: each.number):
            is_own = each.number == lease.number and each.worker == self.worker.name
            if is_own or (done and each.number < lease.number):
                with suppress(OSError):
                    self._file(each).unlink()

    def note_failure(self, lease: Lease, why: Mapping[str, Any]) -> None:
        """Note in a lease why its job failed, so that no other worker of this machine tries it again."""
        with suppress(OSError), open_regular(self._file(lease), os.O_RDWR, follow=False) as file:
            said = _read(lease.key, lease.number, file.read(LARGEST))
            if said.worker == self.worker.name:
                file.seek(0)
                file.write(_content(lease, why))
                file.truncate()

    def failure(self, key: str) -> Mapping[str, Any] | None:
        """Return why a job failed on this machine, as a worker noted; None where none did."""
        own = (each.failed for each in self._of(key) if each.machine == self.worker.machine)
        return next((why for why in own if why is not None), None)

    def deaths(self, lease: Lease) -> int:
        """Return how many workers died, or were taken for dead, at the job before this lease."""
        return sum(each.number < lease.number and each.failed is None for each in self._of(lease.key))

    def _may_live(self, lease: Lease) -> bool:
        """Whether the worker of a lease is alive, or that is not known yet."""
        if lease.worker:
            return self.roster.is_alive(lease.worker)
        return self.roster.is_new(
            self._file(lease), b"", SECONDS
        )  # it was killed before it wrote its name, or is about to

    def _last(self, key: str) -> Lease | None:
        return max(self._of(key), key=lambda each: each.number, default=None)

    def _of(self, key: str) -> list[Lease]:
        return [_lease(self.folder, key, number) for number in _numbers(self.folder).get(key, ())]

    def _file(self, lease: Lease) -> Path:
        return self.folder / f"{lease.key}.{lease.number}"


def all_leases(root: Path, platform: str) -> Iterator[Lease]:
    """Yield the leases on a platform of a store, those among them that dead workers have lost."""
    folder = root / platform / FOLDER
    for key, numbers in sorted(_numbers(folder).items()):
        yield from (_lease(folder, key, number) for number in sorted(numbers))


def remove_leases(root: Path, platform: str) -> None:
    """Remove all leases on a platform, failures too; no worker may be alive."""
    folder = root / platform / FOLDER
    for key, numbers in _numbers(folder).items():
        for number in numbers:
            with suppress(OSError):
                (folder / f"{key}.{number}").unlink()


def _numbers(folder: Path) -> dict[str, list[int]]:
    """Return key -> numbers of its leases; no link is followed."""
    found: dict[str, list[int]] = {}
    with suppress(OSError):
        for path in () if folder.is_symlink() else folder.iterdir():
            if named := _NAME.fullmatch(path.name):
                found.setdefault(named[1], []).append(int(named[2]))
    return found


def _lease(folder: Path, key: str, number: int) -> Lease:
    try:
        return _read(key, number, read_regular(folder / f"{key}.{number}", LARGEST, follow=False))
    except OSError:
        return Lease(key, number)


def _content(lease: Lease, failed: Mapping[str, Any] | None = None) -> bytes:
    said = {"worker": lease.worker, "machine": lease.machine, "failed": failed}
    return json.dumps(said, ensure_ascii=False).encode(errors="replace")


def _read(key: str, number: int, content: bytes) -> Lease:
    """Return what a lease's file says; without a worker where it is not whole."""
    try:
        said = json.loads(content)
        worker, machine, failed = str(said["worker"]), str(said["machine"]), said["failed"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return Lease(key, number)
    is_name = re.fullmatch(r"[0-9a-f]{16}", worker) is not None
    return Lease(key, number, worker if is_name else "", machine, failed if isinstance(failed, dict) else None)

"""Leases: which worker does which job; a worker claims a job by exclusive creation of a file, and loses it if it dies.

The file of a job's first lease is ``KEY.1``. A worker that finds this worker dead creates ``KEY.2``, and so on. No
lease is ever renamed or removed by others: if two workers found a third one dead at the same time, the second could
take the job from the first. Exclusive creation of a file succeeds for exactly one worker. The lease with the highest
number counts.

A live worker that is taken for dead continues without knowing. Its result may be published first or second, and the
first published result stays. So a lease saves work, but correctness does not depend on it.
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
    """One lease, as read from its file.

    Attributes:
        key: the job's.
        number: 1 for the job's first.
        worker: name of the worker; empty if the file is incomplete.
        machine: the worker's.
        failed: why the job failed in this worker; None if it did not.
    """

    key: str
    number: int
    worker: str = ""
    machine: str = ""
    failed: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Leases:
    """The leases on one platform of a store, as used by one worker.

    Attributes:
        root: the store's folder.
        platform: backend and device type.
        worker: the worker that claims; it has a file among the workers.
        roster: knows which workers are alive.
    """

    root: Path
    platform: str
    worker: Worker
    roster: Roster

    @property
    def folder(self) -> Path:
        """Their folder."""
        return self.root / self.platform / FOLDER

    def claim(self, key: str) -> Lease | None:
        """Claim a job; check the store afterwards, because the job may have been done meanwhile.

        Returns:
            The lease; None if another worker has one and is alive, or may be alive.

        Raises:
            StoreError: if this worker was taken for dead, or the folder cannot be written.
        """
        if not (self.root / WORKERS / self.worker.name).exists():
            raise StoreError(
                f"{self.root}: this process was stopped or disconnected for so long that it was taken for dead; "
                "start it again"
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
        """Give back a lease; if the job is done and stored, remove its earlier leases too."""
        for each in sorted(self._of(lease.key), key=lambda each: each.number):
            is_own = each.number == lease.number and each.worker == self.worker.name
            if is_own or (done and each.number < lease.number):
                with suppress(OSError):
                    self._file(each).unlink()

    def note_failure(self, lease: Lease, why: Mapping[str, Any]) -> None:
        """Record in a lease why its job failed, so that no other worker on this machine tries it again."""
        with suppress(OSError), open_regular(self._file(lease), os.O_RDWR, follow=False) as file:
            said = _read(lease.key, lease.number, file.read(LARGEST))
            if said.worker == self.worker.name:
                file.seek(0)
                file.write(_content(lease, why))
                file.truncate()

    def failure(self, key: str) -> Mapping[str, Any] | None:
        """Return why a job failed on this machine, as recorded by a worker; None if it did not."""
        own = (each.failed for each in self._of(key) if each.machine == self.worker.machine)
        return next((why for why in own if why is not None), None)

    def deaths(self, lease: Lease) -> int:
        """Return the number of workers that died, or were taken for dead, at the job before this lease."""
        return sum(each.number < lease.number and each.failed is None for each in self._of(lease.key))

    def _may_live(self, lease: Lease) -> bool:
        """Whether the worker of a lease is alive, or may be alive."""
        if lease.worker:
            return self.roster.is_alive(lease.worker)
        return self.roster.is_new(
            self._file(lease), b"", SECONDS
        )  # it was killed before it wrote its name, or is about to write it

    def _last(self, key: str) -> Lease | None:
        return max(self._of(key), key=lambda each: each.number, default=None)

    def _of(self, key: str) -> list[Lease]:
        return [_lease(self.folder, key, number) for number in _numbers(self.folder).get(key, ())]

    def _file(self, lease: Lease) -> Path:
        return self.folder / f"{lease.key}.{lease.number}"


def all_leases(root: Path, platform: str) -> Iterator[Lease]:
    """Yield the leases on a platform of a store, including those of dead workers."""
    folder = root / platform / FOLDER
    for key, numbers in sorted(_numbers(folder).items()):
        yield from (_lease(folder, key, number) for number in sorted(numbers))


def remove_leases(root: Path, platform: str) -> None:
    """Remove all leases on a platform, including failures; no worker may be alive."""
    folder = root / platform / FOLDER
    for key, numbers in _numbers(folder).items():
        for number in numbers:
            with suppress(OSError):
                (folder / f"{key}.{number}").unlink()


def _numbers(folder: Path) -> dict[str, list[int]]:
    """Return key -> numbers of its leases; follows no link."""
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
    """Return the lease in a file; without a worker if the file is incomplete."""
    try:
        said = json.loads(content)
        worker, machine, failed = str(said["worker"]), str(said["machine"]), said["failed"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return Lease(key, number)
    is_name = re.fullmatch(r"[0-9a-f]{16}", worker) is not None
    return Lease(key, number, worker if is_name else "", machine, failed if isinstance(failed, dict) else None)

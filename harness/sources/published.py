"""Published files: found in the folders of data or Keras' cache, else downloaded and kept there; known by their SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import DataMissing
from harness.paths import keras_home
from harness.sources import Unsound
from harness.sources.download import download, refuse_offline
from harness.sources.keep import keep
from harness.sources.named import check, find_file


@dataclass(frozen=True)
class Published:
    """A file that is published.

    Attributes:
        names: under which it is looked for in a folder of data; it is kept under the first.
        sha256: of its bytes.
        most: bytes it has at most.
        address: where it is downloaded from; empty for a part of another file.
    """

    names: tuple[str, ...]
    sha256: str
    most: int
    address: str = ""


def kept_in(ours: Path | None) -> list[Path]:
    """Return the folders where what was fetched is kept, in order: Keras' cache, and harness's own, where there is one."""
    home = keras_home()
    return [folder for folder in (home and home / "datasets", ours) if folder is not None]


@dataclass
class Search:
    """A search for the published files of one data set.

    Attributes:
        given: the folders of data given.
        ours: harness's own folder for what was fetched; None where nothing is to be kept.
        origins: how each file was had, without a path of this machine.
        notes: what the user should see of it.
        troubles: what is wrong with files that were passed over.
    """

    given: tuple[Path, ...]
    ours: Path | None = None
    origins: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @property
    def folders(self) -> Sequence[Path]:
        """Where files are looked for, in order."""
        return list(dict.fromkeys((*self.given, *kept_in(self.ours))))

    def at_hand(self, *files: Published) -> list[bytes] | None:
        """Return what files in the folders hold; None where one of them is not there, which is noted if others are."""
        found: list[tuple[Path, bytes]] = []
        for file in files:
            one = find_file(file.names, file.sha256, self.folders, file.most, self.troubles)
            if one is None:
                if found:
                    self.troubles.append(f"there is no undamaged {file.names[-1]}")
                return None
            found.append(one)
        shown = [path if len(files) == 1 else path.parent for path, _ in found]
        self.origins.append(f"{'a file' if len(files) == 1 else 'files in'} {shown[0].name}")
        self.notes += dict.fromkeys(map(str, shown))
        return [content for _, content in found]

    def fetched(self, file: Published) -> bytes:
        """Download a file, and keep it for the next time.

        Raises:
            OSError: if it cannot be had, or downloads are forbidden.
            Unsound: if what came is another file.
        """
        refuse_offline()
        content = download(file.address, file.most)
        check(content, file.sha256)
        there = next((each for each in kept_in(self.ours) if keep(each / file.names[0], content)), None)
        self.origins.append(f"downloaded from {file.address}")
        kept = f"kept as {there / file.names[0]}" if there else "it could not be saved for the next time"
        self.notes.append(f"{self.origins[-1]}, {kept}")
        return content

    def obtain(self, file: Published, name: str) -> bytes:
        """Return what a file holds, from a folder or its address; ``name`` is the data set's, for the message.

        Raises:
            DataMissing: if it cannot be had; says what was tried, and what repairs it.
        """
        if (content := self.at_hand(file)) is not None:
            return content[0]
        try:
            return self.fetched(file)
        except (Unsound, OSError) as trouble:
            what = "what came " if isinstance(trouble, Unsound) else ""
            tried = [*self.troubles, f"downloading it from {file.address} failed: {what}{trouble}"]
        looked = ", ".join(map(str, self.folders)) or "no folder (none was given, and there is no home)"
        raise DataMissing(
            f"{name} is missing: no undamaged {' or '.join(file.names)} in {looked} ({'; '.join(tried)}); "
            "put the file into one of these folders, or name its folder with --data-dir or HARNESS_DATA_DIR"
        )

    def notes_of_all(self) -> list[str]:
        """Return what the user should see, files that were passed over first."""
        return [*(f"passed over: {each}" for each in self.troubles), *self.notes]

    @property
    def origin(self) -> str:
        """How all files were had."""
        return ", ".join(dict.fromkeys(self.origins))

"""Entry points of other installed packages: the kinds they offer, and why some of them cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions

from harness.errors import HarnessError, brief
from harness.naming import nearest

PREFIX = "harness."
"""Prefix of the name of every group of entry points; the name of a group of kinds follows."""


@dataclass(frozen=True)
class Package:
    """An installed distribution."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True)
class Offer:
    """One entry point.

    Attributes:
        package: the distribution that has it.
        group: the group of kinds that the name of its group ends with.
        point: the entry point.
    """

    package: Package
    group: str
    point: EntryPoint


@dataclass(frozen=True)
class Failure:
    """Kinds of another package that cannot be used; all other kinds stay usable.

    Attributes:
        package: the distribution that offers them.
        group: the group of kinds they would be in; empty where that is not known.
        kinds: their names, as far as they are known.
        what: the entry point, as written.
        cause: why, on one line.
    """

    package: Package
    group: str
    kinds: frozenset[str]
    what: str
    cause: str

    def __str__(self) -> str:
        return (
            f"the package {self.package} offers {self.what}, which cannot be used: {self.cause}; "
            f"repair or uninstall {self.package.name}; all other kinds work"
        )


def offered(groups: tuple[str, ...]) -> Iterator[Offer | Failure]:
    """Yield every entry point of the groups of kinds, packages in alphabetical order, and those that cannot be read."""
    found: dict[str, tuple[Package, Distribution]] = {}
    for distribution in filter(_offers, distributions()):
        package = _package(distribution)
        # Where two distributions have one name, Python imports the first on the path.
        found.setdefault(package.name.lower().replace("_", "-"), (package, distribution))
    for _, (package, distribution) in sorted(found.items(), key=lambda item: item[0]):
        yield from _points(package, distribution, groups)


def _offers(distribution: Distribution) -> bool:
    """Whether a distribution may offer kinds. Its metadata are parsed only then: there are hundreds."""
    try:
        return PREFIX in (distribution.read_text("entry_points.txt") or "")
    except (OSError, ValueError):
        return False


def _points(package: Package, distribution: Distribution, groups: tuple[str, ...]) -> Iterator[Offer | Failure]:
    try:
        points = list(distribution.entry_points)
    except Exception as error:  # noqa: BLE001  what another package wrote may fail in any way
        yield Failure(
            package, "", frozenset(), "kinds", f"its entry_points.txt is damaged ({type_and_first_line(error)})"
        )
        return
    for point in dict.fromkeys(points):
        group = point.group.removeprefix(PREFIX)
        if group in groups and group != point.group:
            yield Offer(package, group, point)
        elif group != point.group and (near := nearest(group, groups)):
            cause = f"there is no group {point.group!r}; did it mean {PREFIX}{near}?"
            yield Failure(package, near, frozenset({point.name}), f"{point.name} = {point.value}", cause)


def _package(distribution: Distribution) -> Package:
    """Return a distribution's name and version, as far as its metadata give them."""
    try:
        return Package(distribution.metadata["Name"] or "without a name", distribution.version or "")
    except Exception:  # noqa: BLE001  same
        return Package("without a name", "")


def type_and_first_line(error: BaseException) -> str:
    """Return an error as one line: its type, unless it is one of ours, and the first line of what it says."""
    if isinstance(error, HarnessError):
        return brief(str(error))
    if isinstance(error, SystemExit):
        return f"importing it ends the program (SystemExit: {brief(str(error.code))})"
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return brief(f"{type(error).__name__}: {first}" if first else type(error).__name__)

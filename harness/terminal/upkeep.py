"""What `harness store` shows of a store, printed or as JSON documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.errors import plural
from harness.terminal.breaking import Breakable
from harness.terminal.console import print_line
from harness.upkeep.collecting import Collected
from harness.upkeep.listing import NamedResults, StoredResult
from harness.upkeep.receiving import Imported
from harness.upkeep.sending import Exported
from harness.upkeep.verifying import VerifiedStore

SHOWN = 50
"""The most lines of one sort that are printed; the document has all."""
_STEP = 1000


def size(number: int) -> str:
    """Return a number of bytes in words: ``12 B``, ``3.4 MB``."""
    amount, unit = float(number), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < _STEP:
            break
        amount, unit = amount / _STEP, larger
    return f"{amount:.3g} {unit}" if amount < _STEP else f"{amount:,.0f} {unit}"


def print_listing(found: Sequence[NamedResults], root: str, console: Console) -> None:
    """Print a table of results by name, and how many there are."""
    _print_named(found, console)
    count, taken = sum(each.count for each in found), sum(each.bytes for each in found)
    print_line(console, f"{root}: {plural(count, 'result')}, {size(taken)}")


def _print_named(found: Sequence[NamedResults], console: Console) -> None:
    """Print a table of results by name."""
    if not found:
        return
    table = Table(pad_edge=False, box=None)
    for name in ("platform", "verb", "name"):
        table.add_column(name, no_wrap=name != "name")
    for name in ("results", "size"):
        table.add_column(name, no_wrap=True, justify="right")
    table.add_column("last made", no_wrap=True)
    for each in found:
        day = escape(each.last[:10])
        table.add_row(each.platform, each.verb, Breakable(each.name), f"{each.count:,}", size(each.bytes), day)
    console.print(table)


def named_document(found: Iterable[NamedResults]) -> list[dict[str, Any]]:
    """Return results by name as values that JSON can hold."""
    return [
        {
            "platform": each.platform,
            "verb": each.verb,
            "name": each.name,
            "results": each.count,
            "bytes": each.bytes,
            "last": each.last or None,
        }
        for each in found
    ]


def listing_document(found: Sequence[NamedResults], root: str) -> dict[str, Any]:
    """Return a listing as values that JSON can hold."""
    return {"store": root, "named": named_document(found)}


def print_verified(found: VerifiedStore, root: str, console: Console) -> None:
    """Print each damaged result, and how many were read."""
    _print_damaged(found.damaged, console)
    told = f"{len(found.damaged):,} damaged; the next run that needs them computes them again"
    print_line(
        console,
        f"{root}: {plural(found.count, 'result')}, {size(found.bytes)}: {told if found.damaged else 'none is damaged'}",
        style="red" if found.damaged else "green",
    )


def verified_document(found: VerifiedStore, root: str) -> dict[str, Any]:
    """Return what was found in a store as values that JSON can hold."""
    return {
        "store": root,
        "results": found.count,
        "bytes": found.bytes,
        "damaged": _damaged(found.damaged),
        "exit_status": found.status,
    }


def print_collected(found: Collected, root: str, deletes: str, console: Console) -> None:
    """Print the results that no record needs, and whether they were deleted.

    Args:
        found: what was found.
        root: the store, as the user named it.
        deletes: the command that removes it.
        console: to print on.
    """
    _print_named(found.unneeded, console)
    count, taken = sum(each.count for each in found.unneeded), sum(each.bytes for each in found.unneeded)
    left = sum(each.bytes for each in found.left)
    for each in found.left[:SHOWN]:
        print_line(console, f"left: {each.path}: its folder contains other files, or it is a link")
    kept = f"{plural(found.kept, 'result')}, {size(found.kept_bytes)}, kept for {plural(found.records, 'record')}"
    if not count:
        print_line(console, f"{root}: nothing to remove; {kept}", style="green")
    elif found.removed:
        print_line(
            console, f"{root}: {plural(count - len(found.left), 'result')}, {size(taken - left)}, removed; {kept}"
        )
    else:
        print_line(
            console,
            f"{root}: {plural(count, 'result')}, {size(taken)}, that no record needs; {kept}. Nothing was deleted: "
            f"`{deletes}` deletes them",
        )


def collected_document(found: Collected, root: str) -> dict[str, Any]:
    """Return what no record needs as values that JSON can hold."""
    return {
        "store": root,
        "records": found.records,
        "kept": found.kept,
        "kept_bytes": found.kept_bytes,
        "unneeded": named_document(found.unneeded),
        "removed": found.removed,
        "left": [each.path for each in found.left],
    }


def print_exported(found: Exported, file: str, console: Console) -> None:
    """Print what went into an export, and what could not."""
    _print_damaged(found.damaged, console)
    taken = sum(each.bytes for each in found.results)
    absent = f"; {plural(found.absent, 'job')} of the records not in the store" if found.absent else ""
    unchanged = "" if found.written else " (unchanged)"
    print_line(console, f"{file}{unchanged}: {plural(len(found.results), 'result')}, {size(taken)}{absent}")


def exported_document(found: Exported, file: str) -> dict[str, Any]:
    """Return what went into an export as values that JSON can hold."""
    return {
        "file": file,
        "written": found.written,
        "results": [each.path for each in found.results],
        "damaged": _damaged(found.damaged),
        "absent": found.absent,
    }


def print_imported(found: Imported, root: str, console: Console) -> None:
    """Print what came of an import."""
    known = f"; {len(found.known):,} were already there and are kept" if found.known else ""
    print_line(console, f"{root}: {plural(len(found.new), 'new result')}, each checked against its hashes{known}")


def imported_document(found: Imported, root: str) -> dict[str, Any]:
    """Return what came of an import as values that JSON can hold."""
    return {"store": root, "new": [each.path for each in found.new], "known": [each.path for each in found.known]}


def _print_damaged(damaged: Sequence[tuple[StoredResult, str]], console: Console) -> None:
    for each, why in damaged[:SHOWN]:
        print_line(console, f"damaged  {each.path}: {why}")
    if len(damaged) > SHOWN:
        print_line(console, f"and {len(damaged) - SHOWN} more (--json lists them)")


def _damaged(damaged: Iterable[tuple[StoredResult, str]]) -> list[dict[str, str]]:
    return [{"result": each.path, "because": why} for each, why in damaged]

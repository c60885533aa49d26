"""The commands that manage a store."""

from __future__ import annotations

from pathlib import Path

import click

from harness.commands.options import (
    CONTEXT,
    PATH,
    console_out,
    discover_kinds,
    print_document,
    with_json,
    with_status,
    with_store,
)
from harness.shell import command


@click.group(context_settings=CONTEXT)
def store() -> None:
    """Manage a store: list, verify, collect garbage, export.

    A store (.harness, or --store) contains all computed results; if you delete its folder, you only lose time.
    """


@store.command("ls", context_settings=CONTEXT)
@with_store
@with_json
@with_status
def store_ls(store: Path, *, as_json: bool) -> None:
    """List the results in a store, grouped by name."""
    from harness.terminal.upkeep import listing_document, print_listing  # noqa: PLC0415
    from harness.upkeep.listing import named_results, stored_results  # noqa: PLC0415

    found = named_results(store, stored_results(store))
    if as_json:
        print_document("store ls", listing_document(found, str(store)))
    else:
        print_listing(found, str(store), console_out())


@store.command("verify", context_settings=CONTEXT)
@with_store
@with_json
@with_status
def store_verify(store: Path, *, as_json: bool) -> int:
    """Check every result of a store against its hashes.

    Writes nothing. The exit status is 1 if a result is damaged; the next run that needs it computes it again.
    """
    from harness.terminal.upkeep import print_verified, verified_document  # noqa: PLC0415
    from harness.upkeep.verifying import verify_store  # noqa: PLC0415

    found = verify_store(store)
    if as_json:
        print_document("store verify", verified_document(found, str(store)))
    else:
        print_verified(found, str(store), console_out())
    return found.status


@store.command("gc", context_settings=CONTEXT)
@click.argument("reports", nargs=-1, type=PATH)
@with_store
@click.option("--delete", is_flag=True, help="Delete the results that no record needs, instead of only listing them.")
@with_json
@with_status
def store_gc(reports: tuple[Path, ...], *, store: Path, delete: bool, as_json: bool) -> None:
    """List the results that no record needs; delete them with --delete.

    REPORTS are reports, or folders that contain reports at any depth (default: reports). Kept are all results that
    their records depend on, and all results that their packs, as measured, would use again. Only results are deleted,
    and only while no process uses the store.
    """
    from harness.terminal.upkeep import collected_document, print_collected  # noqa: PLC0415
    from harness.upkeep.collecting import collect_garbage  # noqa: PLC0415

    discover_kinds()
    found = collect_garbage(store, reports or (Path("reports"),), delete=delete)
    if as_json:
        print_document("store gc", collected_document(found, str(store)))
        return
    words = (*reports, *(("--store", store) if store != Path(".harness") else ()), "--delete")
    print_collected(found, str(store), command("store", "gc", *words), console_out())


@store.command("export", context_settings=CONTEXT)
@click.argument("file", type=PATH)
@click.argument("reports", nargs=-1, required=True, type=PATH)
@with_store
@with_json
@with_status
def store_export(file: Path, reports: tuple[Path, ...], *, store: Path, as_json: bool) -> int:
    """Write the results behind reports to one file.

    FILE is the export; REPORTS are reports, or folders that contain reports. The exit status is 1 if a damaged result
    was left out.
    """
    from harness.terminal.upkeep import exported_document, print_exported  # noqa: PLC0415
    from harness.upkeep.sending import export_results  # noqa: PLC0415

    found = export_results(store, reports, file)
    if as_json:
        print_document("store export", exported_document(found, str(file)))
    else:
        print_exported(found, str(file), console_out())
    return 1 if found.damaged else 0


@store.command("import", context_settings=CONTEXT)
@click.argument("file", type=PATH)
@with_store
@with_json
@with_status
def store_import(file: Path, *, store: Path, as_json: bool) -> None:
    """Import the results of an export into a store.

    Each result is first checked against its hashes. If one differs, or the file contains anything else, nothing is
    imported. Hashes do not show who exported the file.
    """
    from harness.terminal.upkeep import imported_document, print_imported  # noqa: PLC0415
    from harness.upkeep.receiving import import_results  # noqa: PLC0415

    found = import_results(store, file)
    if as_json:
        print_document("store import", imported_document(found, str(store)))
    else:
        print_imported(found, str(store), console_out())

"""Results move to another store in one file: sound ones, or none."""

import json
import shutil
from pathlib import Path

import fakes
import numpy as np
import pytest
from handed import PACK, REPORT, STORE, tree

from harness.errors import StoreError
from harness.pipeline import verify
from harness.prepared import Options
from harness.store import ARRAYS, ENTRY
from harness.upkeep.listing import store_of, stored_results
from harness.upkeep.receiving import SCRATCH, import_results
from harness.upkeep.sending import HEAD, SAYS, export_results
from harness.upkeep.verifying import verify_store
from harness.zipped import Content, readings, write_zip

FILE, OTHER = Path("e.zip"), Path("other")


@pytest.fixture
def exported(lab):
    return export_results(STORE, [REPORT], FILE)


def contents():
    with FILE.open("rb") as stream:
        return {each.name: b"".join(each.content(stream).pieces()) for each in readings(stream)[0]}


def pack_anew(files):
    with FILE.open("w+b") as stream:
        write_zip(stream, {name: Content.of(each) for name, each in files.items()})


def flip(content, offset):
    spoilt = bytearray(content)
    spoilt[offset] ^= 1
    return bytes(spoilt)


def test_an_export_holds_every_result_of_a_record_and_another_store_goes_on_from_it(exported, call):
    assert (exported.written, exported.damaged, exported.absent) == (True, (), 0)
    assert set(exported.results) == set(stored_results(STORE))
    result = call("store", "import", FILE, "--store", OTHER)
    assert result.exit_code == 0, result.output
    assert f"other: {len(exported.results)} new results, each checked against its hashes" in result.output
    assert verify_store(OTHER).count == len(exported.results)
    assert verify_store(OTHER).status == 0
    fakes.CALLS.clear()
    verify((PACK,), Options(out=Path("again"), store=OTHER))
    assert fakes.CALLS["train"] + fakes.CALLS["craft"] == 0


def test_equal_results_give_equal_bytes_and_a_store_is_only_read(lab):
    before = tree(STORE)
    export_results(STORE, [REPORT], FILE)
    assert tree(STORE) == before
    shutil.copytree(STORE, OTHER)
    assert not export_results(OTHER, [REPORT], FILE).written


def test_a_damaged_result_and_one_that_is_not_there_are_left_out_and_said(lab, call):
    file = min(STORE.rglob(ARRAYS))
    file.write_bytes(flip(file.read_bytes(), -30))
    gone = min((STORE / "tensorflow-cpu" / "measure").rglob(ENTRY))
    shutil.rmtree(gone.parent)
    result = call("store", "export", FILE, REPORT, "--store", STORE, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [each["result"] for each in found["damaged"]] == [file.parent.relative_to(STORE).as_posix()]
    assert found["absent"] == 1
    assert call("store", "import", FILE, "--store", OTHER).exit_code == 0


def test_a_store_without_any_of_the_results_writes_no_export(lab):
    OTHER.mkdir()
    with pytest.raises(StoreError, match=r"other: none of \d+ results of these records is in it, whole"):
        export_results(OTHER, [REPORT], FILE)
    assert not FILE.exists()


def test_a_file_of_other_origin_is_not_written_over(lab):
    FILE.write_text("mine")
    with pytest.raises(StoreError, match="another file has this name and was not changed; name another file"):
        export_results(STORE, [REPORT], FILE)
    assert FILE.read_text() == "mine"


def test_what_a_store_has_it_keeps_and_a_damaged_result_is_replaced(exported):
    whole = tree(STORE)
    spoilt = min(STORE.rglob(ARRAYS))
    spoilt.write_bytes(flip(spoilt.read_bytes(), -30))
    found = import_results(STORE, FILE)
    assert [each.path for each in found.new] == [spoilt.parent.relative_to(STORE).as_posix()]
    assert len(found.new) + len(found.known) == len(exported.results)
    assert tree(STORE) == whole


def refused(said):
    """The export is refused with these words, and no result of it was imported."""
    OTHER.mkdir(exist_ok=True)
    (OTHER / "notes.txt").write_text("mine")
    before = tree(Path())
    with pytest.raises(StoreError, match=said) as error:
        import_results(OTHER, FILE)
    assert str(error.value).startswith(f"{FILE}: ")
    assert tree(Path()) == before
    assert list(stored_results(OTHER)) == []


def test_one_touched_byte_in_any_file_of_an_export_is_found_and_nothing_is_imported(exported):
    files = contents()
    for name, content in list(files.items())[:: max(len(files) // 12, 1)]:
        if name != HEAD:
            pack_anew(files | {name: flip(content, len(content) // 2)})
            refused(r"is damaged.*nothing was imported; export it again")


PLACE = f"tensorflow-cpu/measure/00/{'00' * 32}"


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/etc/outside",
        f"../{PLACE}/{ENTRY}",
        f"tensorflow-cpu/measure/01/{'00' * 32}/{ENTRY}",
        f"tensorflow-cpu/measure/00/{'00' * 31}/{ENTRY}",
        f"tensorflow-cpu/steal/00/{'00' * 32}/{ENTRY}",
        f"{PLACE}/notes.txt",
        f"{PLACE}/../../../../../{ENTRY}",
        f"..-cpu/measure/00/{'00' * 32}/{ENTRY}",
        "lock",
        "format/x",
    ],
)
def test_a_file_that_is_none_of_a_result_s_is_refused_wherever_it_would_lie(exported, name):
    pack_anew(contents() | {name: b"{}"})
    refused("which is no file of a result; nothing was imported")


def test_an_entry_larger_than_any_is_refused_unread(exported, monkeypatch):
    monkeypatch.setitem(import_results.__globals__["_MOST"], ENTRY, 100)
    refused(r"of [\d,]+ bytes, expected at most 100")


@pytest.mark.parametrize("parts", [{ENTRY: b"{}"}, {ARRAYS: b"x"}, {ENTRY: b""}, {ENTRY: b"[" * 100_000}])
def test_what_is_no_result_is_refused(exported, parts):
    pack_anew(contents() | {f"{PLACE}/{name}": each for name, each in parts.items()})
    refused("nothing was imported")


def test_a_result_under_another_s_key_is_refused(exported):
    files = contents()
    name = next(name for name in files if "/measure/" in name)
    pack_anew(files | {f"{PLACE}/{ENTRY}": files[name]})
    refused("it holds the result of another job")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (SAYS.replace("1", "2"), "is of format 2, but this version of harness reads 1: update harness"),
        ("mine", "is no export of a store"),
        ("x" * 1000, "is no export of a store"),
        (None, "is no export of a store"),
    ],
)
def test_an_export_of_another_format_or_none_is_refused_with_a_way_forward(exported, head, said):
    files = contents()
    pack_anew(
        {name: each for name, each in files.items() if name != HEAD} | ({} if head is None else {HEAD: head.encode()})
    )
    refused(said)


@pytest.mark.parametrize("content", [b"", b"mine", bytes(5000)])
def test_a_file_of_other_origin_is_no_export(lab, content):
    FILE.write_bytes(content)
    refused("is not an archive that harness wrote")


def test_a_link_a_folder_and_a_file_cut_short_are_refused(exported):
    whole = FILE.read_bytes()
    FILE.write_bytes(whole[: len(whole) // 2])
    refused("is truncated")
    FILE.unlink()
    FILE.mkdir()
    refused("cannot be read: expected a regular file")


def test_an_export_whose_directory_names_other_files_than_its_headers_is_refused(exported):
    whole = bytearray(FILE.read_bytes())
    at = whole.rfind(b"tensorflow-cpu/")
    whole[at : at + 15] = b"tensorflow-gpu/"
    FILE.write_bytes(whole)
    refused("its directory names other files than its headers")


def test_a_link_in_the_store_is_not_written_through(exported, tmp_path):
    OTHER.mkdir()
    (tmp_path / "outside").mkdir()
    (OTHER / "tensorflow-cpu").symlink_to(tmp_path / "outside")
    with pytest.raises(StoreError, match="found a symbolic link"):
        import_results(OTHER, FILE)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_full_disk_leaves_the_store_as_it_was(exported, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(StoreError, match="No space left on device"):
            import_results(OTHER, FILE)
    assert list(stored_results(OTHER)) == []


def test_what_a_killed_import_left_goes_with_the_next(exported):
    (OTHER / f"{SCRATCH}abc" / "tensorflow-cpu").mkdir(parents=True)
    import_results(OTHER, FILE)
    assert [path.name for path in OTHER.iterdir()] == ["tensorflow-cpu"]


def test_a_store_in_use_takes_no_import(exported, call):
    with store_of(STORE, "tensorflow-cpu").lock():
        result = call("store", "import", FILE, "--store", STORE)
    assert result.exit_code == 2
    assert "is in use by another harness" in result.stderr


def test_random_damage_to_an_export_ends_in_a_clean_error_or_changes_nothing_that_is_read(exported):
    whole, drawn = FILE.read_bytes(), np.random.default_rng(11)
    for _ in range(60):
        spoilt = bytearray(whole)
        for _ in range(drawn.integers(1, 31)):
            spoilt[drawn.integers(len(spoilt))] = drawn.integers(256)
        FILE.write_bytes(spoilt)
        shutil.rmtree(OTHER, ignore_errors=True)
        try:
            import_results(OTHER, FILE)
        except StoreError:
            assert not OTHER.exists() or list(stored_results(OTHER)) == []
        else:
            assert verify_store(OTHER).status == 0
            assert {name: each for name, each in tree(OTHER).items() if name.endswith((ENTRY, ARRAYS))} == {
                name: each for name, each in tree(STORE).items() if name.endswith((ENTRY, ARRAYS))
            }

"""A bundle holds all of a report, byte for byte the same each time, and says which of its files was touched."""

import hashlib
import io
import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from handed import PACK, REPORT, tree

from harness.api import bundle, check
from harness.bundles.checking import record_in
from harness.errors import ReportError, UsageError
from harness.record.file import read
from harness.report.check import FileState, check_folder
from harness.report.manifest import NAME, manifest_text
from harness.zipped import Content, readings, write_zip

FILE = Path("b.zip")
TOP = "fakes/"


@pytest.fixture
def bundled(lab):
    assert bundle(REPORT, FILE).written
    return lab / FILE


def contents(file):
    with zipfile.ZipFile(file) as archive:
        return {name.removeprefix(TOP): archive.read(name) for name in archive.namelist()}


def pack_anew(file, files, *, seal=True):
    """Write a bundle of other files; with a manifest of them, as whoever tampers with one can."""
    if seal:
        digests = {name: hashlib.sha256(each).hexdigest() for name, each in files.items() if name != NAME}
        files = files | {NAME: manifest_text(digests, "record/results.json").encode()}
    with file.open("w+b") as stream:
        write_zip(stream, {TOP + name: Content.of(each) for name, each in files.items()})


def changed(file):
    return {each.path: each.because for each in check(file).changed}


def test_a_bundle_holds_the_report_the_pack_the_environments_and_the_digests_of_all(bundled, lab):
    found = contents(bundled)
    report = {name: each for name, each in tree(REPORT).items() if name != NAME}
    assert report.items() <= found.items()
    assert {
        name.removeprefix("specs/fakes/"): each for name, each in found.items() if name.startswith("specs/")
    } == tree(PACK)
    assert json.loads(found["environment.json"])["environments"] == read(REPORT).provenance
    listed = dict(reversed(line.split("  ")) for line in found[NAME].decode().splitlines() if line[0] != "#")
    assert listed == {name: hashlib.sha256(each).hexdigest() for name, each in found.items() if name != NAME}
    assert record_in(bundled) == read(REPORT)


def test_the_same_report_gives_the_same_bytes_elsewhere_and_later(bundled, tmp_path, monkeypatch):
    first = bundled.read_bytes()
    assert not bundle(REPORT, FILE).written
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    shutil.copytree(tmp_path / "lab" / REPORT, "moved")
    shutil.copytree(tmp_path / "lab" / PACK, "specs/fakes")
    for path in Path().rglob("*"):
        os.utime(path, (1e9, 1e9))
    bundle(Path("moved"), Path("named-otherwise.zip"))
    assert Path("named-otherwise.zip").read_bytes() == first


def test_a_bundle_is_checked_with_all_verdicts_judged_again_and_so_is_what_it_unpacks_to(bundled, tmp_path):
    found = check(bundled)
    assert (found.status, found.changed, found.unjudged) == (0, (), "")
    assert found.judged == len(read(REPORT).paper.claims)
    with zipfile.ZipFile(bundled) as archive:
        archive.extractall(tmp_path / "by-hand")
    again = check_folder(tmp_path / "by-hand" / "fakes")
    assert (again.status, again.manifest, len(again.files)) == (0, found.manifest, len(found.files))


def test_a_touched_byte_anywhere_in_a_file_names_that_file_alone(bundled, call):
    whole = bundled.read_bytes()
    with bundled.open("rb") as stream:
        members = readings(stream)[0]
    touched = [each for each in members if each.name != TOP + NAME]
    assert len(touched) > 8
    for number, each in enumerate(touched):
        path = each.name.removeprefix(TOP)
        spoilt = bytearray(whole)
        spoilt[(each.header + 12, each.start, each.end - 1)[number % 3]] ^= 4
        bundled.write_bytes(spoilt)
        found = check(bundled)
        assert [(one.path, one.state) for one in found.changed] == [(path, FileState.TOUCHED)]
        assert found.status == 1
    result = call("check", bundled)
    assert result.exit_code == 1
    assert result.output.startswith(f"touched  {path}: ")
    assert "harness-bundle-" not in result.output


def test_a_touched_manifest_is_named_in_an_error(bundled, call):
    with bundled.open("rb") as stream:
        (place,) = [each for each in readings(stream)[0] if each.name == TOP + NAME]
    spoilt = bytearray(bundled.read_bytes())
    spoilt[place.start + 300] ^= 1
    bundled.write_bytes(spoilt)
    result = call("check", bundled)
    assert result.exit_code == 2
    assert f"{bundled}: {NAME} in it: was changed since harness wrote it" in result.stderr
    assert "get another copy" in result.stderr


def test_a_changed_end_of_the_archive_is_the_archive_s_own(bundled):
    spoilt = bytearray(bundled.read_bytes())
    spoilt[-10] ^= 1
    bundled.write_bytes(spoilt)
    assert changed(bundled) == {"b.zip": "the archive's end is not as harness writes it"}


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("environment.json", b'"cpu"', b'"gpu"', {"environment.json": "not what the record says"}),
        ("specs/fakes/claims/table-1.yaml", b'"0.20"', b'"0.30"', {"specs/fakes": "it is no longer the record's pack"}),
        ("specs/fakes/models.yaml", b"noise: 0", b"noise: 1", {"specs/fakes": "it is no longer the record's pack"}),
        ("specs/fakes/paper.yaml", b"format: 1", b"{", {"specs/fakes": "it cannot be read as a pack"}),
    ],
)
def test_what_is_not_the_record_s_is_named_though_the_manifest_was_written_anew(bundled, name, old, new, said):
    files = contents(bundled)
    assert old in files[name]
    pack_anew(bundled, files | {name: files[name].replace(old, new)})
    found = changed(bundled)
    assert found.keys() == said.keys()
    for path, because in said.items():
        assert because in found[path]
        assert "harness-bundle-" not in found[path]


def test_a_missing_and_an_added_file_are_named(bundled):
    files = contents(bundled)
    pack_anew(bundled, {name: each for name, each in files.items() if name != "junit.xml"} | {"notes": b""}, seal=False)
    found = check(bundled)
    assert {(each.path, str(each.state)) for each in found.changed} == {("junit.xml", "missing"), ("notes", "added")}


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/outside", "fakes/../../outside", "fakes/a\\b", "fakes//x", "other/x", "fakes/", "fakes/\x07"],
)
def test_a_file_that_would_lie_outside_is_refused_and_nothing_is_written(bundled, name, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "lab"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "lab"))
    files = {TOP + path: Content.of(each) for path, each in contents(bundled).items()}
    with bundled.open("w+b") as stream:
        write_zip(stream, files | {name: Content.of(b"mine")})
    before = tree(tmp_path)
    with pytest.raises(ReportError, match="which has no place in the folder 'fakes' of a bundle"):
        check(bundled)
    assert tree(tmp_path) == before
    assert not Path("/etc/outside").exists()


def test_a_link_in_a_bundle_is_unpacked_as_the_file_it_is_not(bundled, tmp_path):
    """Its mode is no regular file's: the file is named, and no link is ever made."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, each in sorted(contents(bundled).items()):
            entry = zipfile.ZipInfo(TOP + path)
            entry.external_attr = (stat.S_IFLNK | 0o777 if path == "junit.xml" else 0o100644) << 16
            archive.writestr(entry, each)
    bundled.write_bytes(stream.getvalue())
    assert changed(bundled) == {"junit.xml": "its position in the archive is not the one that harness writes"}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"mine": b""},
        {NAME: b"mine"},
        {NAME: b"x" * (2**20 + 1)},
        {NAME: manifest_text({"a": "0" * 64}, "").encode(), "a": b""},
        {"a": b"", "a/b": b""},
    ],
    ids=["empty", "no manifest", "no manifest's text", "a long manifest", "no record", "a file that is a folder"],
)
def test_what_is_no_bundle_is_an_error_that_says_so(lab, files, call):
    pack_anew(FILE, files, seal="a/b" in files)
    result = call("check", FILE)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"harness: {FILE}: ")
    assert "get another copy of the bundle" in result.stderr


@pytest.mark.parametrize("content", [b"", b"mine", bytes(1000)])
def test_a_file_of_other_origin_is_no_bundle_and_none_is_written_over_it(lab, content, call):
    FILE.write_bytes(content)
    assert call("check", FILE).exit_code == 2
    result = call("bundle", REPORT, "-o", FILE)
    assert result.exit_code == 2
    assert "another file has this name and was not changed; name another file with -o" in result.stderr
    assert FILE.read_bytes() == content


def test_a_report_that_was_touched_is_not_bundled(lab, call):
    (REPORT / "junit.xml").write_text("mine")
    result = call("bundle", REPORT, "-o", FILE)
    assert result.exit_code == 2
    assert "was changed after it was written (junit.xml)" in result.stderr
    assert "`harness report reports/fakes` writes it again" in result.stderr
    assert not FILE.exists()


def test_without_its_pack_a_bundle_says_so_and_holds_it_in_the_record(lab, call):
    shutil.rmtree(PACK)
    result = call("bundle", REPORT, "-o", FILE)
    assert result.exit_code == 0
    assert "specs/fakes is left out: it cannot be read as a pack" in result.output
    assert not any(name.startswith("specs/") for name in contents(FILE))
    assert check(FILE).status == 0


def test_a_pack_that_was_changed_since_is_left_out_and_refused_where_it_was_asked_for(lab):
    claims = PACK / "claims" / "table-1.yaml"
    claims.write_text(claims.read_text().replace('"0.20"', '"0.30"'))
    found = bundle(REPORT, FILE)
    assert "it is no longer the record's pack: claims differ" in found.note
    assert not any(name.startswith("specs/") for name in found.files)
    with pytest.raises(UsageError, match="claims differ; name the pack as it was then"):
        bundle(REPORT, FILE, PACK)


def test_the_document_of_a_bundle_has_its_digest(lab, call):
    found = json.loads(call("bundle", REPORT, "-o", FILE, "--json").stdout)
    assert found["sha256"] == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert found["files"] == sorted(contents(FILE))
    assert found["note"] is None

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.spec.reading.folder import find_packs
from harness.spec.reading.load import load


def make(folder, *names):
    for name in names or ("paper.yaml",):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("format: 1\n", encoding="utf-8")
    return folder


@pytest.fixture
def specs(tmp_path):
    for name in ("zebra", "quickstart", "alpha"):
        make(tmp_path / "specs" / name)
    return tmp_path / "specs"


def names(packs):
    return [pack.name for pack in packs]


def test_a_folder_of_packs_gives_its_packs_quickstart_first_then_by_name(specs):
    assert names(find_packs([specs])) == ["quickstart", "alpha", "zebra"]


def test_the_order_of_the_paths_does_not_matter(specs):
    assert names(find_packs([specs / "zebra", specs / "quickstart", specs / "alpha"])) == [
        "quickstart",
        "alpha",
        "zebra",
    ]


def test_a_pack_gives_itself(specs):
    assert find_packs([specs / "alpha"]) == [specs / "alpha"]


@pytest.mark.parametrize("file", ["models.yaml", "claims/table-1.yaml", "claims"])
def test_a_file_or_folder_inside_a_pack_gives_the_pack(specs, file):
    make(specs / "alpha", "models.yaml", "claims/table-1.yaml")
    assert find_packs([specs / "alpha" / file]) == [specs / "alpha"]


def test_a_pack_named_in_several_ways_is_given_once(specs):
    assert names(find_packs([specs, specs / "alpha", specs / "alpha" / "paper.yaml"])) == [
        "quickstart",
        "alpha",
        "zebra",
    ]


def test_a_relative_path_stays_relative_so_that_errors_read_as_the_user_wrote(specs, monkeypatch):
    monkeypatch.chdir(specs.parent)
    assert find_packs([Path("specs/alpha/paper.yaml")]) == [Path("specs/alpha")]
    monkeypatch.chdir(specs / "alpha")
    assert find_packs([Path("paper.yaml")]) == [Path()]
    assert find_packs([Path()]) == [Path()]


def test_a_pack_whose_paper_is_missing_is_still_meant_as_a_pack(specs):
    make(specs / "beta", "claims/table-1.yaml")
    assert "beta" in names(find_packs([specs]))


def test_a_folder_that_holds_no_pack_beside_packs_is_passed_over(specs):
    (specs / "notes").mkdir()
    assert "notes" not in names(find_packs([specs]))


def test_a_path_that_does_not_exist_is_answered_with_the_one_that_was_meant(specs):
    with pytest.raises(UsageError, match=r"alhpa: there is no such file or folder; did you mean .*alpha\?"):
        find_packs([specs / "alhpa"])


def test_an_empty_folder_is_answered_with_what_a_pack_is(tmp_path):
    with pytest.raises(UsageError, match=r"the folder is empty; a pack is a folder with paper\.yaml"):
        find_packs([tmp_path])


def test_a_folder_without_packs_is_answered_with_what_a_pack_is(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UsageError, match=r"there is no pack in this folder; a pack is"):
        find_packs([tmp_path])


def test_a_file_outside_every_pack_is_answered_with_what_a_pack_is(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UsageError, match=r"this file belongs to no pack; a pack is"):
        find_packs([tmp_path / "notes.txt"])


def test_no_path_at_all_is_answered_with_what_a_pack_is():
    with pytest.raises(UsageError, match="no path was given; a pack is"):
        find_packs([])


def test_two_packs_of_one_name_are_refused_since_they_would_share_a_report(tmp_path):
    make(tmp_path / "a" / "same")
    make(tmp_path / "b" / "same")
    with pytest.raises(UsageError, match="have the same name"):
        find_packs([tmp_path / "a", tmp_path / "b"])


def test_the_missing_files_of_a_pack_are_each_told(pack):
    for file in ("paper.yaml", "models.yaml", "claims/table-1.yaml", "claims/prose.yaml"):
        (pack.folder / file).unlink()
    assert [line.split(": ")[:2] for line in pack.mistakes()] == [
        ["claims", ("there is no file of claims; a pack is a folder with paper.yaml, models.yaml, attacks.yaml and "
         "claims/*.yaml (`harness init PACK` writes one)")],
        ["models.yaml", ("missing; a pack is a folder with paper.yaml, models.yaml, attacks.yaml and claims/*.yaml "
         "(`harness init PACK` writes one)")],
        ["paper.yaml", ("missing; a pack is a folder with paper.yaml, models.yaml, attacks.yaml and claims/*.yaml "
         "(`harness init PACK` writes one)")],
    ]  # fmt: skip


STRAYS = {
    "model.yaml": "model.yaml: this file is not read; rename it to models.yaml",
    "pilots.yaml": "pilots.yaml: this file is not read; rename it to pilot.yaml",
    "paper.yml": "paper.yml: this file is not read; rename it to paper.yaml",
    "table-2.yaml": "table-2.yaml: this file is not read; move it to claims/, if it holds claims",
    "claims/table-2.yml": "claims/table-2.yml: this file is not read; a file of claims is claims/<name>.yaml, "
    "without subfolders",
    "claims/deep/table-2.yaml": "claims/deep/table-2.yaml: this file is not read; a file of claims is "
    "claims/<name>.yaml, without subfolders",
}


@pytest.mark.parametrize(("stray", "told"), STRAYS.items())
def test_a_yaml_file_that_nobody_would_read_is_reported(pack, stray, told):
    (pack.folder / stray).parent.mkdir(exist_ok=True)
    assert pack.write(stray, "a: 1").mistakes() == [told]


def test_an_editor_s_hidden_file_is_passed_over(pack):
    assert pack.write(".#models.yaml", "x").mistakes() == []


def test_a_file_of_claims_whose_name_cannot_be_part_of_an_id_is_refused(pack):
    text = (pack.folder / "claims/prose.yaml").read_text().replace("    same_as: table-1/small/error\n", "")
    told = pack.write("claims/Table 2.yaml", text).mistakes()
    assert len(told) == 1
    assert told[0].startswith("claims/Table 2.yaml: 'Table 2' cannot be the name of a file of claims")
    assert told[0].endswith("write 'table-2'")


def test_a_file_that_is_no_mapping_is_refused(pack):
    assert pack.write("attacks.yaml", "- push").mistakes()[-1] == (
        "attacks.yaml:1:1: expected 'name: value' lines; found a list"
    )


@pytest.fixture
def unprivileged():
    """A folder of packs that somebody looks at who is not root: root may read everything."""
    folder = Path(tempfile.mkdtemp(prefix="harness-packs-"))
    folder.chmod(0o755)
    for name in ("alpha", "beta"):
        (folder / name / "claims").mkdir(parents=True)
        (folder / name / "paper.yaml").write_text("")
    before = os.geteuid()
    if before == 0:
        os.seteuid(54321)
    yield folder
    os.seteuid(before)
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)


def as_owner(change):
    """Do something as the folders' owner."""
    before = os.geteuid()
    os.seteuid(os.getuid())
    try:
        change()
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("mode", [0o000, 0o100, 0o400, 0o600])
def test_a_neighbour_that_cannot_be_looked_into_is_noted_and_left_out(unprivileged, mode):
    as_owner(lambda: (unprivileged / "beta").chmod(mode))
    notes = []
    assert names(find_packs([unprivileged], notes.append)) == ["alpha"]
    assert notes == [f"{unprivileged / 'beta'} is left out: it cannot be read (Permission denied)"]


def test_a_link_to_nothing_or_to_itself_beside_the_packs_is_noted_and_left_out(unprivileged):
    as_owner(lambda: (unprivileged / "gone").symlink_to("nowhere"))
    as_owner(lambda: (unprivileged / "loop").symlink_to("loop"))
    notes = []
    assert names(find_packs([unprivileged], notes.append)) == ["alpha", "beta"]
    assert notes == [
        f"{unprivileged / 'gone'} is left out: it is a broken link: nowhere does not exist",
        f"{unprivileged / 'loop'} is left out: it is a circular link",
    ]


@pytest.mark.parametrize(
    ("named", "mode"),
    [(named, mode) for named in ("", "alpha") for mode in (0o000, 0o100, 0o400)] + [("alpha/paper.yaml", 0o000)],
)
def test_a_folder_that_is_named_and_cannot_be_looked_into_is_a_usage_error(unprivileged, named, mode):
    as_owner(lambda: (unprivileged / named.partition("/")[0]).chmod(mode))
    with pytest.raises(UsageError, match="cannot be read: Permission denied; correct "):
        find_packs([unprivileged / named])


@pytest.mark.parametrize("mode", [0o000, 0o100])
def test_claims_that_cannot_be_listed_are_a_usage_error_and_not_absent(unprivileged, mode):
    as_owner(lambda: (unprivileged / "alpha" / "claims").chmod(mode))
    with pytest.raises(UsageError, match="alpha/claims: cannot be read: Permission denied"):
        load(unprivileged / "alpha")


def test_a_link_that_is_named_is_said_to_lead_nowhere_or_to_itself(tmp_path):
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match="gone is a broken link: nowhere does not exist; correct that"):
        find_packs([tmp_path / "gone"])
    with pytest.raises(UsageError, match="loop is a circular link; correct that"):
        find_packs([tmp_path / "loop"])


def test_a_pack_that_vanishes_is_a_usage_error(unprivileged, monkeypatch):
    (pack, _) = find_packs([unprivileged])
    as_owner(lambda: shutil.rmtree(pack))
    with pytest.raises(UsageError, match="there is no such folder"):
        load(pack)


@pytest.mark.parametrize("name", [b"\xff", b"a\x1b[31m", "\u202epack\x00".encode()[:-1] + b"\x07"])
def test_a_pack_whose_name_is_no_text_is_refused_before_anything_is_run(tmp_path, name):
    pack = tmp_path / os.fsdecode(name)
    make(pack)
    with pytest.raises(UsageError, match="the folder's name is not valid text") as caught:
        find_packs([pack])
    assert str(caught.value).isascii()

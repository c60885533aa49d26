from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.spec.folder import find_packs


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
    "without further folders",
    "claims/deep/table-2.yaml": "claims/deep/table-2.yaml: this file is not read; a file of claims is "
    "claims/<name>.yaml, without further folders",
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

"""A report's folder that was touched says so file by file, and verdict by verdict."""

import csv
import hashlib
import io
import json
import os
import shutil

import pytest

from harness.errors import RecordError, ReportError
from harness.judge import judge
from harness.record.file import read, write
from harness.record.model import MeasuredVariant
from harness.report import render
from harness.report.check import FileState, check_folder
from harness.report.manifest import NAME, manifest_text, read_manifest

FILES = [
    *("index.html", "report.pdf", "results.csv", "runs.csv", "readings.csv", "verdicts.json", "junit.xml"),
    "record/results.json",
]


@pytest.fixture
def folder(reported, tmp_path):
    """A copy of a report with its PDF and its record."""
    shutil.copytree(reported, tmp_path / "copy")
    return tmp_path / "copy"


VARIED = "table-1/fc10-1e-4/distortion"


@pytest.fixture
def varied(record, tmp_path):
    """The report of a record with one claim under another reading."""
    other = MeasuredVariant(readings={"targets": "nearest"}, measurements={VARIED: record.measurements[VARIED]})
    kept = record.model_copy(update={"variants": {"targets=nearest": other}})
    write(kept, tmp_path / "varied" / "record")
    render(kept, judge(kept), tmp_path / "varied", tmp_path / "varied" / "record" / "results.json", pdf=False)
    assert check_folder(tmp_path / "varied").status == 0
    return tmp_path / "varied"


def changed(folder):
    return {file.path: str(file.state) for file in check_folder(folder).changed}


def reseal(folder):
    """Write the manifest anew, as whoever tampers with a folder can."""
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path.name != NAME]
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / NAME).write_text(manifest_text(files, "record/results.json"))


def test_an_untouched_folder_is_as_it_was_and_all_verdicts_are_judged_again(folder):
    found = check_folder(folder)
    assert found.status == 0
    assert sorted(file.path for file in found.files) == sorted(FILES)
    assert {file.state for file in found.files} == {FileState.SAME}
    assert found.judged == len(read(folder).paper.claims) > 3
    assert (found.unjudged, found.verdicts) == ("", ())
    assert found.manifest == read_manifest(folder).sha256


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0, 0.5, -1])
def test_one_touched_byte_names_the_file_and_no_other(folder, name, place):
    content = bytearray((folder / name).read_bytes())
    content[int(len(content) * place) if place > 0 else place] ^= 1
    (folder / name).write_bytes(content)
    found = check_folder(folder)
    assert found.status == 1
    assert [(file.path, file.state) for file in found.changed] == [(name, FileState.TOUCHED)]
    assert hashlib.sha256(content).hexdigest() in found.changed[0].because


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert changed(folder) == {name: "missing"}
    assert check_folder(folder).status == 1


def test_added_files_are_named_and_what_is_in_an_added_folder_is_not_looked_into(folder):
    (folder / "notes.txt").write_text("mine")
    (folder / "record" / "old.json").write_text("{}")
    (folder / "record" / "old").mkdir()
    (folder / "record" / "old" / "deep").write_text("")
    found = check_folder(folder)
    assert {(file.path, file.state, file.because) for file in found.changed} == {
        ("notes.txt", FileState.ADDED, ""),
        ("record/old.json", FileState.ADDED, ""),
        ("record/old", FileState.ADDED, "a folder"),
    }
    assert (found.status, found.verdicts) == (1, ())


@pytest.mark.parametrize("name", FILES)
def test_a_link_in_a_file_s_place_is_not_followed_though_it_leads_to_the_same_bytes(folder, name, tmp_path):
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    assert changed(folder) == {name: "touched"}
    assert "symbolic link" in check_folder(folder).changed[0].because


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_in_a_file_s_place_is_not_waited_for(folder, name):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert changed(folder) == {name: "touched"}


def test_a_link_in_place_of_the_record_s_folder_is_not_followed(folder, tmp_path):
    (folder / "record").rename(tmp_path / "elsewhere")
    (folder / "record").symlink_to(tmp_path / "elsewhere")
    found = check_folder(folder)
    assert changed(folder) == {"record/results.json": "touched", "record": "added"}
    assert found.judged is None
    assert found.unjudged == "the record was not judged again: record/results.json is touched"


def test_a_file_in_place_of_the_record_s_folder_is_named(folder):
    shutil.rmtree(folder / "record")
    (folder / "record").write_text("mine")
    assert changed(folder) == {"record/results.json": "missing", "record": "added"}


def test_the_folder_itself_may_be_a_link(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    assert check_folder(tmp_path / "link").status == 0


def rewrite(folder, change, name="results.csv"):
    """Change rows of a table."""
    rows = list(csv.DictReader(io.StringIO((folder / name).read_text())))
    rows = change(rows)
    with (folder / name).open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def first(rows, **values):
    return [rows[0] | values, *rows[1:]]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"outcome": "REPRODUCED", "reason": "equivalent"}, "REPRODUCED equivalent"),
        ({"reason": "no-such-reason"}, "no-such-reason"),
        ({"n": "7"}, "n 7"),
        ({"margin": "99"}, "margin 99"),
        ({"qualifiers": "unstable"}, "qualifiers unstable"),
    ],
)
def test_a_verdict_changed_in_results_csv_is_named_though_the_manifest_was_written_anew(folder, values, words):
    rewrite(folder, lambda rows: first(rows, **values))
    reseal(folder)
    found = check_folder(folder)
    assert found.changed == ()
    assert found.status == 1
    (differing,) = found.verdicts
    assert words in differing.written
    assert words not in differing.judged


def test_a_number_that_another_processor_rounds_otherwise_is_the_same(folder):
    at = {"index": None}

    def nudged(rows):
        at["index"] = next(n for n, row in enumerate(rows) if row["margin"])
        rows[at["index"]]["margin"] = f"{float(rows[at['index']]['margin']) * (1 + 1e-9):.15g}"
        return rows

    rewrite(folder, nudged)
    reseal(folder)
    assert check_folder(folder).status == 0
    rewrite(
        folder,
        lambda rows: [
            row | ({"margin": f"{float(row['margin']) * 1.001}"} if n == at["index"] else {})
            for n, row in enumerate(rows)
        ],
    )
    reseal(folder)
    assert len(check_folder(folder).verdicts) == 1


def test_a_claim_left_out_of_results_csv_or_put_into_it_is_named(folder):
    rewrite(folder, lambda rows: [*rows[1:], rows[0] | {"claim": "made/up"}])
    reseal(folder)
    one, other = check_folder(folder).verdicts
    assert one.written == other.judged == ""
    assert other.claim == "made/up"


def test_a_record_with_other_numbers_and_a_checksum_made_anew_is_touched_and_its_verdicts_differ(folder):
    record = read(folder)
    claim, kept = next((name, each) for name, each in record.measurements.items() if each.runs)
    far = tuple(
        run.model_copy(update={"measured": run.measured.model_copy(update={"value": 0.987654, "count": None})})
        for run in kept.runs
    )
    write(
        record.model_copy(
            update={"measurements": record.measurements | {claim: kept.model_copy(update={"runs": far})}}
        ),
        folder / "record",
    )
    found = check_folder(folder)
    assert [file.path for file in found.changed] == ["record/results.json"]
    assert claim in {each.claim for each in found.verdicts}


def test_a_touched_record_that_cannot_be_read_says_why_it_was_not_judged(folder):
    file = folder / "record" / "results.json"
    file.write_text(file.read_text()[:100])
    found = check_folder(folder)
    assert (found.judged, found.status) == (None, 1)
    assert "the record was not judged again" in found.unjudged
    assert "cut short" in found.unjudged


def test_an_untouched_record_of_a_later_format_is_an_error(folder):
    file = folder / "record" / "results.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    reseal(folder)
    with pytest.raises(RecordError, match="update harness"):
        check_folder(folder)


def test_a_verdict_changed_in_verdicts_json_is_named_though_the_manifest_was_written_anew(folder):
    path = folder / "verdicts.json"
    content = json.loads(path.read_text())
    content["claims"][0] |= {"outcome": "NOT_RUN", "reason": "failed"}
    content["claims"][1]["mean"] = 99.5
    path.write_text(json.dumps(content))
    reseal(folder)
    found = check_folder(folder)
    assert (found.changed, found.status) == ((), 1)
    assert [(each.file, each.claim) for each in found.verdicts] == [
        ("verdicts.json", told["claim"]) for told in content["claims"][:2]
    ]
    assert found.verdicts[0].written == "NOT_RUN failed"
    assert found.verdicts[1].written == "mean 99.5"


@pytest.mark.parametrize("name", ["readings.csv", "runs.csv"])
def test_a_number_changed_in_a_table_of_readings_or_runs_is_named_with_what_it_is_of(varied, name):
    column = {"readings.csv": "mean", "runs.csv": "value"}[name]
    rewrite(varied, lambda rows: [row | ({column: "0.123"} if row["readings"] else {}) for row in rows], name)
    reseal(varied)
    found = check_folder(varied)
    assert (found.changed, found.status) == ((), 1)
    assert {each.file for each in found.verdicts} == {name}
    first = found.verdicts[0]
    assert (first.claim, first.written) == (
        {"readings.csv": f"{VARIED} (targets=nearest)", "runs.csv": f"{VARIED} (targets=nearest), run 1"}[name],
        f"{column} 0.123",
    )


@pytest.mark.parametrize("name", ["verdicts.json", "readings.csv", "runs.csv"])
@pytest.mark.parametrize("text", ["", "mine", '{"claims": []}', "claim,readings\na,b\n"])
def test_a_file_that_programs_read_and_that_is_none_of_its_kind_is_said_to_be_none(folder, name, text):
    (folder / name).write_text(text)
    reseal(folder)
    found = check_folder(folder)
    assert found.status == 1
    assert f"{name} cannot be compared with the record: no " in found.unjudged


def test_a_claim_that_stands_in_a_file_twice_is_not_passed_over(folder):
    rewrite(folder, lambda rows: [rows[0], *rows])
    reseal(folder)
    assert "results.csv cannot be compared with the record: two rows about one thing" in check_folder(folder).unjudged


def test_a_report_of_an_earlier_version_is_checked_by_the_files_it_has(folder):
    for name in ("verdicts.json", "readings.csv", "runs.csv"):
        (folder / name).unlink()
    reseal(folder)
    assert check_folder(folder).status == 0


@pytest.mark.parametrize("text", ["", "claim\n", "claim,outcome\na,b,c\n", 'claim,"\n', "\x00"])
def test_a_results_csv_that_is_no_table_of_verdicts_is_said_to_be_none(folder, text):
    (folder / "results.csv").write_text(text)
    reseal(folder)
    found = check_folder(folder)
    assert found.status == 1
    assert "results.csv cannot be compared with the record" in found.unjudged


def test_a_report_whose_record_is_elsewhere_cannot_be_checked_and_says_what_would_help(bare, tmp_path):
    write(bare[0], tmp_path / "there")
    render(*bare, tmp_path / "out", tmp_path / "there" / "results.json", pdf=False)
    with pytest.raises(
        ReportError, match=r"its record is not in it.*put the record's file into .*out/record"
    ) as refused:
        check_folder(tmp_path / "out")
    assert "harness report" in str(refused.value)


def test_what_the_report_guards_against_spreadsheets_is_compared_as_it_is_meant(bare, tmp_path):
    """What is not expressible has no verdict, and a report of all outcomes agrees with its own record."""
    write(bare[0], tmp_path / "record")
    render(*bare, tmp_path, tmp_path / "record" / "results.json", pdf=False)
    found = check_folder(tmp_path)
    assert (found.status, found.judged) == (0, len(bare[1]))


def test_every_outcome_of_a_real_report_is_compared_without_a_difference(record, tmp_path):
    write(record, tmp_path / "record")
    render(record, judge(record), tmp_path, tmp_path / "record" / "results.json", pdf=False)
    assert check_folder(tmp_path).status == 0

"""The files that programs read agree with ``judge``: verdicts.json by its published schema, and the tables with it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from harness.demo import story
from harness.judge import doubts, exit_status, judge
from harness.judge.gates import judge_claims
from harness.judge.independence import collapse_deterministic
from harness.kinds.registry import lent
from harness.record.file import read
from harness.report import claim_rows, reading_rows, run_rows, verdict_types
from harness.report.cases import cases_of
from harness.report.csv_text import csv_text
from harness.report.machine import MARKS, machine_texts
from harness.report.record_file import NO_FILE, record_file

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = sorted((ROOT / "reports" / "published").glob("*/"))
SCHEMA = json.loads((ROOT / "schemas" / "verdicts.schema.json").read_text(encoding="utf-8"))


def made_of(record, source=NO_FILE):
    """What the files of a record say, beside its verdicts."""
    verdicts = judge(record)
    texts = machine_texts(record, cases_of(record, verdicts), source)
    tables = {name: list(csv.DictReader(io.StringIO(text))) for name, text in texts.items() if name.endswith(".csv")}
    return SimpleNamespace(
        record=record, verdicts=verdicts, texts=texts, document=json.loads(texts["verdicts.json"]), **{
            name.removesuffix(".csv"): rows for name, rows in tables.items()
        }
    )  # fmt: skip


def demonstrated(folder):
    """The record of the demonstration, really measured."""
    with lent("datasets", story.DATASETS), lent("models", story.MODELS):
        return story._record(folder, "10.0")


@pytest.fixture(scope="module", params=["demonstration", "sample", *(path.name for path in PUBLISHED)])
def made(request, record, tmp_path_factory):
    if request.param == "sample":
        return made_of(record)
    if request.param == "demonstration":
        return made_of(demonstrated(tmp_path_factory.mktemp("demonstration")))
    folder = ROOT / "reports" / "published" / request.param
    return made_of(read(folder), record_file(folder / "record" / "results.json", folder))


def close(number):
    return None if number is None else pytest.approx(number, rel=1e-9)


def number(cell):
    return float(cell) if cell else None


def test_the_document_holds_every_verdict_as_judge_gives_it(made):
    found = made.document
    assert [each["claim"] for each in found["claims"]] == [verdict.claim for verdict in made.verdicts]
    for told, verdict in zip(found["claims"], made.verdicts, strict=True):
        same = ("reason", "sentence", "printed", "unit", "relation", "sd", "n", "level", "p_value", "limit", "primary")
        assert {name: told[name] for name in same} == {name: getattr(verdict, name) for name in same}
        assert told["outcome"] == verdict.outcome.value
        assert tuple(told["qualifiers"]) == verdict.qualifiers
        assert told["interval"] == (None if verdict.interval is None else list(verdict.interval))
        assert told["difference" if told["judged"] == "difference" else "mean"] == close(verdict.mean)
        assert (None if told["margin"] is None else told["margin"]["value"]) == verdict.margin
    assert found["exit_status"] == exit_status(made.verdicts)
    assert [each["doubt"] for each in found["doubts"]] == [doubt.id for doubt in doubts(made.record, made.verdicts)]


def test_the_document_says_what_the_pack_says_of_each_claim(made):
    for told, claim in zip(made.document["claims"], made.record.paper.claims, strict=True):
        declared = claim.expected.margin
        assert (told["margin"] is None) == (declared is None)
        if declared is not None:
            assert told["margin"]["declared"] == declared.model_dump(mode="json")
            assert told["margin"]["declared"]["because"]
        assert (told["source"], told["deviates_because"]) == (str(claim.source), claim.deviates_because)
        (exhibit,) = [each.id for each in made.record.paper.exhibits if claim.id in each.claims]
        assert told["exhibit"] == exhibit


def test_the_document_names_the_record_by_its_file_and_sha_256():
    for folder in PUBLISHED:
        file = folder / "record" / "results.json"
        found = made_of(read(folder), record_file(file, folder)).document["record"]
        assert found["file"] == "record/results.json"
        assert found["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert found["verified"]


def test_the_document_satisfies_its_published_schema_and_a_wrong_one_does_not(made):
    validator = jsonschema.Draft7Validator(SCHEMA)
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert list(validator.iter_errors(made.document)) == []
    for key in made.document["claims"][0]:
        lacking = {name: value for name, value in made.document["claims"][0].items() if name != key}
        assert not validator.is_valid(made.document | {"claims": [lacking]})
    for wrong in ({"outcome": "reproduced"}, {"n": -1}, {"mean": "7.4"}, {"relation": "about"}, {"more": 1}):
        assert not validator.is_valid(made.document | {"claims": [made.document["claims"][0] | wrong]})
    assert not validator.is_valid(made.document | {"format": 2})


def test_every_key_of_the_document_is_described_in_the_schema():
    parts = {"VerdictsFile": SCHEMA, **SCHEMA["definitions"]}
    written = [name for name in vars(verdict_types) if name.startswith("Reported") or name == "VerdictsFile"]
    assert len(written) == 7
    assert [
        (part, key)
        for part in written
        for key, schema in parts[part]["properties"].items()
        if not schema.get("description") and "$ref" not in schema
    ] == []


def test_results_csv_has_the_numbers_of_the_document_and_names_paper_exhibit_and_unit(made):
    rows = {row["claim"]: row for row in made.results}
    assert list(made.results[0]) == list(claim_rows.COLUMNS)
    assert len(rows) == len(made.results) == len(made.document["claims"]) + len(made.document["not_expressible"])
    for told in made.document["claims"]:
        row = rows[told["claim"]]
        assert row["paper"] == made.record.paper.name
        for name in ("exhibit", "source", "says", "outcome", "reason", "relation", "unit", "sentence", "budget"):
            assert row[name].removeprefix("'") == told[name].removeprefix("'")
        for name in ("mean", "sd", "level", "difference", "limit", "p_value"):
            assert number(row[name]) == close(told[name]), name
        assert [number(row[name]) for name in ("interval_low", "interval_high")] == [
            close(end) for end in (told["interval"] or (None, None))
        ]
        assert number(row["margin"]) == close(told["margin"] and told["margin"]["value"])
        assert int(row["n"]) == told["n"]


def test_mean_is_always_that_of_the_judged_runs_in_runs_csv_in_every_reading(made):
    values: dict[tuple[str, str], list[float]] = {}
    for row in made.runs:
        if row["role"] == run_rows.JUDGED:
            values.setdefault((row["claim"], row["readings"]), []).append(float(row["value"]))
    for row in made.readings:
        seen = values.pop((row["claim"], row["readings"]), [])
        if row["mean"]:
            assert sum(seen) / len(seen) == pytest.approx(float(row["mean"]), rel=1e-8, abs=1e-12)
            assert len(seen) == int(row["n"])
    assert values == {}
    for row in made.results:
        told = [float(value) for value in row["runs"].split()]
        assert row["mean"] == "" or sum(told) / len(told) == pytest.approx(float(row["mean"]), rel=1e-8, abs=1e-12)


def test_a_printed_number_is_compared_with_the_mean_that_stands_beside_it(made):
    for row in made.results:
        if row["printed"] and row["mean"]:
            assert float(row["difference"]) == pytest.approx(
                float(row["mean"]) - float(row["printed"]), rel=1e-6, abs=1e-9
            )


def test_runs_csv_has_every_run_of_the_record_once_with_its_counts(made):
    record, claims = made.record, made.record.paper.by_id
    listed = {"": record.measurements, **{label: each.measurements for label, each in record.variants.items()}}
    kept = {
        (claim, label, str(run.run)): run
        for label, measurements in listed.items()
        for claim, found in measurements.items()
        for run in collapse_deterministic(found, record.jobs).runs
    } | {(claim, "", str(run.run)): run for claim, pilot in record.pilots.items() for run in pilot.runs}
    assert list(made.runs[0]) == list(run_rows.COLUMNS)
    assert Counter((row["claim"], row["readings"], row["run"]) for row in made.runs) == Counter(kept.keys())
    for row in made.runs:
        run, scale = kept[row["claim"], row["readings"], row["run"]], claims[row["claim"]].expected.scale
        assert float(row["measured"]) == pytest.approx(run.measured.value / scale, rel=1e-9)
        assert number(row["other"]) == close(run.other and run.other.value / scale)
        assert (row["count"], row["of"]) == tuple(
            "" if each is None else str(each) for each in (run.measured.count, run.measured.of)
        )


def test_readings_csv_has_a_row_for_each_claim_and_reading_with_the_verdict_under_it(made):
    rows = {(row["claim"], row["readings"]): row for row in made.readings}
    assert list(made.readings[0]) == list(reading_rows.COLUMNS)
    expected = {(verdict.claim, ""): verdict for verdict in made.verdicts}
    for label in made.record.variants:
        expected |= {(verdict.claim, label): verdict for verdict in judge_claims(made.record.under(label))}
    assert rows.keys() == expected.keys()
    assert len(rows) == len(made.readings)
    for key, row in rows.items():
        verdict = expected[key]
        assert (row["outcome"], row["reason"]) == (verdict.outcome.value, verdict.reason)
        assert (int(row["n"]), row["qualifiers"]) == (verdict.n, " ".join(verdict.qualifiers))
        assert number(row["margin"]) == close(verdict.margin)
        assert row["chosen"] == str(not key[1])
        if not verdict.relates.quantity.signed:
            assert number(row["mean"]) == close(verdict.mean)


def test_a_ratio_s_runs_and_mean_are_ratios_and_no_measures():
    (first,) = [folder for folder in PUBLISHED if folder.name == "szegedy2013"]
    made = made_of(read(first))
    (row,) = [row for row in made.results if row["relation"] == "ratio"]
    runs = made.record.measurements[row["claim"]].runs
    assert [float(value) for value in row["runs"].split()] == pytest.approx(
        [run.measured.value / run.other.value for run in runs], rel=1e-9
    )
    judged = [each for each in made.runs if (each["claim"], each["role"]) == (row["claim"], run_rows.JUDGED)]
    assert [float(each["value"]) for each in judged if not each["readings"]] == pytest.approx(
        [run.measured.value / run.other.value for run in runs], rel=1e-9
    )


def test_a_run_that_waits_for_the_next_look_is_listed_and_enters_no_mean(record):
    claim = "table-1/fc10-1e-4/distortion"
    kept = record.measurements[claim]
    fourth = kept.runs[0].model_copy(update={"run": 4})
    more = kept.model_copy(update={"runs": (*kept.runs, fourth)})
    made = made_of(record.model_copy(update={"measurements": record.measurements | {claim: more}}))
    rows = [row for row in made.runs if row["claim"] == claim]
    assert [row["role"] for row in rows] == [*[run_rows.JUDGED] * 3, run_rows.WAITING]
    (row,) = [row for row in made.results if row["claim"] == claim]
    assert (row["n"], len(row["runs"].split())) == ("3", 3)


HOSTILE = '=HYPERLINK("http://x","a,b")\n"+1";\r\n@SUM(A1)\t\u202e\x00\x1b[1m'


def hostile(record):
    claims = tuple(
        claim.model_copy(update={"says": HOSTILE, "deviates_because": "\n" + HOSTILE}) for claim in record.paper.claims
    )
    exhibits = tuple(
        exhibit.model_copy(
            update={
                axes: tuple(axis.model_copy(update={"label": f"-{HOSTILE}"}) for axis in getattr(exhibit, axes))
                for axes in ("rows", "columns")
            }
        )
        for exhibit in record.paper.exhibits
    )
    return record.model_copy(
        update={"paper": record.paper.model_copy(update={"claims": claims, "exhibits": exhibits, "name": "=1+1"})}
    )


def test_quotes_newlines_and_formulas_in_a_claim_stay_in_their_cell_and_no_spreadsheet_runs_them(record):
    made = made_of(hostile(record))
    assert len(made.results) == len(record.paper.claims)
    for rows in (made.results, made.runs, made.readings):
        assert {row["paper"] for row in rows} == {"'=1+1"}
        for row in rows:
            assert None not in row
            for cell in row.values():
                assert not cell.startswith(("=", "@", "\t", "\r", "\n"))
                assert not cell.startswith(("+", "-")) or isinstance(float(cell), float)
    for row in made.results:
        assert row["says"] == "'" + '=HYPERLINK("http://x","a,b")\n"+1";\n@SUM(A1)\t[1m'
    assert [told["says"] for told in made.document["claims"]] == [row["says"][1:] for row in made.results]
    assert jsonschema.Draft7Validator(SCHEMA).is_valid(made.document)


def test_half_a_surrogate_pair_in_a_sentence_keeps_no_file_from_being_written(record, verdicts):
    odd = [verdict.model_copy(update={"sentence": "\ud800 end", "reason": "\x07odd"}) for verdict in verdicts]
    texts = machine_texts(record, cases_of(record, odd), NO_FILE)
    assert all(text.encode() for text in texts.values())
    assert {told["sentence"] for told in json.loads(texts["verdicts.json"])["claims"]} == {" end"}


def test_a_column_that_a_table_does_not_have_is_refused():
    with pytest.raises(ValueError, match="more"):
        csv_text(("one",), [{"one": 1, "more": 2}])


def test_every_file_begins_as_the_folder_recognises_it(made):
    assert list(made.texts) == list(MARKS)
    for name, text in made.texts.items():
        assert MARKS[name] in text.encode()[:4096]

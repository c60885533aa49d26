"""The record on disk: whole, or refused with a sentence."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NEAR, claim, distortion, measured, pilot, record

from harness.errors import RecordError, ReportError
from harness.record.facts import EnvironmentFacts, JobFacts
from harness.record.file import read, report_folder, write
from harness.record.invocation import Invocation
from harness.record.measurement import Measurement, Missing, Run, Sampled
from harness.record.model import Record

WHOLE = record(
    (claim("t/a"), measured("t/a", NEAR)),
    (distortion("t/b"), measured("t/b", [0.06] * 3, limits=[0.05] * 3, found=1.0, counted=False)),
    (claim("t/c"), None),
    jobs={"t/a 1": {"verb": "measure", "seconds": 1.5, "inputs": []}},
    provenance={"here": {"device": "CPU", "threads": 2}},
    digests={"d": "0" * 64},
    pilot={"t/b": pilot(0.002, images_sd=0.02)},
)


@pytest.fixture
def written(tmp_path) -> Path:
    write(WHOLE, tmp_path / "record")
    return tmp_path / "record" / "results.json"


def names() -> st.SearchStrategy[str]:
    return st.text(min_size=1, max_size=8)


numbers = st.floats(-1e100, 1e100)
histograms = st.lists(numbers, min_size=1, max_size=4, unique=True).flatmap(
    lambda edges: st.tuples(
        st.just(tuple(sorted(edges))),
        st.lists(st.integers(0, 99), min_size=len(edges) - 1, max_size=len(edges) - 1).map(tuple),
    )
)
sides = st.builds(
    Sampled,
    keys=st.lists(names(), max_size=3).map(tuple),
    value=numbers,
    count=st.none() | st.integers(0, 10**6),
    of=st.none() | st.integers(10**6, 10**7),
    spread=st.none() | st.floats(0, 1e100),
    histogram=st.none() | histograms,
    settled=st.booleans(),
    found=st.none() | st.floats(0, 1),
)
runs = st.builds(Run, run=st.integers(1, 2000), measured=sides, other=st.none() | sides, limit=st.none() | sides)
measurements = st.builds(
    Measurement,
    claim=st.just("t/a"),
    budget=names(),
    comparable=st.booleans(),
    runs=st.lists(runs, max_size=3, unique_by=lambda run: run.run).map(tuple),
    missing=st.none() | st.builds(Missing, reason=names(), sentence=st.text(max_size=20)),
    inputs=names(),
)
KNOWN = {*JobFacts.model_fields, *EnvironmentFacts.model_fields}
"""Facts that have a type; the others may be anything."""
facts = st.dictionaries(
    names(),
    st.dictionaries(
        names().filter(lambda name: name not in KNOWN),
        st.none() | st.booleans() | st.integers() | numbers | names(),
        max_size=3,
    ),
    max_size=3,
)


@given(measurements, facts, facts)
def test_any_record_is_read_back_as_it_was_written(tmp_path_factory, measurement, jobs, provenance):
    made = record((claim("t/a"), measurement), jobs=jobs, provenance=provenance)
    folder = tmp_path_factory.mktemp("round")
    assert write(made, folder)
    assert read(folder) == made


def test_a_record_is_found_by_its_file_its_folder_and_its_reports_folder(written, tmp_path):
    assert read(written) == read(written.parent) == read(tmp_path) == WHOLE


def test_a_record_knows_the_folder_of_its_report(written, tmp_path):
    for path in (written, written.parent, tmp_path):
        assert report_folder(path) == tmp_path


def test_a_record_outside_a_record_folder_reports_beside_itself(tmp_path):
    write(WHOLE, tmp_path / "elsewhere")
    assert report_folder(tmp_path / "elsewhere" / "results.json") == tmp_path / "elsewhere"


def test_an_unchanged_record_is_not_written_again(written):
    before = written.stat()
    assert write(WHOLE, written.parent) is False
    assert written.stat().st_mtime_ns == before.st_mtime_ns
    assert written.stat().st_ino == before.st_ino


def test_entries_keep_the_order_of_the_pack(written):
    turned = WHOLE.model_copy(update={"measurements": dict(reversed(WHOLE.measurements.items()))})
    assert write(turned, written.parent) is True
    assert list(read(written).measurements) == list(turned.measurements)
    assert written.read_bytes().endswith(b"}\n")


def test_a_changed_record_replaces_the_old_one_and_leaves_nothing_else_behind(written):
    assert write(WHOLE.model_copy(update={"harness": "1"}), written.parent) is True
    assert read(written).harness == "1"
    assert [file.name for file in written.parent.iterdir()] == ["results.json"]


def test_a_write_that_fails_half_way_leaves_the_old_record_whole(written, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReportError, match=r"results.json: cannot be written: No space left on device; .*--out"):
        write(WHOLE.model_copy(update={"harness": "1"}), written.parent)
    assert read(written) == WHOLE
    assert [file.name for file in written.parent.iterdir()] == ["results.json"]


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ReportError, match="cannot be written"):
        write(WHOLE, tmp_path / "taken" / "record")


def test_a_record_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(RecordError, match=r"neither results.json nor record/results.json"):
        read(tmp_path)
    with pytest.raises(RecordError, match="no such file or folder"):
        read(tmp_path / "nowhere.json")


def test_a_record_cut_short_anywhere_is_refused(written):
    whole = written.read_bytes()
    for end in [0, 1, *range(2, len(whole) - 2, 97)]:
        written.write_bytes(whole[:end])
        with pytest.raises(RecordError, match=r"cut short|the file is empty|not JSON|not UTF-8") as error:
            read(written)
        assert "restore it from a copy" in str(error.value)


def changed(written: Path, *path: str | int, to: object) -> None:
    content = json.loads(written.read_text())
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    written.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (("format",), 2, "format 2, but this version of harness reads up to 1; update harness"),
        (("paper", "runs"), "three", r"paper.runs: input should be a valid integer"),
        (("paper", "surprise"), 1, r"paper.surprise: extra inputs are not permitted"),
        (("measurements", "t/a", "runs"), None, r"measurements.t/a.runs: input should be a valid"),
        (("measurements", "t/a", "claim"), "t/b", r"t/a: holds the measurement of 't/b'"),
        (("provenance", "here", "threads"), float("nan"), "contains NaN, which is not a number"),
        (("provenance", "here", "threads"), float("inf"), "contains Infinity, which is not a number"),
    ],
)
def test_a_record_of_the_wrong_shape_is_refused_with_the_place(written, path, to, said):
    changed(written, *path, to=to)
    with pytest.raises(RecordError, match=said):
        read(written)


@pytest.mark.parametrize("printed", ["seven", "NaN", "", None])
def test_a_record_whose_printed_number_is_none_is_refused(written, printed):
    content = json.loads(written.read_text())
    content["paper"]["claims"][0]["expected"]["printed"] = printed
    written.write_text(json.dumps(content))
    with pytest.raises(RecordError, match="t/a: expected a printed number"):
        read(written)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[1, 2]", "expected a JSON object, found list"),
        (b"not json at all", "not JSON"),
        (b"\xff\xfe{}", "not UTF-8 text at byte 0"),
        (b"[" * 200_000, "nested too deeply|cut short"),
        (b"{}", "field required"),
    ],
)
def test_a_file_that_is_no_record_is_refused(written, content, said):
    written.write_bytes(content)
    with pytest.raises(RecordError, match=said):
        read(written)


def test_a_record_survives_without_what_has_a_default(tmp_path):
    (tmp_path / "results.json").write_text(
        json.dumps({"harness": "0", "paper": WHOLE.paper.model_dump(mode="json"), "invocation": {"pack": "p"}})
    )
    assert read(tmp_path) == Record(harness="0", paper=WHOLE.paper, invocation=Invocation(pack="p"), verified=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r'"format": \d+', '"format": 0'),
        (r'"value": [-+.e\d]+', '"value": 1e308'),
        (r'"run": 1', '"run": -3'),
        (r'"run": 2', '"run": 1'),
        (r'"of": (\d+|null)', '"of": -5'),
        (r'"found": ([-+.e\d]+|null)', '"found": 7'),
        (r'"printed": "[^"]*"', '"printed": "1e999"'),
    ],
)
def test_a_record_that_says_what_cannot_be_is_damaged(written, old, new):
    text, changed = re.subn(old, new, written.read_text(), count=1)
    assert changed
    written.write_text(text)
    with pytest.raises(RecordError, match=r"results\.json"):
        read(written)


def test_every_changed_digit_of_a_record_is_noticed(written):
    text = written.read_text()
    for found in re.finditer(r"\d", text):
        place = found.start()
        written.write_text(f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}")
        with pytest.raises(RecordError, match=r"results\.json"):
            read(written)


def test_a_changed_record_says_that_it_was_changed_and_what_to_do(written):
    changed(written, "measurements", "t/a", "runs", 0, "measured", "value", to=0.0742)
    with pytest.raises(RecordError, match=r"was changed since harness wrote it.*restore it.*remove 'checksum' from it"):
        read(written)


def test_a_record_laid_out_anew_keeps_its_checksum(written):
    written.write_text(json.dumps(json.loads(written.read_text()), indent=4))
    assert read(written) == WHOLE


def test_a_record_without_a_checksum_is_read_and_is_unverified(written):
    content = json.loads(written.read_text())
    del content["checksum"]
    written.write_text(json.dumps(content))
    assert read(written) == WHOLE.model_copy(update={"verified": False})

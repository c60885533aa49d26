"""A record in which anything was changed is judged and shown, or refused with a sentence; it is never a traceback."""

from __future__ import annotations

import contextlib
import json
from io import StringIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from harness.errors import HarnessError, RecordError
from harness.judge import as_json, exit_status, judge
from harness.record.file import _checksum, read, write
from harness.report.explain import find_case, story
from harness.report.folder import digest_of
from harness.report.page import compose
from harness.terminal.verdicts import print_entries, verdict_table

ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**63, 10**30, 10**300, 0.5, -0.0, 1e-320, 1e99, 1e100, -1e100, 1e308,
    "", " ", "x", "a" * 3000, "\u202e", "\x1b[31m", "\x00", "\ufffe", "<script>", "`", "{{7*7}}", "NaN", "1E+400",
    "-1", "00.10", "\u0661", "2026-13-45", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    [], {}, [[]], [None], [1, 2, 3], {"": ""}, {"a": {"a": 1}}, ["a"], {"a": "b"}, [1, 0], ["is", ["nested"]],
]  # fmt: skip
"""Values put in the place of others."""
RAW = ["1e999", "-1e999", "9" * 400, "9" * 5000, "[" * 150 + "]" * 150, '"\\ud800"', "NaN"]
"""Values that only JSON's text can hold."""


def paths_within(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all parts of a JSON value, itself left out."""
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [place for name, part in parts for place in ((*path, name), *paths_within(part, (*path, name)))]


def changed(content: dict[str, Any], path: tuple[Any, ...], value: Any, *, drop: bool = False) -> None:
    place = content
    for step in path[:-1]:
        place = place[step]
    if drop:
        del place[path[-1]]
    else:
        place[path[-1]] = value


@pytest.fixture(scope="module")
def whole(record, tmp_path_factory) -> dict[str, Any]:
    """The record as JSON, with facts of jobs as a run leaves them."""
    folder = tmp_path_factory.mktemp("whole")
    write(record, folder)
    content: dict[str, Any] = json.loads((folder / "results.json").read_text())
    del content["checksum"]
    return content


def shown(folder: Any, text: str, *, pages: bool) -> None:
    """Judge, list, explain and compose a record; only errors that are meant for the user may be raised."""
    file = folder / "results.json"
    file.write_text(text)
    with contextlib.suppress(HarnessError):
        record = read(file)
        verdicts = judge(record)
        as_json(verdicts)
        exit_status(verdicts)
        verdict_table(verdicts)
        digest_of(record, verdicts)
        found = story(*find_case(f"{record.paper.name}/{verdicts[0].claim}", [file]))
        print_entries(found.entries, Console(file=StringIO()))
        if pages:
            compose(record, verdicts, "0" * 64)


def with_checksum(content: dict[str, Any], raw: str | None) -> str:
    """Return the text of a record with its checksum, one value in it replaced by what only text can hold."""
    text = json.dumps(content)
    if raw is None:
        return json.dumps({**content, "checksum": _checksum(content)})
    return text.replace('"@@raw@@"', raw)


@pytest.mark.parametrize(("pages", "examples"), [(False, 400), (True, 40)])
def test_whatever_is_changed_in_a_record_is_no_traceback(whole, tmp_path_factory, pages, examples):
    paths, folder = paths_within(whole), tmp_path_factory.mktemp("changed")

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(paths), st.sampled_from([*ODD, *(("raw", raw) for raw in RAW)]), st.booleans())
    def each(path, value, drop):
        content = json.loads(json.dumps(whole))
        raw = value[1] if isinstance(value, tuple) else None
        changed(content, path, value if raw is None else "@@raw@@", drop=drop and isinstance(path[-1], str))
        shown(folder, with_checksum(content, raw), pages=pages)

    each()


FACTS = ["verb", "name", "kind", "run", "seconds", "when", "source", "inputs", "provenance", "training", "settled"]


@pytest.mark.parametrize("fact", FACTS)
def test_facts_of_jobs_of_any_type_are_shown_or_refused(whole, tmp_path, fact):
    for value in (None, 5, -5.0, 1e99, True, "x", [1], [[1]], {"a": 1}, {"a": [1]}):
        content = json.loads(json.dumps(whole))
        for number, facts in enumerate(content["jobs"].values()):
            if number % 2:
                facts[fact] = value
        shown(tmp_path, with_checksum(content, None), pages=True)


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("jobs", 0, "seconds"), [1], "seconds: input should be a valid number"),
        (("jobs", 0, "name"), [1], "name: input should be a valid string"),
        (("jobs", 0, "inputs"), 5, "inputs"),
        (("jobs", 0, "provenance"), [1], "provenance: input should be a valid string"),
        (("jobs", 0), 5, "input should be"),
        (("provenance", 0, "versions"), 5, "versions: input should be"),
        (("provenance", 0, "threads"), "many", "threads: input should be"),
    ],
)
def test_a_fact_of_another_type_is_named_with_its_place(whole, tmp_path, path, value, why):
    content = json.loads(json.dumps(whole))
    key = list(content[path[0]])[path[1]]
    changed(content, (path[0], key, *path[2:]), value)
    (tmp_path / "results.json").write_text(with_checksum(content, None))
    with pytest.raises(RecordError, match=rf"results.json: {path[0]}\.{key}.*{why}.*restore it from a copy"):
        read(tmp_path)


@pytest.mark.parametrize("raw", ["1e999", "-1e999", "9" * 400, "9" * 5000, "1e101"])
@pytest.mark.parametrize("path", [("jobs", 0, "seconds"), ("recipes", "unheard"), ("unheard",)])
def test_a_number_too_large_for_any_record_is_refused_wherever_it_is(whole, tmp_path, raw, path):
    content = json.loads(json.dumps(whole))
    path = (path[0], next(iter(content["jobs"])), path[2]) if path[0] == "jobs" else path
    changed(content, path, "@@raw@@")
    (tmp_path / "results.json").write_text(with_checksum(content, raw))
    with pytest.raises(RecordError, match=r"contains .{1,21}, which is larger than any number in a record"):
        read(tmp_path)


@pytest.mark.parametrize("edges", [[0, 1, 0.5], [0, 0, 1], [1, 0], [0, 1e101]])
def test_the_edges_of_a_histogram_rise(whole, tmp_path, edges):
    content = json.loads(json.dumps(whole))
    run = next(m for m in content["measurements"].values() if m["runs"])["runs"][0]
    run["measured"]["histogram"] = [edges, [1] * (len(edges) - 1)]
    (tmp_path / "results.json").write_text(with_checksum(content, None))
    with pytest.raises(RecordError, match=r"must increase|larger than any number"):
        read(tmp_path)


def test_facts_nested_without_end_are_refused_and_a_few_levels_are_not(whole, tmp_path):
    for levels, refused in ((10, False), (40, True), (150, True)):
        content = json.loads(json.dumps(whole))
        next(iter(content["jobs"].values()))["more"] = json.loads("[" * levels + "]" * levels)
        (tmp_path / "results.json").write_text(with_checksum(content, None))
        with pytest.raises(RecordError, match="nested more than 20") if refused else contextlib.nullcontext():
            read(tmp_path)

"""A store is listed and verified without a change to it, and loses what no record needs only where that is asked for."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import fakes
import pytest
from handed import PACK, REPORT, STORE, tree

from harness.errors import RecordError, StoreError, UsageError
from harness.pipeline import verify
from harness.planner import make_plan
from harness.prepared import Options
from harness.record.file import read
from harness.record.pack import spec_of
from harness.store import ARRAYS, ENTRY
from harness.terminal.upkeep import size
from harness.upkeep.collecting import collect_garbage
from harness.upkeep.listing import DAMAGED, store_of, stored_results
from harness.upkeep.verifying import verify_store

REPORTS = (Path("reports"),)


def flip(file, offset=-20):
    content = bytearray(file.read_bytes())
    content[offset] ^= 1
    file.write_bytes(content)


def first(name):
    """The first file of a name in the store."""
    return min(STORE.rglob(name))


def measured_again():
    """Verify the pack once more; return how many jobs of models and attacks were done."""
    fakes.CALLS.clear()
    verify((PACK,), Options(out=REPORT.parent, store=STORE))
    return fakes.CALLS["train"] + fakes.CALLS["craft"]


def outdate():
    """Change what every model is, and measure that; the results of before are needed no more."""
    before = {each.key for each in stored_results(STORE)}
    models = PACK / "models.yaml"
    models.write_text(models.read_text().replace("train_on:", "iterations: 6, train_on:"))
    assert measured_again() > 0
    return before


def test_every_result_is_listed_with_its_bytes_and_nothing_is_written(lab, call):
    before = tree(lab)
    entries = list(STORE.rglob(ENTRY))
    found = json.loads(call("store", "ls", "--store", STORE, "--json").stdout)["named"]
    assert sum(each["results"] for each in found) == len(entries) > 20
    assert sum(each["bytes"] for each in found) == sum(
        path.stat().st_size for entry in entries for path in entry.parent.iterdir()
    )
    assert ("train", "bright", 3) in {(each["verb"], each["name"], each["results"]) for each in found}
    assert f"store: {len(entries)} results, " in call("store", "ls", "--store", STORE).output
    assert tree(lab) == before


def test_a_whole_store_is_verified_and_a_touched_file_is_named(lab, call):
    before = tree(lab)
    assert call("store", "verify", "--store", STORE).exit_code == 0
    assert tree(lab) == before
    for name, because in ((ARRAYS, f"{ARRAYS} is damaged"), (ENTRY, f"{ENTRY} is damaged")):
        flip(first(name), 40)
        result = call("store", "verify", "--store", STORE)
        assert result.exit_code == 1
        assert f"damaged  {first(name).parent.relative_to(STORE)}: {because}" in result.output
    assert len(verify_store(STORE).damaged) == len({first(ARRAYS).parent, first(ENTRY).parent})
    assert DAMAGED in call("store", "ls", "--store", STORE).output


def sealed(entry, path, value):
    """Change an entry of the store and give it the right checksum again, as whoever wrote it can."""
    content = json.loads(json.loads(entry.read_text())["content"])
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    text = json.dumps(content, sort_keys=True)
    entry.write_text(json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest(), "content": text}))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("facts", "environment", "commit"), 5),
        (("facts", "environment", "versions"), [1]),
        (("facts", "environment"), "a laptop"),
        (("facts", "seconds"), -1),
    ],
)
@pytest.mark.parametrize("verb", ["train", "measure"])
def test_a_result_of_impossible_facts_is_damaged_though_its_checksum_is_right_and_a_verify_replaces_it(
    lab, call, path, value, verb
):
    entry = min(STORE.glob(f"*/{verb}/*/*/{ENTRY}"))
    sealed(entry, path, value)
    result = call("store", "verify", "--store", STORE)
    assert (result.exit_code, result.output.count(entry.parent.name)) == (1, 1)
    shutil.rmtree(REPORT)
    result = call("verify", PACK, "--store", STORE, "--out", REPORT.parent, "--device", "cpu")
    assert result.exit_code in {0, 1, 3}, result.output
    assert verify_store(STORE).status == 0


def test_right_after_an_audit_nothing_is_garbage(lab):
    found = collect_garbage(STORE, REPORTS)
    assert (found.unneeded, found.kept, found.records) == ((), len(list(stored_results(STORE))), 1)


def test_what_an_interrupted_run_and_a_pilot_would_go_on_with_is_no_garbage(lab):
    """Runs to the last look, and pilot runs, are planned from the record alone."""
    spec = spec_of(read(REPORT))
    claims = spec.paper.claims
    later = make_plan(spec, claims, range(4, 11)).jobs.keys() | make_plan(spec, claims, range(1000, 1005)).jobs.keys()
    verify((PACK,), Options(out=Path("elsewhere"), store=STORE, runs=5))
    assert later & {each.key for each in stored_results(STORE)}
    assert collect_garbage(STORE, REPORTS).unneeded == ()


def test_garbage_is_only_listed_unless_its_removal_is_asked_for_and_then_nothing_else_goes(lab, call):
    before = outdate()
    now = {each.key for each in stored_results(STORE)}
    needed = now & read(REPORT).jobs.keys()
    assert needed >= now - before
    kept = tree(lab)
    result = call("store", "gc", "--store", STORE)
    assert result.exit_code == 0
    assert "Nothing was deleted: `harness store gc --store store --delete` deletes them" in result.output
    assert tree(lab) == kept
    result = call("store", "gc", "--store", STORE, "--delete", "--json")
    assert json.loads(result.stdout)["removed"] is True
    left = {each.key for each in stored_results(STORE)}
    assert left == needed < now
    gone = kept.keys() - tree(lab).keys()
    assert {Path(path).name for path in gone} <= {ENTRY, ARRAYS}
    assert measured_again() == 0
    assert collect_garbage(STORE, REPORTS).unneeded == ()


def test_what_a_second_report_needs_stays_however_deep_or_behind_a_link_it_is(lab):
    shutil.copytree(REPORT, "reports/published/deep/fakes")
    outdate()
    assert collect_garbage(STORE, REPORTS).unneeded == ()
    shutil.move("reports/published", "away")
    assert collect_garbage(STORE, REPORTS).unneeded
    Path("reports/link").symlink_to(Path("away").resolve())
    Path("reports/link/loop").symlink_to(Path("reports").resolve())
    assert collect_garbage(STORE, REPORTS).unneeded == ()


def test_while_a_process_uses_the_store_nothing_is_removed(lab, call):
    outdate()
    before = {each.key for each in stored_results(STORE)}
    with store_of(STORE, "tensorflow-cpu").lock():
        result = call("store", "gc", "--store", STORE, "--delete")
        assert result.exit_code == 2
        assert "is in use by another harness" in result.stderr
        assert call("store", "gc", "--store", STORE).exit_code == 0  # to list it needs no lock
    assert {each.key for each in stored_results(STORE)} == before


@pytest.mark.parametrize("delete", [False, True])
def test_without_a_record_or_with_one_that_cannot_be_read_nothing_is_removed(lab, delete):
    before = tree(STORE)
    with pytest.raises(UsageError, match="no record in specs; name the reports"):
        collect_garbage(STORE, [Path("specs")], delete=delete)
    with pytest.raises(RecordError, match="no such file or folder"):
        collect_garbage(STORE, [Path("nowhere")], delete=delete)
    record = REPORT / "record" / "results.json"
    record.write_text(record.read_text()[:500])
    with pytest.raises(RecordError, match="cut short"):
        collect_garbage(STORE, REPORTS, delete=delete)
    assert tree(STORE) == before


def test_a_file_of_other_origin_beside_a_result_and_a_link_to_one_stay(lab, tmp_path):
    before = outdate()
    beside = next(each for each in stored_results(STORE) if each.verb == "train" and each.key in before)
    (STORE / beside.path / "notes.txt").write_text("mine")
    (tmp_path / "kept").mkdir()
    link = STORE / "tensorflow-cpu" / "train" / "00" / ("00" * 32)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "kept")
    (STORE / "notes.txt").write_text("mine")
    assert [each.key for each in collect_garbage(STORE, REPORTS, delete=True).left] == [beside.key]
    assert (STORE / beside.path / "notes.txt").read_text() == "mine"
    assert (STORE / beside.path / ENTRY).is_file()
    assert link.is_symlink()
    assert (tmp_path / "kept").is_dir()
    assert (STORE / "notes.txt").read_text() == "mine"


def test_a_removal_that_is_killed_half_way_leaves_no_half_result(lab, monkeypatch):
    outdate()

    def killed(path, *_, **__):
        next(Path(path).iterdir()).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("harness.store.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            collect_garbage(STORE, REPORTS, delete=True)
    assert verify_store(STORE).status == 0
    with store_of(STORE, "tensorflow-cpu").lock():
        assert list(STORE.rglob(".draft-*")) == []


def test_a_store_may_be_a_link_and_no_link_below_it_is_followed(lab, tmp_path):
    count = len(list(stored_results(STORE)))
    shutil.move(STORE, tmp_path / "real")
    STORE.symlink_to(tmp_path / "real")
    shutil.move(tmp_path / "real" / "tensorflow-cpu" / "craft", tmp_path / "craft")
    crafted = sum(1 for _ in (tmp_path / "craft").rglob(ENTRY))
    (tmp_path / "real" / "tensorflow-cpu" / "craft").symlink_to(tmp_path / "craft")
    assert len(list(stored_results(STORE))) == count - crafted
    collect_garbage(STORE, REPORTS, delete=True)
    assert sum(1 for _ in (tmp_path / "craft").rglob(ENTRY)) == crafted > 0


@pytest.mark.parametrize(
    "words", [("ls",), ("verify",), ("gc",), ("gc", "--delete"), ("export", "e.zip", REPORT), ("import", "e.zip")]
)
def test_a_store_of_another_format_is_refused_with_a_way_forward(lab, call, words):
    call("store", "export", "e.zip", REPORT, "--store", STORE)
    (STORE / "format").write_text("2\n")
    before = tree(lab)
    result = call("store", *words, "--store", STORE)
    assert result.exit_code == 2
    assert (
        "expected a store of format 1, found one of format '2'; update harness, or give another --store"
        in result.stderr
    )
    assert tree(lab) == before


@pytest.mark.parametrize("command", ["verify", "plan"])
def test_a_store_of_another_format_is_neither_read_nor_written_by_a_run(lab, call, command):
    (STORE / "format").write_text("2")
    before = tree(STORE)
    result = call(command, PACK, "--store", STORE)
    assert result.exit_code == 2
    assert "update harness" in result.stderr
    assert tree(STORE) == before


@pytest.mark.parametrize("command", ["ls", "verify", "gc"])
def test_a_store_that_is_not_there_is_an_error_and_is_not_made(lab, call, command):
    result = call("store", command, "--store", "nowhere")
    assert result.exit_code == 2
    assert "nowhere: expected the folder of a store, found nothing" in result.stderr
    assert not Path("nowhere").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_store_is_listed_verified_and_exported_and_not_cleared(lab, call):
    outdate()
    for path in (STORE, *STORE.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        for words in (("ls",), ("verify",), ("gc",), ("export", "e.zip", REPORT)):
            assert call("store", *words, "--store", STORE).exit_code == 0
        result = call("store", "gc", "--store", STORE, "--delete")
        assert result.exit_code == 2
        assert "correct its permissions" in result.stderr
    finally:
        for path in (STORE, *STORE.rglob("*")):
            path.chmod(0o755)


def test_a_disk_without_locks_or_read_only_is_a_clear_error_and_nothing_is_removed(lab, monkeypatch):
    outdate()
    before = tree(STORE)

    def without(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("harness.locks.fcntl.flock", without)
    with pytest.raises(StoreError, match="No locks available"):
        collect_garbage(STORE, REPORTS, delete=True)
    assert tree(STORE) == before


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (6_200_000_000, "6.2 GB"), (10**15, "1,000 TB")]
)
def test_sizes_are_said_in_words(number, words):
    assert size(number) == words

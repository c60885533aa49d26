import contextlib
import json
import os
import re
import shutil
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import fakes
import pytest

from harness.errors import RecordError, ReportError, SpecError, UsageError
from harness.judge import exit_status, judge
from harness.judge.outcome import Outcome
from harness.pipeline import verify
from harness.prepared import Options
from harness.record.file import _checksum, read, write
from harness.report.folder import Rendered, render
from harness.run.display import Quiet


@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    with fakes.registered(monkeypatch):
        yield


@pytest.fixture(autouse=True)
def _without_pdf(request, monkeypatch):
    """Only the tests that look at the PDF make one: each takes seconds."""
    if "with_pdf" not in request.keywords:
        monkeypatch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))


@pytest.fixture
def run(tmp_path):
    def go(**options):
        files, display = options.pop("files", {}), options.pop("display", None)
        pack = fakes.write_pack(tmp_path / "specs" / "fakes", **files)
        given = {"device": "cpu", "out": tmp_path / "reports", "store": tmp_path / "store"} | options
        return verify([pack], Options(**given), display)[0]

    return go


def record(audited):
    return json.loads((audited.folder / "record" / "results.json").read_text())


def outcomes(audited):
    return {verdict.claim: verdict.outcome for verdict in audited.verdicts}


@pytest.mark.with_pdf
def test_a_pack_ends_in_html_pdf_csv_junit_and_the_record(run):
    audited = run()
    made = {path.name for path in audited.folder.iterdir()}
    assert {"index.html", "report.pdf", "results.csv", "verdicts.json", "junit.xml", "record"} <= made
    assert outcomes(audited)["section-2/found"] is Outcome.REPRODUCED


@pytest.mark.with_pdf
def test_a_second_verify_measures_writes_and_renders_nothing(run):
    first = run()
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in first.folder.rglob("*") if path.is_file()}
    fakes.CALLS.clear()
    second = run()
    assert not fakes.CALLS
    assert not second.rendered.written
    assert before == {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in first.folder.rglob("*") if p.is_file()}
    assert second.verdicts == first.verdicts


def test_a_rehearsal_never_replaces_an_audit(run):
    audit = run()
    before = record(audit)["measurements"]
    run(budget="rehearsal")
    assert record(audit)["measurements"] == before


def test_a_rehearsal_alone_is_not_comparable(run):
    assert set(outcomes(run(budget="rehearsal")).values()) == {Outcome.NOT_COMPARABLE}


def test_claims_not_selected_this_time_are_kept(run):
    everything = outcomes(run())
    assert outcomes(run(patterns=("section-2/found",))) == everything


def test_only_what_the_selected_claims_need_is_done(run):
    audited = run(patterns=("table-1/sure/error",))
    assert fakes.CALLS == {"load": 1, "train": 1}
    others = {outcome for claim, outcome in outcomes(audited).items() if claim != "table-1/sure/error"}
    assert others == {Outcome.NOT_RUN}


def test_a_pattern_that_matches_nothing_is_a_usage_error_with_the_nearest_claim(run):
    with pytest.raises(UsageError, match="did you mean 'table-1/bright/error'"):
        run(patterns=("table-1/brigth/error",))


def test_more_runs_reuse_the_first_ones(run):
    run()
    trained = fakes.CALLS["train"]
    run(runs=5)
    assert fakes.CALLS["train"] == trained + 2 * 2  # two random models, two more runs


def test_fewer_runs_never_replace_more(run):
    audited = run(runs=5)
    before = record(audited)["measurements"]
    run(runs=3)
    assert record(audited)["measurements"] == before


def test_a_changed_hyper_parameter_replaces_the_old_measurement(run):
    run()
    changed = run(files={"models": fakes.MODELS.replace("noise: 0}", "noise: 0, iterations: 9}")})
    jobs = record(changed)["jobs"].values()
    assert {job["training"]["iterations"] for job in jobs if job["name"] == "sure" and job["verb"] == "train"} == {9}


def test_a_claim_that_changed_loses_its_old_number_even_where_it_is_not_selected(run):
    run()
    noisier = fakes.MODELS.replace("bright: {kind: fake-brightness,", "bright: {kind: fake-brightness, noise: 0.3,")
    found = outcomes(run(files={"models": noisier}, patterns=("sure/error",)))
    assert found["table-1/bright/error"] is found["section-2/found"] is Outcome.NOT_RUN
    assert found["table-1/sure/error"] is found["table-1/sure/error"] is not Outcome.NOT_RUN


def test_a_claim_that_changed_loses_its_audited_number_to_a_rehearsal_too(run):
    audited = run()
    run(budget="rehearsal", files={"paper": fakes.PAPER.replace("seed: 7", "seed: 8")})
    budgets = {claim: kept["budget"] for claim, kept in record(audited)["measurements"].items()}
    assert budgets.pop("table-1/sure/error") == "audit"  # nothing random lies behind it
    assert set(budgets.values()) == {"rehearsal"}


def test_a_damaged_value_is_measured_again_though_all_others_are_there(run, tmp_path):
    before = run()
    entry = next((tmp_path / "store").glob("*/measure/*/*/entry.json"))
    entry.write_text("")
    after = run()
    assert entry.read_text()
    assert after.verdicts == before.verdicts


def test_a_changed_margin_is_judged_without_measuring_again(run):
    run()
    fakes.CALLS.clear()
    audited = run(files={"table": fakes.CLAIMS.replace("absolute: 0.05", "absolute: 0.7")})
    assert not fakes.CALLS
    assert outcomes(audited)["table-1/bright/distortion"] is Outcome.REPRODUCED


def test_missing_data_are_said_once_with_the_repair_and_the_rest_goes_on(run):
    paper = fakes.PAPER.replace(
        "half: {kind: fake-half, of: points}", "half: {kind: fake-half, of: gone}\n  gone: {kind: fake-absent}"
    )
    audited = run(files={"paper": paper})
    lost = [verdict for verdict in audited.verdicts if verdict.outcome is Outcome.NOT_RUN]
    assert {verdict.claim for verdict in lost} == {"section-2/found", "section-2/transfers"}
    assert {verdict.reason for verdict in lost} == {"data-missing"}
    assert all("bring them" in verdict.sentence for verdict in lost)


def test_training_that_did_not_settle_is_not_comparable(run):
    models = fakes.MODELS.replace("noise: 0}", "noise: 0, settles: false}")
    found = outcomes(run(files={"models": models}))
    assert found["table-1/sure/error"] is Outcome.NOT_COMPARABLE
    assert found["table-1/bright/error"] is not Outcome.NOT_COMPARABLE


def test_a_damaged_record_is_refused_and_left_as_it_is(run):
    audited = run()
    path = audited.folder / "record" / "results.json"
    path.write_text(path.read_text()[:100])
    with pytest.raises(RecordError, match=r"results\.json"):
        run()
    assert len(path.read_text()) == 100


def test_a_mistake_in_one_pack_stops_everything_before_anything_runs(run):
    with pytest.raises(SpecError):
        run(files={"attacks": "flip: {kind: fake-flop}\n"})
    assert not fakes.CALLS


def test_an_interrupt_leaves_a_true_partial_report(run, monkeypatch):
    fakes.FAIL["craft"] = KeyboardInterrupt
    audited = run()
    assert audited.interrupted
    found = outcomes(audited)
    assert found["table-1/bright/error"] is not Outcome.NOT_RUN
    assert found["table-1/bright/distortion"] is Outcome.NOT_RUN
    assert (audited.folder / "index.html").is_file()


def test_the_record_names_the_data_by_digest_and_says_where_each_result_comes_from(run):
    kept = record(run())
    assert set(kept["digests"]) == {"points", "half"}
    assert all(len(digest) == 64 for digest in kept["digests"].values())
    for job in kept["jobs"].values():
        environment = kept["provenance"][job["provenance"]]
        assert {"commit", "versions", "device", "threads", "processor"} <= set(environment)
        assert job["when"]


def test_the_record_holds_no_path_of_the_machine_that_the_user_did_not_write(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fakes.write_pack(tmp_path / "specs" / "fakes")
    options = Options(out=Path("reports"), store=Path("store"), data_dir=Path("data"))
    (audited,) = verify([Path("specs")], options)
    text = json.dumps(record(audited))
    assert str(tmp_path) not in text
    assert str(Path.home()) not in text


OPEN = {"paper": fakes.PAPER + fakes.READINGS}


def variants(audited):
    return record(audited)["variants"]


def test_other_readings_are_measured_beside_the_chosen_ones_for_the_claims_they_touch(run):
    plain = run(files=OPEN)
    swept = run(files=OPEN, readings="all")
    assert outcomes(swept) == outcomes(plain)
    found = variants(swept)
    assert set(found) == {"luck=much", "distance=far", "luck=much, distance=far"}
    touched = set(found["luck=much"]["measurements"])
    assert "table-1/bright/error" in touched
    assert not {claim for claim in touched if claim.startswith("table-1/sure")}
    assert "table-1/bright/error" not in found["luck=much, distance=far"]["measurements"]  # distance does not touch it
    assert set(found["distance=far"]["measurements"]) >= {"table-1/sure/distortion"}


def test_what_the_chosen_readings_share_with_others_is_computed_once(run):
    run(files=OPEN)
    trained = fakes.CALLS["train"]
    run(files=OPEN, readings="distance=far")
    assert fakes.CALLS["train"] == trained


def test_a_verdict_says_whether_it_depends_on_the_reading(run):
    swept = run(files=OPEN, readings="distance=far")
    qualifiers = {verdict.claim: verdict.qualifiers for verdict in swept.verdicts}
    assert "choice-dependent" in qualifiers["table-1/sure/distortion"]
    assert not {"robust", "choice-dependent"} & set(qualifiers["table-1/sure/error"])


def test_other_readings_are_kept_when_they_are_not_asked_for_again(run):
    before = variants(run(files=OPEN, readings="all"))
    assert variants(run(files=OPEN)) == before


def test_another_reading_whose_inputs_changed_is_dropped(run):
    run(files=OPEN, readings="all")
    farther = {"paper": OPEN["paper"].replace("overshoot: 0.3", "overshoot: 0.2")}
    assert set(variants(run(files=farther))) == {"luck=much"}


def test_a_reading_that_became_the_chosen_one_is_no_other_any_more(run):
    run(files=OPEN, readings="distance=far")
    turned = {"paper": OPEN["paper"].replace("chosen: near", "chosen: far")}
    assert variants(run(files=turned)) == {}


def test_other_readings_wait_until_the_chosen_ones_are_measured(run):
    fakes.FAIL["craft"] = KeyboardInterrupt
    swept = run(files=OPEN, readings="luck=much")
    assert outcomes(swept)["table-1/bright/error"] is not Outcome.NOT_RUN
    assert not any(each["runs"] for variant in variants(swept).values() for each in variant["measurements"].values())


def test_a_reading_no_pack_has_is_a_usage_error(run):
    with pytest.raises(UsageError, match="did you mean 'luck'"):
        run(files=OPEN, readings="lucky=much")


def test_the_report_shows_other_readings_and_ranks_the_choices(run):
    page = (run(files=OPEN, readings="all").folder / "index.html").read_text()
    assert "The verdict depends on the reading" in page
    assert page.index("1. How much luck is there?") < page.index("2. How far beyond?")
    assert "--readings all" in page


def forbidden(*_, **__):
    raise AssertionError("a job was begun")


def spoil(path, how):
    whole = path.read_text()
    if how == "cut short":
        path.write_text(whole[: len(whole) // 2])
    elif how == "empty":
        path.write_text("")
    elif how == "from a later format":
        path.write_text(whole.replace('"format": 1', '"format": 99', 1))
    else:
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("cut short", "cut short"),
        ("empty", "the file is empty"),
        ("from a later format", "format 99, but this version of harness reads up to 1; update harness"),
        ("a folder", "expected the record's file, found a folder"),
    ],
)
def test_a_record_that_cannot_be_read_is_found_before_any_job_of_any_pack_and_stays_as_it_is(
    run, tmp_path, monkeypatch, how, said
):
    path = run(patterns=("sure/error",)).folder / "record" / "results.json"
    spoil(path, how)
    before = path.read_bytes() if path.is_file() else None
    first = fakes.write_pack(tmp_path / "specs" / "another")
    monkeypatch.setattr("harness.run.executor.Executor.run", forbidden)
    with pytest.raises(RecordError, match=said):
        verify(
            [first, tmp_path / "specs" / "fakes"], Options(device="cpu", out=tmp_path / "reports", store=tmp_path / "s")
        )
    assert before == (path.read_bytes() if path.is_file() else None)


def test_a_report_folder_that_cannot_be_written_is_found_before_any_job(run, tmp_path, monkeypatch):
    (tmp_path / "reports").write_text("a file where the folder should be")
    monkeypatch.setattr("harness.run.executor.Executor.run", forbidden)
    with pytest.raises(ReportError, match="correct its permissions or choose another --out"):
        run()


def test_a_disk_too_full_for_a_record_is_found_before_any_job(run, monkeypatch):
    monkeypatch.setattr("harness.report.lock._check_writable", full)
    monkeypatch.setattr("harness.run.executor.Executor.run", forbidden)
    with pytest.raises(ReportError, match="No space left on device"):
        run()


def test_a_file_of_other_origin_is_found_before_any_job(run, tmp_path, monkeypatch):
    (tmp_path / "reports" / "fakes").mkdir(parents=True)
    (tmp_path / "reports" / "fakes" / "index.html").write_text("mine")
    monkeypatch.setattr("harness.run.executor.Executor.run", forbidden)
    with pytest.raises(ReportError, match="was not written by harness"):
        run()


def full(*_, **__):
    raise OSError(28, "No space left on device")


def test_a_disk_that_fills_up_meanwhile_leaves_record_and_report_as_they_were_and_the_store_with_all(run, monkeypatch):
    first = run(patterns=("sure/error",))
    before = {path: path.read_bytes() for path in first.folder.rglob("*") if path.is_file()}
    with monkeypatch.context() as patch:
        patch.setattr("harness.record.file.replace_file", full)
        with pytest.raises(ReportError, match="No space left on device; make room"):
            run()
    assert before == {path: path.read_bytes() for path in first.folder.rglob("*") if path.is_file()}
    fakes.CALLS.clear()
    assert set(outcomes(run()).values()).isdisjoint({Outcome.NOT_RUN})
    assert not fakes.CALLS


def test_an_interim_report_that_cannot_be_written_does_not_end_the_work(run, monkeypatch):
    monkeypatch.setattr("harness.pipeline.REFRESH_SECONDS", 0.0)
    monkeypatch.setattr("harness.pipeline.render", lambda *_, **__: Rendered((), ()))
    times = []

    def once_full(kept, folder):
        times.append(kept)
        if len(times) < 3:
            raise ReportError("no space left; make room")
        return write(kept, folder)

    monkeypatch.setattr("harness.pipeline.write", once_full)
    said = []
    display = Quiet()
    display.say = said.append
    assert set(outcomes(run(display=display)).values()).isdisjoint({Outcome.NOT_RUN})
    assert [s for s in said if "no interim report" in s and "make room" in s and "the work continues" in s]


def test_what_a_killed_process_left_beside_record_and_report_is_removed_and_nothing_else(run, tmp_path):
    folder = tmp_path / "reports" / "fakes"
    (folder / "record").mkdir(parents=True)
    left = [
        folder / ".index.html.123.abcdefgh.partial",
        folder / ".report.pdf.9.ab12_x9z.partial",
        folder / "record/.results.json.123.ab12_x9z.partial",
    ]
    mine = [
        folder / ".notes.partial",
        folder / ".index.html.mine.partial",
        folder / "record/.results.json.backup-of-mine",
    ]
    for path in (*left, *mine):
        path.write_text("half")
    run(patterns=("sure/error",))
    assert not [path for path in left if path.exists()]
    assert [path.read_text() for path in mine] == ["half"] * 3


def test_a_value_keeps_what_its_verdict_hangs_on_though_the_jobs_behind_it_are_gone(run, tmp_path):
    """Whoever deletes trained networks to save space does not make an unsettled one settled."""
    models = fakes.MODELS.replace("noise: 0}", "noise: 0, settles: false}")
    before = run(files={"models": models})
    kept = record(before)["measurements"]
    for entry in [
        *(tmp_path / "store").glob("*/train/*/*/entry.json"),
        *(tmp_path / "store").glob("*/craft/*/*/entry.json"),
    ]:
        entry.unlink()
    for path in before.folder.rglob("results.json"):
        path.unlink()
    after = run(files={"models": models})
    assert outcomes(after) == outcomes(before)
    assert outcomes(after)["table-1/sure/error"] is Outcome.NOT_COMPARABLE
    assert record(after)["measurements"] == kept


PICTURED = {
    "prose": fakes.PROSE.replace(
        "attack: flip, relation: all", "attack: flip, picture: {rows: 2, columns: 3}, relation: all"
    )
}
"""The first statement with a picture."""


def test_a_picture_is_drawn_once_kept_in_the_record_and_shown_on_the_page(run, tmp_path):
    first = run(files=PICTURED)
    drawn = record(first)["pictures"]["section-2/found"]
    assert drawn["shown"] == 6
    assert drawn["key"] in record(first)["jobs"]
    assert f"data:image/png;base64,{drawn['png']}" in (first.folder / "index.html").read_text()
    stored = {path: path.stat().st_mtime_ns for path in (tmp_path / "store").rglob("*") if path.name != "lock"}
    again = run(files=PICTURED)
    assert record(again)["pictures"]["section-2/found"] == drawn
    assert {path: path.stat().st_mtime_ns for path in stored} == stored


def test_a_picture_asked_for_later_is_drawn_from_what_is_stored_without_a_backend(run, monkeypatch):
    def forbidden(_):
        raise AssertionError

    assert "section-2/found" not in record(run())["pictures"]
    fakes.CALLS.clear()
    monkeypatch.setattr("harness.run.executor.computing", forbidden)
    assert "section-2/found" in record(run(files=PICTURED))["pictures"]
    assert set(fakes.CALLS) == {"load"}


def test_a_picture_that_was_not_drawn_in_time_is_left_out_and_drawn_the_next_time(run):
    late = run(files=PICTURED, time_limit=-1)
    assert record(late)["pictures"] == {}
    assert "<img" not in (late.folder / "index.html").read_text()
    assert "section-2/found" in record(run(files=PICTURED))["pictures"]


def test_a_picture_stays_with_its_claim_where_others_are_selected_and_goes_with_its_number(run):
    drawn = record(run(files=PICTURED))["pictures"]
    assert record(run(files=PICTURED, patterns=("table-1",)))["pictures"] == drawn
    changed = PICTURED | {"attacks": fakes.ATTACKS.replace("{kind: fake-flip}", "{kind: fake-flip, overshoot: 0.02}")}
    assert record(run(files=changed, patterns=("sure/error",)))["pictures"] == {}


TOPS = {
    "prose": fakes.PROSE
    + "  tops: {says: T., metric: {kind: top-purity}, data: points/test, model: bright, gallery: {rows: 3}, "
    "relation: greater_than, other: {metric: {kind: top-purity, basis: directions}}}\n"
}
"""One more statement, with a gallery."""


def test_a_gallery_is_drawn_from_the_network_kept_in_the_record_and_shown_on_the_page(run):
    first = run(files=TOPS)
    drawn = record(first)["pictures"]["section-2/tops"]
    assert (drawn["shown"], drawn["across"]) == (48, 16)
    assert drawn["says"].endswith("3 units of the pixels on the left, 3 random directions of the pixels on the right.")
    page = (first.folder / "index.html").read_text()
    assert f"data:image/png;base64,{drawn['png']}" in page
    assert f"bright, run 1. {drawn['says']}" in page
    assert record(run(files=TOPS, patterns=("table-1",)))["pictures"]["section-2/tops"] == drawn


def test_a_gallery_of_a_stored_network_brings_up_the_backend_and_trains_nothing(run, monkeypatch):
    brought = []
    plain = {"prose": TOPS["prose"].replace(" gallery: {rows: 3},", "")}
    assert "section-2/tops" not in record(run(files=plain))["pictures"]
    fakes.CALLS.clear()
    monkeypatch.setattr("harness.run.executor.computing", lambda _: nullcontext(brought.append(1)))
    assert "section-2/tops" in record(run(files=TOPS))["pictures"]
    assert (set(fakes.CALLS), brought) == ({"load"}, [1])


def test_a_rehearsal_puts_no_picture_beside_an_audited_number(run):
    audited = record(run())
    rehearsed = record(run(files=PICTURED, budget="rehearsal"))
    assert rehearsed["measurements"].keys() == audited["measurements"].keys()
    assert rehearsed["pictures"] == {}


def tampered(audited, claim="section-2/found", *, by=0.25):
    """Change a value in the record and take its checksum out; return the record's file and what it holds now."""
    file = audited.folder / "record" / "results.json"
    content = json.loads(file.read_text())
    del content["checksum"]
    content["measurements"][claim]["runs"][0]["measured"] |= {"value": by, "count": None}
    file.write_text(json.dumps(content))
    return file, file.read_bytes()


def test_a_changed_value_that_the_store_contradicts_is_refused_before_any_job(run, monkeypatch):
    file, before = tampered(run())
    monkeypatch.setattr("harness.run.executor.Executor.run", forbidden)
    with pytest.raises(
        RecordError, match=r"section-2/found: run 1: holds the value 0.25, but the same jobs left 1 in .*store"
    ):
        run(patterns=("sure/error",))
    assert file.read_bytes() == before


def test_a_changed_number_of_images_that_the_store_contradicts_is_refused_too(run):
    file = run().folder / "record" / "results.json"
    content = json.loads(file.read_text())
    del content["checksum"]
    content["measurements"]["section-2/found"]["runs"][0]["measured"] |= {"of": 10**6, "count": 10**6}
    file.write_text(json.dumps(content))
    with pytest.raises(RecordError, match="section-2/found: run 1: holds the count 1000000, but the same jobs left"):
        run(patterns=("sure/error",))


def test_values_of_another_time_than_the_stores_are_not_compared_with_it(run, tmp_path):
    """The same job done again, on another machine, may differ in the last digits."""
    run()
    (tmp_path / "reports").rename(tmp_path / "kept")
    shutil.rmtree(tmp_path / "store")
    again = run()
    file = again.folder / "record" / "results.json"
    earlier = json.loads((tmp_path / "kept" / "fakes" / "record" / "results.json").read_text())
    for facts in earlier["jobs"].values():
        facts["when"] = "2001-01-01T00:00:00+00:00"
    earlier["measurements"]["section-2/found"]["runs"][0]["measured"] |= {"value": 0.25, "count": None}
    earlier["checksum"] = _checksum({name: part for name, part in earlier.items() if name != "checksum"})
    file.write_text(json.dumps(earlier))
    run(patterns=("sure/error",))


def test_a_kept_value_without_a_checksum_stays_marked_on_the_page_until_it_is_measured_again(run, tmp_path):
    tampered(run())
    told = fakes.Told()
    kept = run(patterns=("sure/error",), store=tmp_path / "other", display=told)
    assert any("has no checksum" in sentence for sentence in told.said)
    marks = {claim: each["unverified"] for claim, each in record(kept)["measurements"].items()}
    assert record(kept)["measurements"]["section-2/found"]["runs"][0]["measured"]["value"] == 0.25
    assert marks["section-2/found"]
    assert not marks["table-1/sure/error"]
    page = (kept.folder / "index.html").read_text()
    assert "Unverified numbers." in page.partition("</header>")[0]
    assert any("unverified since" in note for note in kept.rendered.notes)
    again = run(patterns=("section-2/found",), store=tmp_path / "other")
    assert not record(again)["measurements"]["section-2/found"]["unverified"]
    whole = run(store=tmp_path / "other")
    assert not any(each["unverified"] for each in record(whole)["measurements"].values())
    assert "Unverified numbers." not in (whole.folder / "index.html").read_text()
    assert not whole.rendered.notes


@pytest.mark.parametrize("kind", ["FIFO", "endless device", "broken link", "sparse"])
def test_a_record_that_is_no_regular_file_is_refused_at_once_and_stays(run, tmp_path, kind):
    file = tmp_path / "reports" / "fakes" / "record" / "results.json"
    file.parent.mkdir(parents=True)
    if kind == "FIFO":
        os.mkfifo(file)
    elif kind == "sparse":
        with file.open("wb") as sparse:
            sparse.truncate(2**40)
    else:
        file.symlink_to("/dev/zero" if kind == "endless device" else tmp_path / "nowhere")
    before = file.lstat()
    with pytest.raises(RecordError, match=r"results.json"):
        run()
    after = file.lstat()  # a link that was looked at has another time of access
    assert (after.st_mode, after.st_ino, after.st_mtime_ns) == (before.st_mode, before.st_ino, before.st_mtime_ns)


def test_a_lock_of_other_origin_in_the_reports_folder_is_named_and_stays(run, tmp_path):
    lock = tmp_path / "reports" / "fakes" / ".lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("my own notes")
    with pytest.raises(ReportError, match=r"fakes/\.lock: .*file that harness did not write; move it away"):
        run()
    assert lock.read_text() == "my own notes"


@pytest.mark.parametrize("name", [".lock", ".index.html.1.abcd1234.partial", "record/.results.json.1.abcd1234.partial"])
def test_nothing_is_written_or_removed_through_a_link_in_the_reports_folder(run, tmp_path, name):
    link = tmp_path / "reports" / "fakes" / name
    link.parent.mkdir(parents=True)
    (tmp_path / "mine").write_text("precious")
    link.symlink_to(tmp_path / "mine")
    with contextlib.suppress(ReportError):
        run()
    assert link.is_symlink()
    assert (tmp_path / "mine").read_text() == "precious"


def test_a_failure_now_keeps_the_earlier_number_and_is_said_and_a_later_success_takes_it_away(run, tmp_path):
    first = run()
    assert all(verdict.attempt is None for verdict in first.verdicts)
    fakes.FAIL["train"] = OSError("no space left on device")
    second = run(store=tmp_path / "other")
    for before, now in zip(first.verdicts, second.verdicts, strict=True):
        assert (now.outcome, now.mean, now.n) == (before.outcome, before.mean, before.n)
        assert now.attempt is not None
        assert now.attempt.reason == "failed"
        assert "no space left on device" in now.sentence
        assert "earlier-record" in now.qualifiers
    assert exit_status(second.verdicts) == exit_status(judge(read(second.folder))) != 0
    fakes.FAIL.clear()
    third = run(store=tmp_path / "other")
    assert third.verdicts == first.verdicts


def test_a_failure_of_some_claims_leaves_those_that_were_not_asked_for_untouched(run, tmp_path):
    run()
    fakes.FAIL["train"] = OSError("no space left on device")
    second = run(store=tmp_path / "other", patterns=("table-1/bright/error",))
    assert [verdict.claim for verdict in second.verdicts if verdict.attempt] == ["table-1/bright/error"]


def test_a_time_limit_after_an_audit_is_said_and_ends_in_no_0(run, tmp_path):
    run()
    second = run(store=tmp_path / "other", time_limit=0.0)
    assert {verdict.attempt.reason for verdict in second.verdicts if verdict.attempt} == {"time-limit"}
    assert exit_status(second.verdicts) != 0


def test_an_interrupt_after_an_audit_says_which_claims_were_not_reached(run, tmp_path):
    run()
    fakes.FAIL["craft"] = KeyboardInterrupt
    second = run(store=tmp_path / "other")
    assert second.interrupted
    assert "interrupted" in {verdict.attempt.reason for verdict in second.verdicts if verdict.attempt}


AWAY = fakes.CLAIMS.replace(
    'model: bright, printed: ["0.0",', 'model: bright, printed: [{printed: "40.0", deviates_because: So it is},'
)


def declared(audited):
    return {verdict.claim: verdict for verdict in audited.verdicts}["table-1/bright/error"]


def test_a_deviation_declared_before_the_first_run_is_predicted_ever_after(run):
    for _ in range(2):
        found = declared(run(files={"table": AWAY}))
        assert (found.outcome, found.qualifiers) == (Outcome.NOT_REPRODUCED, ("predicted",))
    assert declared(run(files={"table": AWAY}, runs=5)).qualifiers == ("predicted",)


def test_a_deviation_declared_after_a_run_or_in_other_words_is_explained_afterwards(run):
    run(files={"table": AWAY.replace(", deviates_because: So it is", "")})
    assert declared(run(files={"table": AWAY})).qualifiers == ("explained-afterwards",)


def test_a_prediction_put_into_other_words_after_the_run_is_an_explanation(run):
    assert declared(run(files={"table": AWAY})).qualifiers == ("predicted",)
    reworded = run(files={"table": AWAY.replace("So it is", "So it must be")})
    assert declared(reworded).qualifiers == ("explained-afterwards",)


def test_a_deviation_declared_when_the_record_is_gone_but_its_runs_are_stored_is_explained_afterwards(
    run, tmp_path, monkeypatch
):
    run(files={"table": AWAY.replace(", deviates_because: So it is", "")})
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr("harness.pipeline.datetime", SimpleNamespace(now=lambda _: tomorrow))
    found = declared(run(files={"table": AWAY}, out=tmp_path / "elsewhere"))
    assert found.qualifiers == ("explained-afterwards",)
    assert f"explanation first recorded on {tomorrow.date()}" in found.sentence


def test_other_readings_that_could_not_be_measured_are_said_with_the_reason(run):
    display = fakes.Told()
    run(files={"paper": fakes.PAPER + fakes.READINGS})
    fakes.FAIL["craft"] = OSError("no space left on device")
    run(files={"paper": fakes.PAPER + fakes.READINGS}, readings="distance=far", display=display)
    (said,) = [sentence for sentence in display.said if sentence.startswith("Other readings")]
    assert "measurements are missing (failed)" in said
    assert "no space left on device" in said
    fakes.FAIL.clear()
    display.said.clear()
    run(files={"paper": fakes.PAPER + fakes.READINGS}, readings="distance=far", display=display)
    assert not [sentence for sentence in display.said if sentence.startswith("Other readings")]


def test_a_sample_that_takes_all_images_gives_one_measurement_and_the_report_tells_their_number(run):
    paper = fakes.PAPER.replace("count: 12, which: correct", "count: 1000, which: correct")
    audited = run(files={"paper": paper})
    (found,) = (verdict for verdict in audited.verdicts if verdict.claim == "table-1/sure/distortion")
    assert (found.n, "exact" in found.qualifiers) == (1, True)
    page = (audited.folder / "index.html").read_text()
    (sentence,) = set(re.findall(r"asks for 1000 images; there are only (\d+) correctly classified", found.sentence))
    assert f"on all {sentence} correctly classified images there are (1000 asked for)" in page


def test_the_report_s_first_lines_and_its_provenance_name_outside_packages(run, monkeypatch):
    monkeypatch.setattr(fakes.Flip, "offered_by", ("flips", "3.1"))
    page = (run().folder / "index.html").read_text()
    line = next(line for line in page.splitlines() if "Outside packages" in line)
    assert re.search(r"flips 3\.1 supplies the attack fake-flip \(source [0-9a-f]{12}\)", line)
    assert "<dt>flips 3.1</dt>" in page


def test_verify_says_what_was_computed_by_other_source_under_the_same_edition(run, monkeypatch):
    run()
    told = fakes.Told()
    monkeypatch.setattr("harness.prepared.source_digest", lambda _: "another")
    run(display=told)
    assert [line for line in told.said if "train fake-brightness were computed by other source" in line]


@pytest.mark.parametrize(("told", "kept"), [([[1, 0.5], [2, 0.25]], True), ("steep", False), ([[1, "x"]], False)])
def test_a_record_keeps_the_loss_curve_of_a_training_that_gives_one(run, monkeypatch, told, kept):
    train = fakes.Brightness.train

    def curved(self, **inputs):
        trained = train(self, **inputs)
        return replace(trained, facts={**trained.facts, "loss_curve": told})

    monkeypatch.setattr(fakes.Brightness, "train", curved)
    trainings = [job for job in record(run())["jobs"].values() if job["verb"] == "train"]
    assert trainings
    assert all(job.get("loss_curve") == (told if kept else None) for job in trainings)

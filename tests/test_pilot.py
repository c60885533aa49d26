"""The story of a pilot, on fakes: what it does, what it leaves alone, and what it writes."""

from pathlib import Path

import fakes
import numpy as np
import pytest

from harness.errors import SpecError, UsageError
from harness.pilot import pilot
from harness.pipeline import prepare, verify
from harness.plan import Verb
from harness.planner import make_plan
from harness.prepared import Options
from harness.record.measurement import FIRST_PILOT, PILOT_RUNS
from harness.run.display import Quiet
from harness.run.environment import find_environment
from harness.spec.reading.load import load
from harness.store import Store

RANDOM = {"table-1/bright/error", "table-1/bright/distortion", "table-1/sure/distortion", "section-2/transfers"}
"""The claims of the fakes whose spread between runs tells something: not the exact one, nor the one about all images."""
NOISIER = fakes.MODELS.replace("bright: {kind: fake-brightness,", "bright: {kind: fake-brightness, noise: 0.02,")


pytestmark = pytest.mark.usefixtures("fakes_without_pdf")


@pytest.fixture
def pack(tmp_path):
    return tmp_path / "specs" / "fakes"


@pytest.fixture
def call(tmp_path, pack):
    def go(what, files=None, display=None, **options):
        fakes.write_pack(pack, **(files or {}))
        given = {"device": "cpu", "out": tmp_path / "reports", "store": tmp_path / "store"} | options
        return what([pack], Options(**given), display)[0]

    return go


@pytest.fixture
def run(call):
    return lambda **given: call(pilot, **given)


@pytest.fixture
def audit(call):
    return lambda **given: call(verify, **given)


def kept(pack):
    return load(pack).paper.pilot


def stored_values(tmp_path, pack, claim, runs):
    """The values of one claim, read from the store entry by entry."""
    spec = load(pack)
    plan = make_plan(spec, [spec.paper.claim(claim)], range(FIRST_PILOT, FIRST_PILOT + runs))
    store = Store(tmp_path / "store", find_environment("cpu").platform)
    entries = [store.load(Verb.MEASURE, row.measured[0]) for row in plan.wants[claim]]
    return [entry.body["value"] for entry in entries]


def test_a_pilot_records_the_spread_of_every_claim_whose_runs_are_random(run, pack, tmp_path):
    done = run()
    found = kept(pack)
    assert set(found) == set(done.recorded) == RANDOM
    assert not done.missing
    assert {each.runs for each in found.values()} == {PILOT_RUNS}
    error = stored_values(tmp_path, pack, "table-1/bright/error", PILOT_RUNS)
    assert found["table-1/bright/error"].sd == pytest.approx(max(100 * np.std(error, ddof=1), 100 / 40), rel=1e-5)
    moved = stored_values(tmp_path, pack, "table-1/bright/distortion", PILOT_RUNS)
    assert found["table-1/bright/distortion"].sd == pytest.approx(np.std(moved, ddof=1), rel=1e-5)
    assert found["table-1/bright/distortion"].images_sd > 0
    assert found["section-2/transfers"].other is not None


def test_a_pilot_judges_nothing_and_leaves_report_and_record_alone(run, audit, tmp_path):
    run()
    assert not (tmp_path / "reports").exists()
    audited = audit()
    before = {path: path.read_bytes() for path in audited.folder.rglob("*") if path.is_file()}
    run(runs=6)
    assert before == {path: path.read_bytes() for path in audited.folder.rglob("*") if path.is_file()}


def test_pilot_runs_are_other_runs_than_those_judged(run, audit):
    run(runs=3)
    trained = fakes.CALLS["train"]
    audit()
    assert fakes.CALLS["train"] == trained + 2 * 3  # two random models, three runs; the exact one was trained before


def test_a_second_pilot_computes_and_writes_nothing(run, pack):
    run()
    before = (pack / "pilot.yaml").stat().st_mtime_ns
    fakes.CALLS.clear()
    assert not run().changed
    assert not fakes.CALLS
    assert (pack / "pilot.yaml").stat().st_mtime_ns == before


def test_claims_not_selected_keep_their_line(run, pack):
    run(patterns=("bright/error",), runs=3)
    first = kept(pack)
    assert set(first) == {"table-1/bright/error"}
    run(patterns=("bright/distortion",))
    assert kept(pack)["table-1/bright/error"] == first["table-1/bright/error"]
    assert set(kept(pack)) == {"table-1/bright/error", "table-1/bright/distortion"}


def test_fewer_runs_never_replace_more_of_the_same_and_more_replace_fewer(run, pack):
    run(runs=4)
    before = kept(pack)
    run(runs=3)
    assert kept(pack) == before
    run(runs=5)
    assert {each.runs for each in kept(pack).values()} == {5}


def test_fewer_runs_replace_more_of_something_else(run, pack):
    run()
    run(runs=3, files={"models": NOISIER})
    assert kept(pack)["table-1/bright/error"].runs == 3
    assert kept(pack)["table-1/sure/distortion"].runs == PILOT_RUNS


def test_a_claim_that_is_no_longer_random_loses_its_line(run, pack):
    run(patterns=("bright/error",))
    assert (pack / "pilot.yaml").exists()
    run(patterns=("bright/error",), files={"models": NOISIER.replace("0.02", "0")})
    assert not (pack / "pilot.yaml").exists()


def test_claims_that_need_no_pilot_compute_nothing(run, pack):
    done = run(patterns=("found", "sure/error"))
    assert (done.recorded, done.missing, done.changed) == ((), {}, False)
    assert not fakes.CALLS
    assert not (pack / "pilot.yaml").exists()


def test_the_pilot_of_a_rehearsal_is_refused_with_the_reason(run, pack):
    with pytest.raises(UsageError, match="not comparable with the paper's, and neither is their spread"):
        run(budget="rehearsal")
    assert not fakes.CALLS
    assert not (pack / "pilot.yaml").exists()


@pytest.mark.parametrize("runs", [1, 2])
def test_two_runs_tell_no_spread_and_are_refused(run, runs):
    with pytest.raises(UsageError, match="at least 3 pilot runs"):
        run(runs=runs)


def test_a_damaged_file_is_told_with_its_place_and_never_overwritten(run, pack):
    fakes.write_pack(pack)
    (pack / "pilot.yaml").write_text("table-1/bright/error: {sd: 1, runs: 5, in")
    with pytest.raises(SpecError, match=r"pilot\.yaml:1:\d+"):
        run()
    assert not fakes.CALLS
    assert (pack / "pilot.yaml").read_text() == "table-1/bright/error: {sd: 1, runs: 5, in"


class Meanwhile(Quiet):
    """Does something while the first job is under way."""

    def __init__(self, act):
        self.act = act

    def job(self, title, seconds):
        act, self.act = self.act, lambda: None
        act()
        return super().job(title, seconds)


def test_a_file_damaged_while_the_pilot_runs_is_not_overwritten(run, pack):
    with pytest.raises(SpecError):
        run(display=Meanwhile(lambda: (pack / "pilot.yaml").write_text("- broken")))
    assert (pack / "pilot.yaml").read_text() == "- broken"


def test_what_another_pilot_wrote_meanwhile_is_kept(run, pack):
    run(patterns=("bright/error",))
    other = (pack / "pilot.yaml").read_text()
    (pack / "pilot.yaml").unlink()
    run(patterns=("bright/distortion",), display=Meanwhile(lambda: (pack / "pilot.yaml").write_text(other)))
    assert set(kept(pack)) == {"table-1/bright/error", "table-1/bright/distortion"}


def test_a_folder_that_cannot_be_written_is_told_and_what_was_computed_is_kept(run, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("harness.pilot.replace_file", full)
        with pytest.raises(
            UsageError, match=r"pilot\.yaml: cannot be written: No space left .* finished results are kept"
        ):
            run()
    fakes.CALLS.clear()
    assert run().changed
    assert not fakes.CALLS


def test_out_of_time_it_records_what_has_enough_runs_says_what_is_missing_and_goes_on_later(run, pack, monkeypatch):
    left = iter([False] * 9)
    with monkeypatch.context() as patch:
        patch.setattr("harness.run.deadline.Deadline.refuses", lambda *_: next(left, True))
        done = run()
    assert set(done.missing) > set()
    assert set(kept(pack)) == set(done.recorded) < RANDOM
    assert all("Not reached within the time limit" in why for why in done.missing.values())
    assert any("too few for a spread (3 are needed)" in why or "none of 5" in why for why in done.missing.values())
    assert set(run().recorded) == RANDOM
    assert {each.runs for each in kept(pack).values()} == {PILOT_RUNS}


def test_an_interrupt_records_what_is_there(run, pack):
    fakes.FAIL["craft"] = KeyboardInterrupt
    done = run()
    assert done.interrupted
    assert set(done.recorded) == set(kept(pack)) == {"table-1/bright/error"}
    assert set(done.missing) == RANDOM - {"table-1/bright/error"}


def test_a_job_that_fails_takes_only_its_own_claims_with_it(run, pack):
    fakes.FAIL["craft"] = ValueError("broken on purpose")
    done = run()
    assert set(kept(pack)) == {"table-1/bright/error"}
    assert all("broken on purpose" in why for why in done.missing.values())


def sampled(**files):
    """The pack with a sampling margin for the distortions."""
    table = fakes.CLAIMS.replace("margin: {absolute: 0.05,", "margin: {sampling: {images: 12},")
    assert table != fakes.CLAIMS
    return {"table": table, **files}


def test_an_audit_judges_by_the_pilot_s_spread(run, audit, pack):
    narrow = verdict(audit(files=sampled()))
    run(files=sampled())
    shown = kept(pack)["table-1/bright/distortion"]
    wide = verdict(audit(files=sampled()))
    drawn = shown.images_sd**2 / shown.images  # what drawing so many images adds to the variance between our own runs
    between = max(shown.sd**2 - drawn, 0)
    assert wide.margin == pytest.approx(1.96 * np.sqrt(shown.images_sd**2 / 12 + between))
    assert "There are no pilot runs" in narrow.sentence
    assert "pilot" not in wide.sentence


def verdict(audited, claim="table-1/bright/distortion"):
    return next(each for each in audited.verdicts if each.claim == claim)


def test_a_pilot_out_of_date_is_told_before_the_audit_and_not_used(run, audit):
    run(files=sampled())
    told = fakes.Told()
    audited = audit(files=sampled(models=NOISIER), display=told)
    (said,) = [line for line in told.said if "pilot" in line]
    assert said.startswith("The pilot of 3 claims is out of date and ignored: section-2/transfers, ")
    assert "--pilot --device cpu --out" in said
    assert said.endswith("` renews it.")
    assert "The pilot runs are out of date" in verdict(audited).sentence
    run(files=sampled(models=NOISIER))
    told.said.clear()
    assert "pilot" not in verdict(audit(files=sampled(models=NOISIER), display=told)).sentence
    assert told.said == []


def test_a_pilot_under_another_budget_names_that_budget_in_the_command(run, audit):
    run()
    told = fakes.Told()
    audit(budget="full", display=told)
    assert any("--budget full --pilot --device cpu" in line for line in told.said)


def test_a_rehearsal_says_nothing_of_pilots(run, audit):
    run()
    told = fakes.Told()
    audit(budget="rehearsal", display=told)
    assert told.said == []


def test_the_file_holds_no_path_of_the_machine(run, pack, tmp_path):
    run()
    assert str(tmp_path) not in (pack / "pilot.yaml").read_text()


def test_a_pilot_of_other_readings_is_refused(tmp_path):
    pack = fakes.write_pack(tmp_path / "fakes")
    with pytest.raises(UsageError, match="leave out one of the two"):
        pilot([pack], Options(readings="all", store=tmp_path / "store"))


def test_the_pilot_that_comes_with_quickstart_is_in_date():
    (prepared,) = prepare([Path(__file__).parents[1] / "specs" / "quickstart"], Options(device="cpu"))
    assert prepared.spec.paper.pilot
    assert prepared.outdated == ""

import errno
import hashlib
import os
import shutil
from dataclasses import replace

import fakes
import numpy as np
import pytest

from harness.errors import ContractError, Infeasible, StoreError, WeightsMissing
from harness.examples import Value
from harness.plan import Verb
from harness.planner import make_plan
from harness.record.measurement import Missing
from harness.run.deadline import Deadline
from harness.run.environment import find_environment
from harness.run.executor import Executor
from harness.spec.reading.load import load
from harness.store import ARRAYS, ENTRY, Store


@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    with fakes.registered(monkeypatch):
        yield


@pytest.fixture
def executor(tmp_path):
    def make(*, deadline=None, files=None, display=None, claims=None):
        spec = load(fakes.write_pack(tmp_path / "pack", **(files or {})))
        chosen = [claim for claim in spec.paper.claims if claims is None or claim.id in claims]
        plan = make_plan(spec, chosen, (1, 2, 3))
        store = Store(tmp_path / "store", "fake-cpu")
        return Executor(plan, store, find_environment("cpu"), (), display or fakes.Told(), deadline or Deadline())

    return make


def values(done):
    return {key: done.stored(key) for key in done.plan.all_keys}


def test_every_claim_has_a_value_after_a_run(executor):
    with executor() as done:
        done.run()
    assert all(isinstance(value, Value) for value in values(done).values())


def test_a_second_run_does_nothing(executor):
    with executor() as first:
        first.run()
    fakes.CALLS.clear()
    with executor() as second:
        second.run()
    assert not fakes.CALLS
    assert values(second) == values(first)


def test_a_stored_measure_needs_nothing_below_it(executor):
    with executor() as first:
        first.run()
    for verb in (Verb.TRAIN, Verb.CRAFT, Verb.SELECT):
        for job in (job for job in first.plan.jobs.values() if job.verb is verb):
            (first.store.folder(verb, job.key) / ENTRY).unlink()
    fakes.CALLS.clear()
    with executor() as second:
        second.run()
    assert not fakes.CALLS


class _Own(BaseException):
    """What a library of another package may raise."""


@pytest.mark.parametrize("error", [ValueError, SystemExit, _Own])
def test_a_failing_job_takes_only_its_own_claims_with_it(executor, error):
    fakes.FAIL["alike"] = error("broken on purpose")
    prose = fakes.PROSE.replace("attack: flip, relation: all", "attack: alike, relation: all")
    told = fakes.Told()
    with executor(files={"prose": prose}, display=told) as done:
        done.run()
    for claim, rows in done.plan.wants.items():
        kinds = {type(done.stored(key)) for row in rows for key in row.keys}
        assert kinds == ({Missing} if claim == "section-2/found" else {Value})
    assert "broken on purpose" in done.stored(done.plan.wants["section-2/found"][0].measured[0]).sentence
    assert any("traceback in" in sentence for sentence in told.said)


def test_a_failing_job_is_tried_once_however_many_claims_need_it(executor):
    fakes.FAIL["train"] = ValueError("broken on purpose")
    with executor() as done:
        done.run()
    trainings = [job for job in done.plan.jobs.values() if job.verb is Verb.TRAIN]
    assert fakes.CALLS["train"] == len(trainings)


def test_a_reason_the_job_gives_reaches_the_claim_word_for_word(executor):
    fakes.FAIL["load"] = Infeasible("no machine is large enough; borrow one")
    with executor() as done:
        done.run()
    assert {value.reason for value in values(done).values()} == {"infeasible"}
    assert {value.sentence for value in values(done).values()} == {"No machine is large enough; borrow one."}


def test_the_backend_is_not_brought_up_where_the_data_are_missing(executor, monkeypatch):
    def forbidden(_):
        raise AssertionError

    monkeypatch.setattr("harness.run.executor.computing", forbidden)
    paper = fakes.PAPER.replace("points: {kind: fake-points}", "points: {kind: fake-absent}")
    with executor(files={"paper": paper}) as done:
        done.run()
    assert {value.reason for value in values(done).values()} == {"data-missing"}


def test_what_a_training_lacks_is_told_before_its_images_are_looked_for(executor, monkeypatch):
    def beforehand(self, folders):
        raise WeightsMissing("no file w.npz")

    monkeypatch.setattr(fakes.Brightness, "beforehand", beforehand)
    paper = fakes.PAPER.replace("points: {kind: fake-points}", "points: {kind: fake-absent}")
    with executor(files={"paper": paper}, claims={"table-1/bright/distortion"}) as done:
        done.run()
    assert {(value.reason, value.sentence) for value in values(done).values()} == {
        ("weights-missing", "No file w.npz.")
    }


def test_a_result_that_cannot_be_is_invalid(executor, monkeypatch):
    monkeypatch.setattr(
        fakes.Brightness, "train", lambda *_, **__: fakes.Trained({"threshold": fakes.np.float64("nan")})
    )
    with executor() as done:
        done.run()
    assert {value.reason for value in values(done).values()} == {"invalid"}


def test_past_the_deadline_no_job_is_begun(executor):
    with executor(deadline=Deadline.after(-1)) as done:
        done.run()
    assert {value.reason for value in values(done).values()} == {"time-limit"}
    assert not fakes.CALLS["train"]


def test_a_job_longer_than_what_is_left_is_begun_only_if_nothing_else_was_done(executor, monkeypatch):
    monkeypatch.setattr(fakes.Brightness, "seconds", 1e6)
    with executor(deadline=Deadline.after(60)) as done:
        done.run()
    assert fakes.CALLS["train"] == 1
    reasons = {value.reason for value in values(done).values() if isinstance(value, Missing)}
    assert reasons == {"time-limit"}


def test_a_long_job_is_not_begun_where_an_earlier_pack_was_worked_on(executor, monkeypatch):
    monkeypatch.setattr(fakes.Brightness, "seconds", 1e6)
    deadline = Deadline.after(60)
    deadline.worked = True
    with executor(deadline=deadline) as done:
        done.run()
    assert not fakes.CALLS["train"]


def test_what_the_deadline_cut_off_is_done_by_the_next_run(executor):
    with executor(deadline=Deadline.after(-1)) as cut:
        cut.run()
    with executor() as done:
        done.run()
    assert all(isinstance(value, Value) for value in values(done).values())


def test_an_interrupt_keeps_what_was_finished(executor):
    fakes.FAIL["craft"] = KeyboardInterrupt
    with executor() as cut, pytest.raises(KeyboardInterrupt):
        cut.run()
    fakes.FAIL.clear()
    trained = fakes.CALLS["train"]
    assert trained
    with executor() as done:
        done.run()
    assert fakes.CALLS["train"] == len([job for job in done.plan.jobs.values() if job.verb is Verb.TRAIN])


@pytest.mark.parametrize("verb", [Verb.TRAIN, Verb.SELECT, Verb.CRAFT, Verb.MEASURE])
@pytest.mark.parametrize("name", [ENTRY, ARRAYS])
def test_a_damaged_result_is_computed_again_with_the_same_value_and_said_so(executor, verb, name):
    with executor() as first:
        first.run()
    before = values(first)
    for job in first.plan.jobs.values():
        folder = first.store.folder(job.verb, job.key)
        if job.verb is verb and (folder / name).exists():
            (folder / name).write_bytes(b"damaged")
        elif list(Verb).index(job.verb) > list(Verb).index(verb):
            (folder / ENTRY).unlink()
    told = fakes.Told()
    with executor(display=told) as second:
        second.run()
    assert values(second) == before
    if (verb, name) != (Verb.MEASURE, ARRAYS):
        assert any("is damaged" in sentence and "is computed again" in sentence for sentence in told.said)


def test_data_that_changed_under_a_store_are_refused(executor, monkeypatch):
    with executor(claims={"table-1/bright/error"}) as first:
        first.run()
    monkeypatch.setattr(fakes.Points.model_fields["shift"], "default", 0.0)
    original = fakes.Points.load
    monkeypatch.setattr(
        fakes.Points,
        "load",
        lambda self, folders, **_: {k: v.take(v.index[::-1]) for k, v in original(self, folders).items()},
    )
    with executor(claims={"table-1/bright/distortion"}) as second:
        second.run()
    assert {value.reason for value in values(second).values()} == {"invalid"}
    assert "restore the data" in next(iter(values(second).values())).sentence


def test_a_store_that_cannot_be_written_ends_the_run_with_a_clear_message(executor):
    done = executor()
    done.store.root.write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="give another --store"), done:
        done.run()


def test_recorded_durations_replace_the_hint_for_the_runs_to_come(executor):
    with executor(claims={"table-1/bright/error"}) as first:
        first.run()
    again = executor()
    halved = next(job for job in again.plan.jobs.values() if job.name == "halved")
    bright = next(job for job in again.plan.jobs.values() if job.name == "bright")
    assert again.costs.of(bright) < 0.5
    assert again.costs.of(halved) < 0.5 < halved.recipe.seconds  # of its kind, which keeps to less than its hint


def test_durations_outlive_a_process_that_is_killed(executor):
    """Nothing is left for the end: a process that is killed has none."""
    fakes.FAIL["craft"] = KeyboardInterrupt
    cut = executor()
    with pytest.raises(KeyboardInterrupt):
        cut.run()  # not entered, so that nothing is done on leaving
    again = executor()
    trained = [job for job in again.plan.jobs.values() if job.verb is Verb.TRAIN and cut.store.has(job.verb, job.key)]
    assert trained
    assert all(again.costs.of(job) < 0.5 < job.recipe.seconds for job in trained)


def test_claims_are_measured_cheapest_first_and_what_was_shared_makes_others_cheaper(executor, monkeypatch):
    """The table's second row is the cheapest; its attack then costs less than the first row, though it was dearer."""
    monkeypatch.setattr(fakes.Brightness, "seconds", property(lambda model: 10.0 if model.noise else 25.0))
    monkeypatch.setattr(fakes.Flip, "seconds", 8.0)  # for a thousand images
    done = executor()
    hints = {claim: done.costs.left(done.plan.keys(claim)) for claim in done.plan.wants}
    assert hints["table-1/sure/error"] < hints["table-1/bright/error"] < hints["table-1/sure/distortion"]
    order = []
    done.after_measure = lambda: order.append(
        {claim for claim in done.plan.wants if all(done.store.has(Verb.MEASURE, key) for key in done.plan.keys(claim))}
    )
    with done:
        done.run()
    first = list(dict.fromkeys(claim for there in order for claim in sorted(there)))
    assert first[:3] == ["table-1/sure/error", "table-1/sure/distortion", "table-1/bright/error"]


def test_the_first_job_is_begun_even_where_reading_the_data_took_all_the_time(executor, monkeypatch):
    deadline = Deadline.after(60)
    load = fakes.Points.load

    def slow(self, folders, **given):
        deadline.at = 0.0
        return load(self, folders, **given)

    monkeypatch.setattr(fakes.Points, "load", slow)
    with executor(deadline=deadline) as done:
        done.run()
    assert fakes.CALLS["train"] == 1


def test_a_long_job_does_not_keep_the_short_ones_from_being_done(executor, monkeypatch):
    monkeypatch.setattr(fakes.Flip, "seconds", 1e6)
    with executor(deadline=Deadline.after(600)) as done:
        done.run()
    for claim, rows in done.plan.wants.items():
        kinds = {type(done.stored(key)) for row in rows for key in row.keys}
        assert (Missing in kinds) is not claim.endswith("/error"), claim
    assert fakes.CALLS["craft"] == 0


@pytest.mark.parametrize("verb", [Verb.FETCH, Verb.TRAIN, Verb.SELECT, Verb.CRAFT])
def test_a_damaged_result_that_no_value_needs_any_more_is_computed_again_too(executor, verb):
    """The record tells whether a training settled and how many examples were found: those facts must be whole."""
    with executor() as first:
        first.run()
    before = values(first)
    hurt = next(job for job in first.plan.jobs.values() if job.verb is verb)
    (first.store.folder(verb, hurt.key) / ENTRY).write_bytes(b"")
    told = fakes.Told()
    with executor(display=told) as second:
        assert not second.all_stored
        second.run()
        assert second.all_stored
    assert values(second) == before
    assert [s for s in told.said if f"{hurt.name} is computed again" in s]
    assert not first.store.is_damaged(verb, hurt.key)


def test_a_job_that_fails_is_said_to_though_its_traceback_cannot_be_kept(executor):
    fakes.FAIL["train"] = OSError(5, "Input/output error")
    told = fakes.Told()
    done = executor(display=told)
    done.store.root.mkdir()
    (done.store.root / "log").write_text("a file where the folder should be")
    with done:
        done.run()
    assert {value.reason for value in values(done).values()} == {"failed"}
    assert all("Input/output error" in value.sentence for value in values(done).values())
    assert any("no traceback" in sentence for sentence in told.said)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_job_that_finds_the_disk_full_ends_the_run_with_what_to_do(executor, number):
    fakes.FAIL["train"] = OSError(number, os.strerror(number), "scratch/x")
    with pytest.raises(StoreError, match=r"cannot write scratch/x: .*; free some space"), executor() as done:
        done.run()


def test_a_full_disk_ends_the_run_and_keeps_what_was_finished(executor, monkeypatch):
    done = executor()
    save, saved = Store.save, []

    def filling(self, verb, key, entry, **how):
        if len(saved) == 5:
            raise StoreError("no space left; free some space")
        save(self, verb, key, entry)
        saved.append((verb, key))

    monkeypatch.setattr(Store, "save", filling)
    with pytest.raises(StoreError, match="free some space"), done:
        done.run()
    monkeypatch.undo()
    assert all(done.store.load(verb, key) is not None for verb, key in saved)


class Exhausted(Exception):
    """As a backend raises it."""


Exhausted.__module__ = "tensorflow.python.framework.errors_impl"
Exhausted.__name__ = "ResourceExhaustedError"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("Unable to allocate 745. GiB for an array"),
        Exhausted("OOM when allocating tensor with shape[1] " + "and more of the allocator's report " * 500),
    ],
    ids=["Python", "NumPy", "backend"],
)
def test_a_job_without_enough_memory_is_one_sentence_and_the_others_go_on(executor, error):
    fakes.FAIL["craft"] = error
    told = fakes.Told()
    with executor(display=told) as done:
        done.run()
    missing = [value for value in values(done).values() if isinstance(value, Missing)]
    assert {value.reason for value in missing} == {"infeasible"}
    for value in missing:
        assert value.sentence.startswith("Not enough memory for craft ")
        assert "fewer images" in value.sentence
        assert len(value.sentence) < 300
    assert any(isinstance(value, Value) for value in values(done).values())
    assert not (done.store.root / "log").exists()
    assert all(len(sentence) < 300 for sentence in told.said)


def test_an_error_that_only_speaks_of_memory_is_no_lack_of_it(executor):
    fakes.FAIL["train"] = ValueError("out of memory of the past")
    with executor() as done:
        done.run()
    assert "failed" in {value.reason for value in values(done).values()}


def test_notes_that_cannot_be_used_are_forgotten_and_the_training_begins_anew(executor, monkeypatch):
    """They are whole, but of another shape than the training takes: only whoever crafted them knows why."""
    train, tries = fakes.Brightness.train, []

    def noting(self, *, journal, **inputs):
        tries.append([note["state"].shape for note in journal.notes()])
        if tries[-1]:
            raise KeyError("weights")
        return train(self, **inputs)

    monkeypatch.setattr(fakes.Brightness, "train", noting)
    told = fakes.Told()
    with executor(display=told) as done:
        for job in done.plan.jobs.values():
            if job.verb is Verb.TRAIN:
                done._journal(job).note(state=np.zeros(3))
        done.run()
    assert all(isinstance(value, Value) for value in values(done).values())
    assert tries == [[(3,)], []] * (len(tries) // 2)
    assert any(
        "its checkpoints cannot be used (KeyError); it starts from the beginning" in sentence for sentence in told.said
    )


def test_a_training_whose_notes_fill_the_disk_goes_on_without_them_and_says_so(executor, monkeypatch):
    train = fakes.Brightness.train

    def noting(self, *, journal, **inputs):
        journal.note(state=np.zeros(3))
        return train(self, **inputs)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fakes.Brightness, "train", noting)
    monkeypatch.setattr("harness.journal.FileJournal._append", full)
    told = fakes.Told()
    with executor(display=told) as done:
        done.run()
    assert all(isinstance(value, Value) for value in values(done).values())
    assert any("no checkpoints are kept (No space left on device)" in sentence for sentence in told.said)
    assert not [path for path in done._journals.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("verb", "arrays"),
    [
        (Verb.TRAIN, {}),
        (Verb.TRAIN, {"threshold": np.float64(0.5), "more": np.ones(2)}),
        (Verb.SELECT, {}),
        (Verb.SELECT, {"rows": np.zeros((2, 2), np.int64)}),
        (Verb.SELECT, {"rows": np.array([-1])}),
        (Verb.CRAFT, {"images": np.zeros(3)}),
        (Verb.CRAFT, {"images": np.zeros((2, 2, 2, 1), np.float32), "labels": np.zeros(2, np.int64)}),
    ],
)
def test_a_stored_result_of_another_shape_is_named_and_computed_again(executor, verb, arrays, monkeypatch):
    with executor() as first:
        first.run()
    before = values(first)

    def strict(self, trained, **_):
        if set(trained.weights) != {"threshold"}:
            raise ValueError("expected the weights threshold")
        return fakes.Threshold(trained.weights)

    monkeypatch.setattr(fakes.Brightness, "victim", strict)
    hurt = next(job for job in first.plan.jobs.values() if job.verb is verb)
    entry = first.store.load(verb, hurt.key)
    shutil.rmtree(first.store.folder(verb, hurt.key))  # what is stored is never replaced
    first.store.save(verb, hurt.key, replace(entry, arrays=arrays))
    for job in first.plan.jobs.values():
        if job.verb is Verb.MEASURE or (job.verb is Verb.CRAFT and verb is not Verb.CRAFT):
            shutil.rmtree(first.store.folder(job.verb, job.key))
    told = fakes.Told()
    with executor(display=told) as second:
        second.run()
    assert values(second) == before
    assert any(hurt.key in sentence and "is damaged" in sentence for sentence in told.said)


@pytest.mark.parametrize("kind", ["FIFO", "link", "broken link", "infinite", "text"])
def test_odd_files_in_the_places_of_seconds_and_logs_are_no_hang_and_no_loss(executor, kind, tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("precious")
    done = executor()
    fakes.FAIL["craft"] = ValueError("broken on purpose")
    seconds = done.store.root / done.store.platform / "seconds.json"
    seconds.parent.mkdir(parents=True)
    if kind == "FIFO":
        os.mkfifo(seconds)
    elif kind.startswith("link"):
        seconds.symlink_to(mine if kind == "link" else tmp_path / "nowhere")
    else:
        seconds.write_text('{"a": 1e999}' if kind == "infinite" else '{"a": "long", "b": [')
    (done.store.root / "log").mkdir()
    for job in done.plan.jobs.values():
        name = hashlib.sha256(job.key.encode()).hexdigest()[:12]
        (done.store.root / "log" / f"{name}.txt").symlink_to(mine)
    with done:
        done.run()
    assert mine.read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


def test_a_message_that_holds_an_array_is_cut_in_the_sentence_and_on_the_screen(executor):
    fakes.FAIL["train"] = ValueError(f"bad weights {list(range(100_000))} in the end")
    told = fakes.Told()
    with executor(display=told) as done:
        done.run()
    sentences = {value.sentence for value in values(done).values()}
    assert all(len(sentence) < 800 for sentence in [*sentences, *told.said])
    assert all("bad weights [0, 1" in sentence and "in the end" in sentence for sentence in sentences)


@pytest.mark.parametrize("error", [ContractError, Infeasible])
def test_a_long_reason_is_cut_whoever_gives_it(executor, error):
    fakes.FAIL["train"] = error("x" * 100_000)
    with executor() as done:
        done.run()
    assert all(len(value.sentence) < 800 for value in values(done).values())


def test_a_failure_is_told_once_however_many_runs_fail_alike(executor):
    fakes.FAIL["train"] = ValueError("no")
    told = fakes.Told()
    with executor(display=told) as done:
        done.run()
    names = {job.name for job in done.plan.jobs.values() if job.verb is Verb.TRAIN}
    assert len([sentence for sentence in told.said if "failed" in sentence]) == len(names)
    assert not [sentence for sentence in told.said if "failed with ValueError: no" in sentence]  # the verdict says it


def test_a_job_of_an_outside_package_names_the_package_and_one_of_harness_s_does_not(executor, monkeypatch):
    monkeypatch.setattr(fakes.Brightness, "offered_by", ("bright-kinds", "1.2"))
    with executor() as done:
        done.run()
    facts = {job.recipe.kind: done.store.load(job.verb, job.key, arrays=False).facts for job in done.plan.jobs.values()}
    assert facts["fake-brightness"]["package"] == "bright-kinds 1.2"
    assert facts["fake-flip"]["package"] == "fakes (not installed)"
    assert "package" not in facts["error-rate"]
    assert "package" not in facts["sample"]


def test_a_sample_s_number_of_images_and_of_those_there_were_are_kept(executor):
    with executor() as done:
        done.run()
    chosen = [job for job in done.plan.jobs.values() if job.verb is Verb.SELECT]
    bodies = [done.store.load(job.verb, job.key, arrays=False).body for job in chosen]
    assert bodies
    assert all(body["images"] == 12 <= body["of"] <= 40 for body in bodies)


def test_a_split_of_another_shape_than_the_model_s_is_refused_at_the_door(executor, monkeypatch):
    """A victim that checks nothing itself would call three grey pixels one of colour."""

    def load(self, folders, **inputs):
        return {"train": self._split(fakes.np.random.default_rng(0)), "test": wide(self)}

    def wide(data):
        split = data._split(fakes.np.random.default_rng(1))
        return fakes.Examples(split.images.repeat(3, axis=3), split.labels, split.index)

    monkeypatch.setattr(fakes.Points, "load", load)
    monkeypatch.setattr("harness.kinds.dataset.check_splits", lambda splits, *_, **__: splits)
    with executor() as done:
        done.run()
    found = [value for value in values(done).values() if isinstance(value, Missing)]
    assert found
    assert all("found images of 2×2×3, but the model takes images of 2×2×1" in value.sentence for value in found)


def test_a_model_that_is_no_victim_is_named(executor, monkeypatch):
    monkeypatch.setattr(fakes.Brightness, "victim", lambda self, trained, **inputs: None)
    with executor() as done:
        done.run()
    assert all("fake-brightness: expected a Victim" in value.sentence for value in values(done).values())

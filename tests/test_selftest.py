"""The self-audit audited: it finds every defect, and says so where the judge overlooks one."""

import re
from dataclasses import replace

import fakes
import numpy as np
import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.errors import UsageError
from harness.judge.statistics import REPRODUCED
from harness.kinds.registry import kinds
from harness.selftest import defects, pack, plants, selftest
from harness.selftest.bench import Bench, Edit
from harness.store import ARRAYS
from harness.streams import Streams

CLAIM = """
title: One claim
source: {section: "1"}
claims:
  error: {says: Errs., metric: error-rate, data: points/test, model: bright, unit: "%", printed: "0.0", margin: {absolute: 5.0, because: a test of one kind}}
"""
ON_FAKES = [
    each
    for each in defects.DEFECTS
    if each.plant in {plants.wrong_number, plants.shared_seed, plants.flipped_bit, plants.changed_digit}
]


def unchecked(folder, digest):
    """Read arrays from the store without asking whether they are those that were written."""
    if digest is None:
        return {}
    with np.load(folder / ARRAYS) as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.fixture
def on_fakes(monkeypatch):
    """Plant the defects that can be planted in any pack in a pack of fakes, in milliseconds."""

    def sound(folder):
        paper = fakes.PAPER.replace("{kind: fake-points}", "{kind: fake-points, size: 400}")
        written = fakes.write_pack(folder / "pack" / "fakes", paper=paper)
        (written / "claims" / "selftest.yaml").write_text(CLAIM)
        return Bench(folder, written, folder / "store")

    monkeypatch.setattr("harness.selftest.story.sound", sound)
    monkeypatch.setattr("harness.selftest.story.DEFECTS", tuple(ON_FAKES))
    with fakes.registered(monkeypatch):
        yield


def overlooked():
    return {trial.defect.plant for trial in selftest() if not trial.caught}


@pytest.mark.slow
def test_every_planted_defect_flips_the_right_verdict_of_the_quickstart_pack_for_the_right_reason(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["selftest"])
    assert result.exit_code == 0, result.output
    assert f"{len(defects.DEFECTS)} of {len(defects.DEFECTS)} defects caught" in result.output
    assert "NOT CAUGHT" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_defects_of_streams_store_record_and_pack_are_caught_in_a_pack_of_fakes_too(on_fakes):
    assert len(ON_FAKES) == 4
    assert overlooked() == set()


@pytest.mark.parametrize(
    ("detector", "blind", "plant"),
    [
        ("harness.judge.eligibility.shared_draw", lambda *_: None, plants.shared_seed),
        ("harness.record.file._sha256", lambda *_: "any", plants.changed_digit),
        ("harness.judge.relations.decide", lambda *_, **__: np.int8(REPRODUCED), plants.wrong_number),
        ("harness.store._read_arrays", unchecked, plants.flipped_bit),
    ],
    ids=["gate", "checksum", "statistics", "store"],
)
def test_a_defect_that_a_blind_detector_overlooks_makes_the_selftest_fail_and_no_other(
    on_fakes, monkeypatch, detector, blind, plant
):
    monkeypatch.setattr(detector, blind)
    assert overlooked() == {plant}


def test_what_was_not_caught_is_said_with_what_was_expected_and_exit_status_1(on_fakes, monkeypatch):
    monkeypatch.setattr("harness.judge.eligibility.shared_draw", lambda *_: None)
    result = CliRunner().invoke(main, ["selftest"])
    assert result.exit_code == 1, result.output
    told = " ".join(result.output.split())
    assert "3 of 4 defects caught" in told
    assert "NOT CAUGHT, runs that share a seed: expected REPRODUCED within-margin, then NOT_RUN invalid" in told


def test_a_detector_that_fires_on_the_sound_pack_too_is_no_detector(on_fakes, monkeypatch):
    monkeypatch.setattr("harness.judge.eligibility.shared_draw", lambda *_: "The runs share a seed.")
    assert plants.shared_seed in overlooked()


def test_the_right_verdict_for_another_cause_is_not_caught(on_fakes, monkeypatch):
    monkeypatch.setattr("harness.judge.eligibility.shared_draw", lambda measurement, jobs: None)
    whole = plants.shared_seed

    def broken(bench, before):
        return replace(whole(bench, before), outcome="NOT_RUN", reason="invalid")

    other = replace(next(each for each in ON_FAKES if each.plant is whole), plant=broken)
    monkeypatch.setattr("harness.selftest.story.DEFECTS", (other,))
    assert overlooked() == {broken}


def test_nothing_of_a_selftest_outlives_it(on_fakes, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before, honest = kinds("datasets"), Streams.rng
    selftest()
    assert kinds("datasets") == before
    assert Streams.rng is honest
    assert list(tmp_path.iterdir()) == []


def test_streams_deaf_to_the_run_end_with_their_context():
    def drawn():
        return [Streams(7, run).rng("weights").random() for run in (1, 2)]

    honest = drawn()
    with plants.one_seed():
        assert len(set(drawn())) == 1
    assert drawn() == honest
    assert len(set(honest)) == 2


def test_the_defective_data_sets_differ_from_the_sound_one_in_their_defect_alone():
    from harness.selftest.tampered import LeakedTest, SwappedLabels

    rng = np.random.default_rng(0)
    of = {
        name: fakes.Examples(rng.random((20, 2, 2, 1), np.float32), np.arange(20) % 10, np.arange(20))
        for name in ("train", "test")
    }
    swapped, leaked = SwappedLabels(of="x")((), of=of), LeakedTest(of="x")((), of=of)
    wrong = swapped["train"].labels != of["train"].labels
    assert of["train"].labels[wrong].tolist() == [3, 5, 3, 5]
    assert swapped["train"].labels[wrong].tolist() == [5, 3, 5, 3]
    assert leaked["train"].labels.tolist() == [*of["train"].labels, *of["test"].labels]
    assert np.array_equal(leaked["train"].images[20:], of["test"].images)
    for made in (swapped["test"], leaked["test"]):
        assert np.array_equal(made.images, of["test"].images)
        assert np.array_equal(made.labels, of["test"].labels)


def test_a_defect_whose_line_the_pack_no_longer_has_is_said_so(tmp_path):
    bench = Bench(tmp_path, fakes.write_pack(tmp_path / "pack" / "fakes"), tmp_path / "store")
    with pytest.raises(UsageError, match=re.escape("expected 'digits: 1' once in paper.yaml")):
        bench.edited(Edit("paper.yaml", "digits: 1", "digits: 2"))


def test_an_installation_without_the_pack_is_said_so(tmp_path, monkeypatch):
    (tmp_path / "harness").mkdir()
    monkeypatch.setattr("harness.__file__", str(tmp_path / "harness" / "__init__.py"))
    with pytest.raises(UsageError, match="the quickstart pack is missing"):
        pack.quickstart_folder()

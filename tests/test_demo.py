"""The demonstration: real runs, real verdicts, known from theory, and no backend."""

from __future__ import annotations

import math

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.demo import demo
from harness.demo import pack as packs
from harness.demo.blobs import Blobs
from harness.judge.outcome import Outcome
from harness.kinds import registry


@pytest.fixture(scope="module")
def done():
    return demo()


def test_the_right_number_is_reproduced_and_the_wrong_one_is_not(done):
    assert (done.right.outcome, done.wrong.outcome) == (Outcome.REPRODUCED, Outcome.NOT_REPRODUCED)
    assert done.caught


def test_both_verdicts_are_on_the_same_measured_runs(done):
    assert done.right.mean == done.wrong.mean
    assert done.right.mean == pytest.approx(math.fsum(done.values) / 3)
    assert len(set(done.values)) == 3


def test_the_right_number_is_the_least_error_there_can_be_of_such_data():
    apart = Blobs.model_fields["apart"].default
    least = 50 * math.erfc(apart / 2 / math.sqrt(2))
    assert f"{least:.1f}" == packs.RIGHT


def test_no_classifier_is_better_than_theory_allows_beyond_chance(done):
    chance = 100 * math.sqrt(0.1 * 0.9 / 4000)
    assert all(10 - 4 * chance < value < 12 + 4 * chance for value in done.values)


def test_the_demonstration_s_kinds_are_gone_when_it_has_ended(done):
    assert not [kind for group in ("datasets", "models") for kind in registry.kinds(group) if kind.startswith("demo")]


def test_nothing_is_left_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    demo()
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_claim_runs_and_both_verdicts_and_ends_with_0():
    ended = CliRunner().invoke(main, ["demo"])
    assert ended.exit_code == 0, ended.output
    assert 'printed: "10.0"' in ended.output
    assert "10.0 %: REPRODUCED" in ended.output
    assert "1.0 %: NOT_REPRODUCED" in ended.output
    assert "worse than printed" in " ".join(ended.output.split())


def test_the_command_ends_with_1_where_the_wrong_number_is_not_caught(monkeypatch):
    monkeypatch.setattr("harness.demo.story.WRONG", "10.1")
    ended = CliRunner().invoke(main, ["demo"])
    assert ended.exit_code == 1
    assert "NOT CAUGHT" in ended.output

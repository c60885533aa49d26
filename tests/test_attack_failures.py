"""The reasons why an attack failed, from the attack to the record, the sentence of the verdict and the report."""

import contextlib

import fakes
import numpy as np
import pytest

from harness.examples import AttackFailure
from harness.judge.failing import WORDS, failures_in_words
from harness.pipeline import verify
from harness.prepared import Options
from harness.record.file import read
from harness.report.folder import render

LOST = 2


@pytest.fixture
def audited(monkeypatch, tmp_path):
    """An audit in which the attack runs out of values of c on the first two images."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(fakes.registered(monkeypatch))
        flip = fakes.Flip.run

        def fails(self, victim, clean, streams, watch, **inputs):
            made = flip(self, victim, clean, streams, watch, **inputs)
            lost = np.arange(len(made)) < LOST
            failure = np.where(lost, np.int8(AttackFailure.BUDGET), np.int8(AttackFailure.NONE))
            return clean.take(np.arange(len(made))).crafted(made.images, made.found & ~lost, failure)

        monkeypatch.setattr(fakes.Flip, "run", fails)
        monkeypatch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))
        pack = fakes.write_pack(tmp_path / "specs" / "fakes")
        yield verify([pack], Options(device="cpu", out=tmp_path / "reports", store=tmp_path / "store"))[0]


def test_reasons_reach_the_record_the_sentence_and_the_table_of_runs(audited):
    record = read(audited.folder / "record" / "results.json")
    attacked = {
        claim: [run.measured for run in measurement.runs]
        for claim, measurement in record.measurements.items()
        if measurement.runs and measurement.runs[0].measured.found is not None
    }
    assert attacked
    for sides in attacked.values():
        # A mean over several models counts the failures on each of them.
        assert all(side.failures == {"budget": LOST * len(side.keys)} for side in sides)
        assert all(side.found == pytest.approx(1 - LOST / 12) for side in sides)
    said = [verdict.sentence for verdict in audited.verdicts if WORDS["budget"] in verdict.sentence]
    assert said
    assert any(f"({WORDS['budget']}: {3 * LOST})" in sentence for sentence in said)
    assert f"(budget {LOST})" in (audited.folder / "index.html").read_text()


def test_every_reason_has_words_and_an_unknown_one_is_shown_as_it_is():
    assert set(WORDS) == {each.code for each in AttackFailure if each}
    assert failures_in_words({"budget": 1, "unreached": 5, "later": 1}) == (
        f"{WORDS['unreached']}: 5; {WORDS['budget']}: 1; later: 1"
    )
    assert not failures_in_words({})

"""Runs beyond the last look are refused before any is made."""

import fakes
import pytest

from harness.errors import UsageError
from harness.pipeline import prepare, verify
from harness.prepared import Options

pytestmark = pytest.mark.usefixtures("fakes_without_pdf")


@pytest.fixture
def pack(tmp_path):
    return fakes.write_pack(tmp_path / "specs" / "fakes")


def options(tmp_path, **given):
    return Options(device="cpu", out=tmp_path / "reports", store=tmp_path / "store", **given)


def test_more_runs_than_the_last_look_are_refused_with_the_repair_and_nothing_is_run(pack, tmp_path):
    with pytest.raises(UsageError, match="--runs 11: fakes tests its claims at 3, 5, 10 runs") as told:
        verify([pack], options(tmp_path, runs=11))
    assert "write --runs 10, or, before any run is made, looks: [3, 5, 10, 11] in the budget 'audit'" in str(told.value)
    assert not (tmp_path / "store").exists()
    assert not (tmp_path / "reports").exists()


def test_as_many_runs_as_the_last_look_and_any_number_in_a_rehearsal_are_made(pack, tmp_path):
    assert prepare([pack], options(tmp_path, runs=10))
    assert prepare([pack], options(tmp_path, runs=11, budget="rehearsal"))


def test_the_record_keeps_the_looks_it_is_judged_by(pack, tmp_path):
    from harness.judge import judge
    from harness.record.file import read

    paper = pack / "paper.yaml"
    paper.write_text(paper.read_text().replace("audit: {runs: 3}", "audit: {runs: 3, looks: [4]}"))
    assert "looks: [4]" in paper.read_text()
    (verified,) = verify([pack], options(tmp_path))
    record = read(verified.folder)
    assert record.paper.looks == (4,)
    random = [each for each in judge(record) if each.n > 1 and each.relation != "all"]
    assert {each.reason for each in random if each.outcome != "NOT_COMPARABLE"} == {"too-few-runs"}

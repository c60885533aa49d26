import pytest
from scripts import told_by_script

KILLS = 30


@pytest.mark.slow
def test_killed_at_30_random_moments_nothing_stored_is_done_again_and_the_values_are_those_of_an_undisturbed_run(
    tmp_path,
):
    seen = told_by_script("killings.py", tmp_path, KILLS)
    assert seen["killed"] == KILLS
    assert seen["drafts"] > 0, "no kill hit a write: this test shows nothing"
    assert 0 < seen["stored"] < seen["jobs"], "the kills do not reach across the work"
    assert seen["redone"] == 0
    assert seen["equal"]
    assert seen["claims"] == 6
    assert seen["left"] == []

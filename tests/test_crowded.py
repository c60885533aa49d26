import pytest
from scripts import told_by_script

TRIALS = 6


@pytest.mark.slow
def test_of_eight_workers_some_are_killed_at_random_and_each_job_is_stored_once_with_the_values_of_an_undisturbed_run(
    tmp_path,
):
    seen = told_by_script("crowds.py", tmp_path, TRIALS)
    for each in seen.values():
        assert each["trials"] == each["equal"] == each["each once"] == TRIALS // 2
        assert each["killed"] > 0
        # A kill may come between the publication of a result and the line in the log that tells of it.
        assert each["jobs"] - each["killed"] <= each["saved"] <= each["jobs"]
        assert not any(each.get(what) for what in ("saved twice", "begun though stored", "left behind"))
    assert not any(seen["one machine"].get(what) for what in ("beside another", "late"))

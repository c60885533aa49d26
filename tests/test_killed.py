import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = 30


@pytest.mark.slow
def test_killed_at_30_random_moments_nothing_stored_is_done_again_and_the_values_are_those_of_an_undisturbed_run(
    tmp_path,
):
    script = Path(__file__).with_name("killings.py")
    path = os.pathsep.join([str(script.parent), str(script.parent.parent)])
    ended = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(KILLS)],
        env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout.splitlines()[-1])
    assert seen["killed"] == KILLS
    assert seen["drafts"] > 0, "no kill hit a write: this test shows nothing"
    assert 0 < seen["stored"] < seen["jobs"], "the kills do not reach across the work"
    assert seen["redone"] == 0
    assert seen["equal"]
    assert seen["claims"] == 6
    assert seen["left"] == []

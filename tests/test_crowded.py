import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TRIALS = 6


@pytest.mark.slow
def test_of_eight_workers_some_are_killed_at_random_and_each_job_is_stored_once_with_the_values_of_an_undisturbed_run(
    tmp_path,
):
    script = Path(__file__).with_name("crowds.py")
    path = os.pathsep.join([str(script.parent), str(script.parent.parent)])
    ended = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(TRIALS)],
        env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout.splitlines()[-1])
    for each in seen.values():
        assert each["trials"] == each["equal"] == each["each once"] == TRIALS // 2
        assert each["killed"] > 0
        assert each["saved"] == each["jobs"]
        assert not any(each.get(what) for what in ("saved twice", "begun though stored", "left behind"))
    assert not any(seen["one machine"].get(what) for what in ("beside another", "late"))

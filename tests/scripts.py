"""Scripts of this folder that kill processes at random, and what they tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def told_by_script(name: str, *words: object) -> dict[str, Any]:
    """Run a script with these words to its end; return the JSON of its last line."""
    path = os.pathsep.join([str(HERE), str(HERE.parent)])
    ended = subprocess.run(
        [sys.executable, str(HERE / name), *map(str, words)],
        env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])

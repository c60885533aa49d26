"""Every benchmark in one run: ``make bench``, or ``python benchmarks [--quick] [--json FILE]``.

Prints Markdown and writes the same figures with date, machine, load and versions as JSON: a whole run to
``benchmarks/results.json``, a quick one only where `--json` names a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from figures import HERE, asking, machine

PARTS = ("attack", "training", "minibatch", "scaling", "commands")


def main() -> None:
    asked = asking(__doc__).parse_args()
    target = asked.json or (None if asked.quick else HERE / "results.json")
    facts: dict[str, Any] = machine() | {"quick": asked.quick}
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items() if number)
    print(f"## Benchmarks of {facts['date'][:10]}{' (quick)' if asked.quick else ''}")
    print(f"\n{facts['processor']}, {facts['threads']} cores, load before {facts['load'][0]}; {versions}.", flush=True)
    words, missed = ["--quick"] if asked.quick else [], []
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS:
            result, load = Path(folder) / f"{part}.json", os.getloadavg()[0]
            # Each in a process of its own, so that none is timed amid what another left in memory.
            command = [sys.executable, str(HERE / f"{part}.py"), *words, "--json", str(result)]
            if subprocess.run(command, check=False).returncode:
                missed.append(part)
            else:
                facts[part] = {"load before": round(load, 1), "tables": json.loads(result.read_text())}
    if missed:
        sys.exit(f"not measured: {', '.join(missed)}; nothing was written")
    if target:
        target.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

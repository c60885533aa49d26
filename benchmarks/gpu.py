"""What a GPU gains, on JAX: training and attacks, each row with its device, commit and date; ``make bench-gpu``.

    HARNESS_DATA_DIR=… KERAS_BACKEND=jax python benchmarks/gpu.py [--only PATTERN] [--commit ID] [--quick] [--json FILE]

Each part runs in a process of its own. Rows go to ``benchmarks/results-gpu.json``, where a new row replaces the old one of
the same name and the others keep their date; a quick run writes only to ``--json``. For each part, JAX's persistent compile
cache starts empty.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

from figures import HERE, Row, Table, alone, asking, machine, publish

IMAGES, QUICK_IMAGES = 60_000, 200
ITERATIONS = 400
"""L-BFGS iterations that train each of the six networks; only their attacks are timed."""
CACHE = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
"""Let JAX keep every program, however small."""


def training(images: int, words: list[str]) -> list[Row]:
    """Time L-BFGS on the device beside SciPy's on the host."""
    command = ("training.py", "--images", images, *words)
    device = alone(*command, "--on", "device")["rows"][0]["a second"]
    host = alone(*command, "--on", "host")["rows"][0]["a second"]
    what = "training 784-100-100-10"
    return [
        {"what": f"{what}, L-BFGS iterations a second", "value": device},
        {"what": f"{what}, SciPy's on the host, iterations a second", "value": host},
    ]


def attack(images: int, words: list[str]) -> list[Row]:
    """Time ``lbfgs`` on the pinned network, with an empty and a warm compile cache, and once more when warm."""
    command = ("many.py", "--images", images, *words)
    (cold,), (warm,) = alone(*command)["rows"], alone(*command, "--again", 3)["rows"]
    what = "lbfgs, pinned network"
    return [
        {"what": f"{what}, seconds, nothing compiled", "value": cold["seconds"]},
        {"what": f"{what}, seconds, compile cache warm", "value": warm["seconds"]},
        {"what": f"{what}, seconds, same process again", "value": warm["again, s"]},
        {"what": f"{what}, images a second, same process again", "value": warm["again, images/s"]},
    ]


def six(images: int, words: list[str]) -> list[Row]:
    """Time ``lbfgs`` on the six networks of Table 1, with an empty and a warm compile cache."""
    command = ("many.py", "--images", images, "--models", 6, "--iterations", 20 if words else ITERATIONS, *words)
    rows = []
    for cache in ("nothing compiled", "compile cache warm"):
        each = alone(*command)["rows"]
        rows.append({"what": f"lbfgs, six networks, seconds, {cache}", "value": sum(row["seconds"] for row in each)})
        rows[-1]["of it"] = {row["model"]: round(row["seconds"], 2) for row in each}
    return rows


PARTS: dict[str, Callable[[int, list[str]], list[Row]]] = {"training": training, "attack": attack, "six": six}


def main() -> None:
    parser = asking(__doc__)
    parser.add_argument("--only", default="*", metavar="PATTERN", help=f"parts, of {', '.join(PARTS)}")
    parser.add_argument("--commit", help="the commit measured, where this is no checkout")
    asked = parser.parse_args()
    target = asked.json or (None if asked.quick else HERE / "results-gpu.json")
    images, words = (QUICK_IMAGES, ["--quick"]) if asked.quick else (IMAGES, [])
    measured: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in [name for name in PARTS if fnmatch(name, asked.only)]:
            os.environ.update(CACHE | {"JAX_COMPILATION_CACHE_DIR": str(Path(folder) / name)})
            measured += PARTS[name](images, words)
    facts = machine()  # at the end: from here on this process holds most of the GPU's memory
    origin = {
        "images": images,
        "device": _device(),
        "jax": facts["versions"]["jax"],
        "commit": asked.commit or facts["commit"],
        "date": facts["date"],
    }
    rows = [row | origin for row in measured]
    asked.json = None
    publish(asked, Table("On a GPU", [{k: v for k, v in row.items() if k != "of it"} for row in rows]))
    if target:
        kept = renewed(json.loads(target.read_text()) if target.exists() else [], rows)
        target.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def renewed(old: list[Row], new: list[Row]) -> list[Row]:
    """Return all rows: each new one instead of the old one of the same name, the others after them."""
    fresh = {row["what"]: row for row in new}
    return [fresh.pop(row["what"], row) for row in old] + list(fresh.values())


def _device() -> str:
    """Return the device the engine computes on."""
    from harness.engine import backend

    name, kind = next(iter(backend.devices().items()))
    return f"{kind or name}"


if __name__ == "__main__":
    main()

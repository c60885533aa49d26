"""What a GPU gains, on JAX: training and attacks, each row with its device, commit and date; ``make bench-gpu``.

    HARNESS_DATA_DIR=… KERAS_BACKEND=jax python benchmarks/gpu.py [--only PATTERN] [--commit ID] [--quick] [--json FILE]

Each part runs in a process of its own. Rows go to ``benchmarks/results-gpu.json``, where a new one replaces the old one of
the same name and the others keep their date; a quick run writes only where it is told to. JAX's persistent compile cache
is empty at first and then holds what the parts before have compiled.
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
AT_ONCE = 10
ITERATIONS = 400
"""The six networks are trained so far; only their attacks are timed."""
CACHE = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
"""Let JAX keep every program, however small."""


def training(images: int, words: list[str]) -> list[Row]:
    """Time L-BFGS on the device beside SciPy's, and several trainings at once."""
    told = ("training.py", "--images", images, *words)
    device = alone(*told, "--on", "device")["rows"][0]["a second"]
    host = alone(*told, "--on", "host")["rows"][0]["a second"]
    together = alone(*told, "--at-once", AT_ONCE)["rows"][0]["a second"]
    what = "training 784-100-100-10"
    return [
        {"what": f"{what}, L-BFGS iterations a second", "value": device},
        {"what": f"{what}, SciPy's on the host, iterations a second", "value": host},
        {"what": f"{what}, seconds of {AT_ONCE} at once ÷ seconds of one", "value": device / together},
    ]


def attack(images: int, words: list[str]) -> list[Row]:
    """Time ``lbfgs`` on the pinned network, with an empty and a warm compile cache, and once more when warm."""
    told = ("many.py", "--images", images, *words)
    (cold,), (warm,) = alone(*told)["rows"], alone(*told, "--again", 3)["rows"]
    what = "lbfgs, pinned network"
    return [
        {"what": f"{what}, seconds, nothing compiled", "value": cold["seconds"]},
        {"what": f"{what}, seconds, compile cache warm", "value": warm["seconds"]},
        {"what": f"{what}, seconds, same process again", "value": warm["again, s"]},
        {"what": f"{what}, images a second, same process again", "value": warm["again, images/s"]},
    ]


def six(images: int, words: list[str]) -> list[Row]:
    """Time ``lbfgs`` on the six networks of Table 1, with an empty and a warm compile cache."""
    told = ("many.py", "--images", images, "--models", 6, "--iterations", 20 if words else ITERATIONS, *words)
    rows = []
    for cache in ("nothing compiled", "compile cache warm"):
        each = alone(*told)["rows"]
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
    facts = machine()  # asked last, for from then on this process holds most of the GPU's memory
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
    """Return all rows: the new ones in the places of the old ones of the same name, others after them."""
    fresh = {row["what"]: row for row in new}
    return [fresh.pop(row["what"], row) for row in old] + list(fresh.values())


def _device() -> str:
    """Return the device the engine computes on."""
    from harness.engine import backend

    name, kind = next(iter(backend.devices().items()))
    return f"{kind or name}"


if __name__ == "__main__":
    main()

"""How near the attacks come to the nearest adversarial examples any peer found, image by image.

    HARNESS_DATA_DIR=… python benchmarks/optimality.py NPZ… [--images N] [--only PATTERN] [--norm linf] [--json FILE]

A file holds a network (``w1, b1, …``; optionally ``activation``), ``train_index`` and ``target`` of its images of MNIST, and
``peer_*``: each peer's RMS distortion of every image, infinite where none was found; ``benchmarks/reference.py`` makes such files.
Local optimality (Cinà et al. 2025, AttackBench) is 1 - (mean min(d, D) - mean d*) / (D - mean d*), d* the least of the peers
for each image and D the largest d*: 1 is as near as the best peer for each image, more is nearer than that.
``--peers PYTHON`` times adv-lib's PDGD in the same run, by a Python that has it (extra ``peers``). ``--norm linf`` measures the
largest change of a pixel instead of the RMS; files hold no distances in that norm, so it needs ``--peers``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import advlib
import numpy as np
import pinned
from chains import Step, crafted
from counting import CountedVictim
from figures import Row, Table, asking
from numpy.typing import NDArray

from harness.examples import Examples, rms
from harness.kinds.distances import lengths
from harness.kinds.registry import discover

TIGHTEST: tuple[Step, ...] = (
    ("pdgd", {}),
    ("polish", {"method": "averaged", "steps": 100}),
    ("polish", {"steps": 8, "rivals": 5, "patience": 3}),
)
PUBLISHED = {
    "descents": 1,
    "learning_rate": 0.1,
    "learning_rate_is": "absolute",
    "last_rate": 0.01,
    "first_ratio": 0.01,
    "dual_rate": 0.1,
}
"""PDGD's settings in its authors' code."""
OURS: dict[str, tuple[Step, ...]] = {
    "lbfgs": (("lbfgs", {}),),
    "lbfgs, ftol 1e-4": (("lbfgs", {"ftol": 1e-4}),),
    "lbfgs, ftol 1e-3": (("lbfgs", {"ftol": 1e-3}),),
    "lbfgs, polished": (("lbfgs", {}), ("polish", {})),
    "ddn, 1,000 steps": (("ddn", {"steps": 1000}),),
    "pdgd as published, 1,000 steps": (("pdgd", {**PUBLISHED, "steps": 1000}),),
    "pdgd, averaged, polished": TIGHTEST,
}
IN_MAXIMUM: dict[str, tuple[Step, ...]] = {
    "pdgd": (("pdgd", {"norm": "linf"}),),
    "pdgd, averaged": (("pdgd", {"norm": "linf"}), ("polish", {"method": "averaged", "norm": "linf", "steps": 60})),
}
"""Ours in the maximum norm."""
TIMED_PEER = "pdgd1000"
PEERS_IN_MAXIMUM = ("linf-fmn1000", "linf-pdpgd1000")
PATIENCE = 60.0
"""CPU seconds; compared with so many, compilation takes little."""
COUNTED = 64
"""Images on which queries are counted: a batch of this size is not padded."""


def distances(made: Examples, clean: Examples, norm: str = "l2") -> NDArray[np.float64]:
    """Return RMS distortions ``(n,)``, or the largest changes of a pixel; infinite where none was found."""
    change = made.images.astype(np.float64) - clean.images
    return np.where(made.found, rms(change) if norm == "l2" else lengths("linf", change), np.inf)


def timed(steps: Sequence[Step], victim: Any, clean: Examples, norm: str = "l2") -> tuple[NDArray[np.float64], float]:
    """Return an attack's distances and CPU seconds, of a second run (without compilation) unless that takes long."""
    for _ in range(2):
        start = time.process_time()
        d = distances(crafted(steps, victim, clean), clean, norm)
        spent = time.process_time() - start
        if spent > PATIENCE:
            break
    return d, spent


def queries(steps: Sequence[Step], victim: Any, clean: Examples) -> float:
    """Return the evaluations and gradients an attack takes for an image, counted inside the network."""
    some = clean.take(np.arange(min(COUNTED, len(clean))))
    counted = CountedVictim(victim)
    crafted(steps, counted, some)
    return (counted.forward + counted.backward) / len(some)


def figures_of(d: NDArray[np.float64], best: NDArray[np.float64]) -> Row:
    """Return what is said of an attack's distortions beside the peers' best."""
    most = best.max()
    return {
        "found": float(np.isfinite(d).mean()),
        "mean": float(d[np.isfinite(d)].mean()),
        "local_optimality": float(1 - (np.minimum(d, most).mean() - best.mean()) / (most - best.mean())),
        "longer_0.1": float((d > 1.001 * best).mean()),
        "longer_1": float((d > 1.01 * best).mean()),
        "worst": float((d / best).max() - 1),
    }


def peers_of(file: Path) -> dict[str, NDArray[np.float64]]:
    """Return each peer's distortions, from the file of the network or from ``peers_*`` beside it."""
    beside = file.with_name(file.name.replace("bench_", "peers_"))
    for place in (file, beside):
        if place.is_file():
            held = np.load(place, allow_pickle=False)
            if found := {name[5:]: held[name] for name in held.files if name.startswith("peer_")}:
                return found
    sys.exit(
        f"{file}: holds no peer_* array, nor does {beside.name} lie beside it; `python benchmarks/reference.py` adds them"
    )


def ours(
    attacks: Mapping[str, tuple[Step, ...]],
    patterns: Sequence[str],
    work: pinned.Pinned,
    best: NDArray[np.float64],
    name: str,
    norm: str = "l2",
) -> list[Row]:
    """Return the rows of our attacks on one network."""
    rows, victim = [], work.victim
    clean = Examples(work.images, work.labels, np.arange(len(work.labels)), work.targets)
    for attack, steps in attacks.items():
        if any(fnmatch(attack, pattern) for pattern in patterns):
            d, spent = timed(steps, victim, clean, norm)
            row = {"network": name, "attack": f"`{attack}`"} | figures_of(d, best)
            rows.append(row | {"queries": queries(steps, victim, clean), "cpu_seconds": spent})
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


def rows_in_maximum(file: Path, count: int | None, patterns: Sequence[str], python: str) -> list[Row]:
    """Return the rows of one file's network in the maximum norm: the peers, run here, and each attack."""
    work = pinned.read(file)
    work, name = work.first(count or len(work.targets)), file.stem.removeprefix("bench_")
    made = advlib.attacked(work, PEERS_IN_MAXIMUM, python)
    peers = {peer: made[f"peer_{peer}"] for peer in PEERS_IN_MAXIMUM}
    best = np.min(list(peers.values()), axis=0)
    rows = [
        {"network": name, "attack": f"peer here: {peer}"}
        | figures_of(d, best)
        | {"cpu_seconds": float(made[f"seconds_{peer}"])}
        for peer, d in peers.items()
    ]
    return rows + ours(IN_MAXIMUM, patterns, work, best, name, "linf")


def rows_of(file: Path, count: int | None, patterns: Sequence[str], python: str | None) -> list[Row]:
    """Return the rows of one file's network: the peers in the file, and each attack timed here."""
    work = pinned.read(file)
    work = work.first(count or len(work.targets))
    peers = {peer: d[: len(work.targets)] for peer, d in peers_of(file).items()}
    best, name = np.min(list(peers.values()), axis=0), file.stem.removeprefix("bench_")
    rows = [{"network": name, "attack": f"peer: {peer}"} | figures_of(d, best) for peer, d in peers.items()]
    rows += ours(OURS, patterns, work, best, name)
    if python:
        made = advlib.attacked(work, [TIMED_PEER], python)
        row = {"network": name, "attack": f"peer here: {TIMED_PEER}"} | figures_of(made[f"peer_{TIMED_PEER}"], best)
        rows.append(row | {"cpu_seconds": float(made[f"seconds_{TIMED_PEER}"])})
    return rows


def main() -> None:
    discover()
    parser = asking(__doc__)
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="NPZ", help="networks with images and peers' distortions"
    )
    parser.add_argument("--images", type=int, help="the first images alone: 50 with --quick, else all")
    parser.add_argument("--only", action="append", metavar="PATTERN", help="our attacks by name, as 'pdgd*'")
    parser.add_argument(
        "--peers", metavar="PYTHON", help="an interpreter that has adv-lib: times its PDGD in the same run"
    )
    parser.add_argument("--norm", choices=["l2", "linf"], default="l2", help="linf: the largest change of a pixel")
    asked = parser.parse_args()
    if asked.norm == "linf" and not asked.peers:
        parser.error("--norm linf: files hold no distances in that norm; add --peers PYTHON")
    count = asked.images or (50 if asked.quick else None)
    of = rows_of if asked.norm == "l2" else rows_in_maximum
    rows = [row for file in asked.files for row in of(file, count, asked.only or ["*"], asked.peers)]
    print(Table("Distance to the nearest examples of all peers", rows).markdown())
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()

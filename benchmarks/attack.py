"""How tight and how fast the attacks are next to their peers, on the same images in one run.

    HARNESS_DATA_DIR=… python benchmarks/attack.py [--images 1000] [--quick] [--json FILE]

Other work on the machine slows all rows alike, so compare the ratios. Foolbox is fed by TensorFlow and comes with
``make extras``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pinned
from chains import Step, crafted
from figures import Row, Table, asking, publish
from numpy.typing import NDArray

from harness.engine import backend
from harness.examples import Examples, rms
from harness.kinds.registry import discover

BATCH, STEPS = 1000, 100
"""Size and number of the bare loss-and-gradient evaluations."""
OURS: dict[str, tuple[Step, ...]] = {
    "lbfgs": (("lbfgs", {}),),
    "polish": (("lbfgs", {}), ("polish", {})),
    "ddn, 100 steps": (("ddn", {}),),
    "ddn, 1,000 steps": (("ddn", {"steps": 1000}),),
    "carlini-wagner, 9 × 1,000 steps": (("carlini-wagner", {}),),
}
FOOLBOX: dict[str, tuple[str, dict[str, Any]]] = {
    "Foolbox DDN, 100 steps": ("DDNAttack", {"steps": 100}),
    "Foolbox DDN, 1,000 steps": ("DDNAttack", {"steps": 1000}),
    "Foolbox Carlini-Wagner, 9 × 1,000 steps": ("L2CarliniWagnerAttack", {"binary_search_steps": 9, "steps": 1000}),
}
SCIPY = "SciPy L-BFGS-B, image by image"
MOST = {SCIPY: 100}
"""Who is given fewer images than the others: the first ones."""
QUICK = {SCIPY: 5, "Foolbox Carlini-Wagner, 9 × 1,000 steps": 10, "carlini-wagner, 9 × 1,000 steps": 10}
PATIENCE = 3.0
"""Seconds; a shorter attack is timed again and the best time counts."""

Attack = Callable[[NDArray[np.float32], NDArray[np.int64]], tuple[NDArray[np.float32], NDArray[np.bool_]]]
"""Images ``(n, 28, 28, 1)`` and targets -> crafted images and which were found."""


@dataclass(frozen=True)
class Outcome:
    """One attack's result.

    Attributes:
        distortion: float64, one for each image attacked; NaN where none was found.
        seconds: the best time.
        first: the time of the first call, with whatever is compiled then.
    """

    distortion: NDArray[np.float64]
    seconds: float
    first: float

    @property
    def speed(self) -> float:
        """Images a second."""
        return len(self.distortion) / self.seconds


def timed(attack: Attack, images: NDArray[np.float32], targets: NDArray[np.int64], least: int) -> Outcome:
    """Attack so many times at least (compiled attacks twice), and up to four times if that is quick."""
    seconds = []
    while len(seconds) < least or (len(seconds) < 4 and seconds[-1] < PATIENCE):
        start = time.perf_counter()
        crafted, found = attack(images, targets)
        seconds.append(time.perf_counter() - start)
    distortion = np.where(found, rms(crafted.astype(float) - images), np.nan)
    return Outcome(distortion, min(seconds), seconds[0])


def product(victim: Any) -> dict[str, Attack]:
    """Return our attacks."""
    discover()

    def made(steps: tuple[Step, ...]) -> Attack:
        def run(images: NDArray[np.float32], targets: NDArray[np.int64]) -> Any:
            found = crafted(steps, victim, Examples(images, (targets + 1) % 10, np.arange(len(images)), targets))
            return found.images, found.found

        return run

    return {name: made(steps) for name, steps in OURS.items()}


def foolbox(weights: list[Any]) -> dict[str, Attack]:
    """Return Foolbox's attacks on the network written in TensorFlow itself; none where one of the two is missing.

    The network is left eager: compiled, with or without XLA, it makes Foolbox slower.
    """
    try:
        import foolbox as peer
        import tensorflow as tf
    except ImportError:
        return {}
    layers = [(tf.constant(kernel), tf.constant(bias)) for kernel, bias in weights]

    def logits(images: Any) -> Any:
        out = tf.reshape(images, (-1, layers[0][0].shape[0]))
        for kernel, bias in layers[:-1]:
            out = tf.sigmoid(out @ kernel + bias)
        return out @ layers[-1][0] + layers[-1][1]

    model = peer.TensorFlowModel(logits, bounds=(0, 1), device="/CPU:0")

    def made(name: str, settings: dict[str, Any]) -> Attack:
        attack = getattr(peer.attacks, name)(**settings)

        def run(images: NDArray[np.float32], targets: NDArray[np.int64]) -> Any:
            tf.random.set_seed(0)
            wanted = peer.criteria.TargetedMisclassification(tf.constant(targets))
            _, crafted, found = attack(model, tf.constant(images), wanted, epsilons=None)
            return crafted.numpy(), found.numpy()

        return run

    return {name: made(*given) for name, given in FOOLBOX.items()}


def scipys(weights: list[Any]) -> Attack:
    """Return the tests' oracle: the paper's attack with SciPy's L-BFGS-B."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from oracles import loss_gradient_margin, smallest_distortion

    exact = [(kernel.astype(float), bias.astype(float)) for kernel, bias in weights]

    def run(images: NDArray[np.float32], targets: NDArray[np.int64]) -> Any:
        made = [
            smallest_distortion(weights, x.ravel().astype(float), t)[0] for x, t in zip(images, targets, strict=True)
        ]
        found = [loss_gradient_margin(exact, x, t)[2] > 0 for x, t in zip(made, targets, strict=True)]
        return np.array(made).reshape(images.shape), np.array(found)

    return run


def bare(victim: Any, images: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """Return jitted loss-and-gradient evaluations a second, in a loop on the device, without any attack around them."""
    ops = backend.keras.ops

    def loop(weights, x, labels):
        both = backend.value_and_gradient(lambda x: victim.architecture.losses(weights, x, labels))
        return ops.while_loop(lambda k, x: k < STEPS, lambda k, x: (k + 1, x - 1e-3 * both(x)[1]), (0, x))[1]

    compiled, rows = backend.jit(loop), np.arange(BATCH) % len(images)
    arguments = victim.on_device, ops.convert_to_tensor(images[rows]), ops.convert_to_tensor(targets[rows], "int32")
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        ops.convert_to_numpy(compiled(*arguments))
        seconds.append(time.perf_counter() - start)
    return BATCH * STEPS / min(seconds[1:])


def rows(outcomes: dict[str, Outcome], peers: set[str]) -> list[Row]:
    """Return the table: each attack next to ours and to the fastest peer, on the images it was given."""
    ours = outcomes["lbfgs"]
    beside = [name for name in ("lbfgs", "polish") if name in outcomes]
    fastest = max((outcomes[name].speed for name in peers), default=None)
    table: list[Row] = []
    for name, outcome in outcomes.items():
        given = len(outcome.distortion)
        row: Row = {
            "attack": f"peer: {name}" if name in peers else f"`{name}`",
            "images": given,
            "mean distortion": float(np.nanmean(outcome.distortion)),
        }
        row |= {f"`{other}` on the same": _mean_where(outcomes[other], outcome.distortion) for other in beside}
        row |= {
            "found": f"{np.isfinite(outcome.distortion).mean():.1%}",
            "images/s": outcome.speed,
            "first call, s": outcome.first,
            "speed ÷ `lbfgs`": outcome.speed / ours.speed,
            "speed ÷ fastest peer": outcome.speed / fastest if fastest else None,
        }
        table.append(row)
    if peers:
        best = _best([outcomes[name].distortion for name in peers])
        table.append(
            {
                "attack": "best of all peers, image by image",
                "images": len(best),
                "mean distortion": float(np.nanmean(best)),
            }
            | {f"`{other}` on the same": _mean_where(outcomes[other], best) for other in beside}
            | {"found": f"{np.isfinite(best).mean():.1%}"}
        )
    return table


def _mean_where(ours: Outcome, theirs: NDArray[np.float64]) -> float:
    """Return our mean distortion on the images the other was given and found."""
    return float(np.nanmean(ours.distortion[: len(theirs)][np.isfinite(theirs)]))


def _best(distortions: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return each image's least distortion over all who were given it; NaN where nobody found any."""
    longest = max(map(len, distortions))
    padded = [np.pad(each, (0, longest - len(each)), constant_values=np.nan) for each in distortions]
    return np.fmin.reduce(padded)


def main() -> None:
    parser = asking(__doc__)
    parser.add_argument("--images", type=int, help="images attacked: 1000, or 100 with --quick")
    parser.add_argument("--only", action="append", metavar="PATTERN", help="attacks besides lbfgs, by name, as 'ddn*'")
    asked = parser.parse_args()
    count = asked.images or (100 if asked.quick else 1000)
    wanted = ["lbfgs", *(asked.only or ["*"])]
    most = MOST | (QUICK if asked.quick else {})
    work = pinned.load()
    theirs = foolbox(work.weights)
    here = bool(theirs)
    theirs |= {SCIPY: scipys(work.weights)}
    outcomes = {}
    for name, attack in (product(work.victim) | theirs).items():
        if not any(fnmatch(name, pattern) for pattern in wanted):
            continue
        given = min(count, most.get(name, count))
        outcomes[name] = timed(attack, work.images[:given], work.targets[:given], least=1 if name in theirs else 2)
        print(f"{name}: {outcomes[name].speed:.4g} images/s", file=sys.stderr, flush=True)
    limit = bare(work.victim, work.images, work.targets)
    device = f"{backend.BACKEND} on {', '.join(backend.devices())}"
    notes = [f"Limit: {limit:,.0f} bare jitted loss-and-gradient evaluations a second, batch {BATCH:,}, {device}."]
    if not here:
        notes.append("Foolbox's rows are missing: `make extras` installs it (extra `bench`).")
    publish(
        asked, Table("Attacks on the pinned 784-100-100-10 network", rows(outcomes, theirs.keys() & outcomes), notes)
    )


if __name__ == "__main__":
    main()

"""adv-lib's attacks on a network written in PyTorch: the peers of ``optimality`` and ``reference``.

    PYTHON benchmarks/advlib.py WORK.npz OUT.npz NAME…

It runs in a process of its own, with any Python that has adv-lib (extra ``peers``): PyTorch and TensorFlow do not share one.
WORK.npz holds ``w1, b1, …``, ``activation``, ``images`` (n, h, w, c) and ``target``.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pinned

SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "ddn1000": ("ddn", {"steps": 1000, "levels": None}),
    "pdgd1000": ("pdgd", {"num_steps": 1000}),
    "pdgd3000": ("pdgd", {"num_steps": 3000}),
    "alma1000": ("alma", {"num_steps": 1000, "distance": "l2"}),
    "fmn1000": ("fmn", {"steps": 1000, "norm": 2}),
    "linf-fmn1000": ("fmn", {"steps": 1000, "norm": math.inf}),
    "linf-pdpgd1000": ("pdpgd", {"num_steps": 1000, "norm": math.inf}),
}
"""Each peer's name in a file, adv-lib's attack and its settings; DDN without quantisation."""
EUCLIDEAN = [name for name in SETTINGS if not name.startswith("linf-")]
"""Peers in the Euclidean norm; the others minimise the largest change of a pixel."""
AT_ONCE = 500
"""Images attacked together."""


def attacked(work: Any, names: Sequence[str], python: str = sys.executable) -> dict[str, Any]:
    """Return ``peer_NAME``, distances (infinite where none was found), ``seconds_NAME`` of CPU time, and ``made_with``.

    Args:
        work: a network with images (``pinned.Pinned``).
        names: of SETTINGS.
        python: an interpreter that has adv-lib.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "work.npz", Path(folder) / "made.npz"
        np.savez(
            given, **pinned.named(work.weights), activation=work.activation, images=work.images, target=work.targets
        )
        command = [python, __file__, str(given), str(made), *names]
        if subprocess.run(command, check=False).returncode:
            sys.exit(f"{python}: adv-lib's attacks did not run; the extra `peers` has what they need")
        with np.load(made, allow_pickle=False) as held:
            return {name: held[name] for name in held.files}


def network_of(held: Any) -> Any:
    """Return the network; activations of convolutions are flattened in order (height, width, channel)."""
    import torch

    act = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[str(held["activation"])]
    layers = [tuple(map(torch.tensor, pair)) for pair in pinned.layers_of(held)]

    class Network(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            for k, (kernel, bias) in enumerate(layers, 1):
                if kernel.ndim == 4:
                    x = torch.nn.functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias)
                    x = torch.nn.functional.max_pool2d(act(x), 2)
                    continue
                x = (x.permute(0, 2, 3, 1).flatten(1) if x.ndim == 4 else x) @ kernel + bias
                x = act(x) if k < len(layers) else x
            return x

    return Network().eval()


def main() -> None:
    from importlib import metadata

    import adv_lib.attacks as library
    import torch

    # PyTorch's threads wait by spinning: with several, CPU seconds say little.
    torch.set_num_threads(1)
    given, target, *names = sys.argv[1:]
    held = np.load(given, allow_pickle=False)
    model, images = network_of(held), torch.tensor(held["images"]).permute(0, 3, 1, 2).contiguous()
    targets, made = torch.tensor(held["target"]), {}
    for name in names:
        attack, settings = SETTINGS[name]
        torch.manual_seed(0)
        start, far = time.process_time(), []
        for first in range(0, len(images), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            crafted = getattr(library, attack)(model, images[some], targets[some], targeted=True, **settings)
            change = (crafted - images[some]).double()
            moved = (change**2).mean((1, 2, 3)).sqrt() if name in EUCLIDEAN else change.abs().amax((1, 2, 3))
            far.append(torch.where(model(crafted).argmax(1) == targets[some], moved, torch.inf).numpy())
        made |= {f"peer_{name}": np.concatenate(far), f"seconds_{name}": time.process_time() - start}
    versions = {name: metadata.version(name) for name in ("adv-lib", "torch")}
    about = {"versions": versions, "settings": {name: SETTINGS[name] for name in names}, "device": "CPU, one thread"}
    np.savez(target, **made, made_with=json.dumps(about))


if __name__ == "__main__":
    main()

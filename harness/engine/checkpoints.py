"""Checkpoints of a training on the device: its whole state in a journal, from time to time."""

from __future__ import annotations

import hashlib
import time

import keras
import numpy as np
from jaxtyping import UInt8
from keras import ops

from harness.engine.fit import StoppingRule, Vector
from harness.engine.lbfgs_loop import TrainingState, begin_training
from harness.examples import Journal

CHECKPOINT_SECONDS = 10.0
"""Seconds between two checkpoints, at least."""
CHECKPOINT_SHARE = 0.25
"""Also at least this share of the time since the training began, so that long trainings write few of them."""

Sha256 = UInt8[np.ndarray, "32"]
"""A SHA-256."""


def training_digest(first: Vector, decay: Vector, rule: StoppingRule) -> Sha256:
    """Return the hash of what a training starts from; it identifies the training that a checkpoint belongs to."""
    start = hashlib.sha256(first.tobytes() + decay.tobytes() + repr((first.shape, rule)).encode())
    return np.frombuffer(start.digest(), np.uint8)


class Checkpoints:
    """The checkpoints of one training in a journal."""

    def __init__(self, journal: Journal, digest: Sha256) -> None:
        self.journal, self.digest = journal, digest
        self.began = self.last = time.perf_counter()

    def resume(self, losses: list[float]) -> TrainingState | None:
        """Return the state of the last checkpoint, its losses appended to the list; None if this training has none."""
        last = None
        for last in self.journal.notes():  # noqa: B007  # the last one counts
            pass
        if last is None:
            return None
        if not np.array_equal(last.get("of", ()), self.digest):
            self.journal.forget()
            return None
        losses += last["losses"].tolist()
        form = begin_training(ops.zeros((1, 1), "float64"), 1)
        arrays = [last[f"state-{k}"] for k in range(len(keras.tree.flatten(form)))]
        state: TrainingState = keras.tree.pack_sequence_as(form, arrays)
        return state

    def save_if_due(self, state: TrainingState, losses: list[float]) -> None:
        """Write a checkpoint if the last one is old enough."""
        now = time.perf_counter()
        if now - self.last < max(CHECKPOINT_SECONDS, CHECKPOINT_SHARE * (now - self.began)):
            return
        arrays = {f"state-{k}": ops.convert_to_numpy(each) for k, each in enumerate(keras.tree.flatten(state))}
        self.journal.note(of=self.digest, losses=np.asarray(losses, np.float64), **arrays)
        self.last = time.perf_counter()

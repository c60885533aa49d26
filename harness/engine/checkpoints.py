"""Checkpoints of a training on the device: its whole state in a journal, now and then."""

from __future__ import annotations

import hashlib
import time

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import lbfgs_loop
from harness.engine.fit import Course, StoppingRule
from harness.engine.lbfgs_loop import State
from harness.examples import Journal

CHECKPOINT_SECONDS = 10.0
"""Seconds between two checkpoints, at least."""
CHECKPOINT_SHARE = 0.25
"""And at least this share of the time since the training began, so that there are few however long it takes."""


def digest(first: NDArray[np.float64], penalty: NDArray[np.float64], rule: StoppingRule) -> NDArray[np.uint8]:
    """Return the SHA-256 of what a training begins with, uint8 ``(32,)``: by it a checkpoint is known to be its own."""
    told = hashlib.sha256(first.tobytes() + penalty.tobytes() + repr((first.shape, rule)).encode())
    return np.frombuffer(told.digest(), np.uint8)


class Checkpoints:
    """The states a journal holds of one training."""

    def __init__(self, journal: Journal, digest: NDArray[np.uint8]) -> None:
        self.journal, self.digest = journal, digest
        self.began = self.last = time.perf_counter()

    def resume(self, courses: list[Course]) -> State | None:
        """Return the last state noted, and put its losses into the courses; None where there is none of this training."""
        last = None
        for last in self.journal.notes():  # noqa: B007  # the last one counts
            pass
        if last is None:
            return None
        if not np.array_equal(last.get("of", ()), self.digest):
            self.journal.forget()
            return None
        for course, losses in zip(courses, last["losses"], strict=True):
            course.losses[:] = losses[~np.isnan(losses)].tolist()
        form = lbfgs_loop.begin(ops.zeros((len(courses), 1), "float64"), 1)
        arrays = [last[f"state-{k}"] for k in range(len(keras.tree.flatten(form)))]
        state: State = keras.tree.pack_sequence_as(form, arrays)
        return state

    def maybe(self, state: State, courses: list[Course]) -> None:
        """Note the state where the last note is long ago."""
        now = time.perf_counter()
        if now - self.last < max(CHECKPOINT_SECONDS, CHECKPOINT_SHARE * (now - self.began)):
            return
        losses = np.full((len(courses), max(len(course.losses) for course in courses)), np.nan)
        for row, course in zip(losses, courses, strict=True):
            row[: len(course.losses)] = course.losses
        arrays = {f"state-{k}": ops.convert_to_numpy(each) for k, each in enumerate(keras.tree.flatten(state))}
        self.journal.note(of=self.digest, losses=losses, **arrays)
        self.last = time.perf_counter()

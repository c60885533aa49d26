"""Distillation: steps whose targets are the probabilities that a teacher gives the classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.objective import network_of
from harness.engine.regime import Regime
from harness.engine.shapes import Counts, Images, Number
from harness.engine.stepper import Stepper
from harness.errors import Infeasible
from harness.examples import Examples, Victim
from harness.kinds.training import Untrained
from harness.streams import Streams


class DistillingRegime(Regime):
    """Takes each step on softmax(z / temperature) of a teacher's logits z, in place of the true classes."""

    def __init__(self, teacher: Victim, temperature: float, augmentation: Any) -> None:
        super().__init__(augmentation)
        self.classes, (self.teacher, self.weights) = teacher.classes, network_of(teacher)
        self.targets = backend.jit(
            lambda weights, x: ops.softmax(self.teacher.logits(weights, x) / temperature), fuse=False
        )

    def open(self, network: Untrained, stepper: Stepper, examples: Examples, streams: Streams) -> None:
        """Take these; refuse a student with other classes."""
        super().open(network, stepper, examples, streams)
        if network.architecture.classes != self.classes:
            raise Infeasible(
                f"training: distillation: the teacher has {self.classes} classes, the student "
                f"{network.architecture.classes}; name another teacher, or give the student's last layer as many outputs"
            )

    def taken(self, images: Images, labels: Counts, rows: NDArray[np.int64]) -> Number:
        """Take the step on what the teacher makes of the images."""
        return self.stepper.step(images, self.targets(self.weights, images))

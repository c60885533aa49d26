"""Full-batch training with L-BFGS."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pydantic import Field

from harness.examples import Examples, Journal, Trained, Watch
from harness.kinds.decay import Decay, DecayConvention, decay_factors, miscounted
from harness.kinds.layer import LayerRecipe
from harness.kinds.registry import training
from harness.kinds.training import TrainingRecipe, Untrained
from harness.streams import Streams

MNIST_PIXELS, FEW = 784, 100
"""Inputs of the first layer, as a cost is counted, and iterations within which no training is expected to converge."""


@training("lbfgs", edition=1)
class LBFGSTraining(TrainingRecipe):
    """Full-batch L-BFGS, to convergence (Szegedy et al. 2014, section 4.1).

    Minimises mean cross-entropy plus p times the sum of the squared kernel weights of each layer; biases have no
    weight decay. Nothing is random.
    """

    until_fitted = True

    decay: Decay = 0.0
    """The paper's lambda: one for all layers with a kernel, or one for each."""
    decay_convention: DecayConvention = "lambda/2"
    """What p is: lambda divided by the layer's units k, by two, or lambda itself."""
    iterations: int = Field(1000, ge=1)
    """Maximum number of L-BFGS iterations."""
    memory: int = Field(10, ge=1, le=1000)
    """Number of curvature pairs that L-BFGS keeps; with more, fewer iterations are needed."""
    gtol: float = Field(1e-5, ge=0)
    """Training ends when no component of the gradient is larger than this; SciPy's ``gtol``."""
    ftol: float = Field(1e-9, ge=0)
    """Training ends when an iteration reduces the loss by at most this (times the loss if that exceeds 1);
    SciPy's ``ftol``."""
    settled_within: float = Field(1e-3, ge=0)
    """A training stopped by ``iterations`` counts as converged if its last tenth changed the loss by less than
    this fraction."""

    @property
    def random(self) -> bool:
        """Whether the training draws random numbers: no, only the initial weights are drawn."""
        return False

    def refuses(self, layers: Sequence[LayerRecipe]) -> str:
        """Refuse what computes something else for each mini-batch, and a decay for another number of layers."""
        varying = sorted({layer.kind for layer in layers if layer.varies_in_training})
        if varying:
            return f"trains on all images at once, without {', '.join(varying)}; use minibatch, or leave them out"
        return miscounted(self.decay, layers)

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """As if training converged after half of the iterations, of which one takes 20 ps an image and weight.

        FC100-100-10 has 90,000 weights and takes 0.1 s an iteration on 60,000 images and two cores.
        """
        widths = [MNIST_PIXELS, *(layer.units for layer in layers if hasattr(layer, "units"))]
        weights = sum(below * above for below, above in itertools.pairwise(widths))
        expected = self.iterations if self.iterations <= FEW else (FEW + self.iterations) / 2
        return float(1.0 + 2e-11 * expected * images * weights)

    def train(
        self, network: Untrained, examples: Examples, streams: Streams, watch: Watch, journal: Journal
    ) -> Trained:
        """Minimise from the weights given; frozen ones are refused, since L-BFGS takes all or none."""
        from harness.engine import backend
        from harness.engine.device_fit import fit_on_device
        from harness.engine.fit import StoppingRule, fit

        rule = StoppingRule(self.iterations, self.gtol, self.ftol, self.settled_within, self.memory)
        decays = decay_factors(self.decay, self.decay_convention, network.start)
        # On a CPU nothing waits for the host, and published results rest on SciPy's steps to the last bit.
        train = fit_on_device if backend.computes_on_gpu() else fit
        return train(network.architecture, network.start, examples, decays, rule, watch, journal)

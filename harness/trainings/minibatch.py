"""Training on mini-batches with any of Keras' optimizers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from harness.examples import Examples, Journal, Trained, Watch
from harness.kinds.decay import Decay, DecayConvention, decay_factors, miscounted
from harness.kinds.layer import LayerRecipe
from harness.kinds.optimizer import Adam, AnyOptimizer
from harness.kinds.probability import Probability
from harness.kinds.recipe import Frozen, as_before, unused
from harness.kinds.registry import training
from harness.kinds.training import TrainingRecipe, Untrained
from harness.streams import Streams

Pixels = Annotated[int, Field(ge=0, le=1000)]


class Augmentation(Frozen):
    """Random changes of each image, drawn again in every epoch."""

    shift: Pixels = 0
    """Maximum shift in whole pixels, vertical and horizontal; padded with zeros."""
    rotation: float = Field(0.0, ge=0, le=180)
    """Maximum rotation in degrees, in both directions, with bilinear interpolation; padded with zeros."""
    flip: bool = False
    """Whether a random half of the images is flipped left to right."""
    noise: float = Field(0.0, ge=0, le=10)
    """Standard deviation of normal noise added to each pixel; the result is clipped to [0, 1]."""


class EarlyStopping(Frozen):
    """Early stopping; the weights of the best epoch are kept."""

    held_out: float = Field(0.1, gt=0, lt=1)
    """Fraction of the training split that is used as the validation set."""
    patience: int = Field(5, ge=1, le=100_000)
    """Training ends after this many epochs without a decrease of the validation loss."""


@training("minibatch", edition=1)
class MinibatchTraining(TrainingRecipe):
    """Mini-batches, shuffled in each epoch, with an optimizer of Keras.

    Minimises mean cross-entropy plus p times the sum of the squared kernel weights of each layer, and ``l1_decay`` times that
    of the absolute ones.
    """

    optimizer: AnyOptimizer = Adam()
    """Keras' optimizer and its arguments; ``learning_rate`` may be one of Keras' schedules."""
    batch_size: int = Field(128, ge=1, le=1_000_000)
    """Images in a mini-batch; the last mini-batch of an epoch may be smaller."""
    epochs: int = Field(10, ge=1, le=100_000)
    """Number of epochs; a training that did all of them counts as converged."""
    decay: Decay = 0.0
    """The paper's lambda: one for all layers with a kernel, or one for each."""
    decay_convention: DecayConvention = "lambda/2"
    """What p is: lambda divided by the layer's units k, by two, or lambda itself."""
    early_stopping: EarlyStopping | None = None
    """Early stopping; null trains all epochs on all images."""
    augmentation: Augmentation | None = None
    """Data augmentation; null uses the images unchanged."""

    max_norm: float | None = Field(None, gt=0, le=1e6, exclude_if=unused)
    """Max-norm constraint: after each step, the incoming weights of a unit, or the weights of a filter, are
    scaled down to this L2 norm if it is larger (Srivastava et al. 2014, section 5.1). null: no constraint."""
    l1_decay: Decay | None = Field(None, exclude_if=unused)
    """Factor of the sum of the absolute kernel weights, in addition to ``decay``: one number for all layers with
    a kernel, or one for each (Goodfellow et al. 2015, section 5). null adds nothing."""
    temperature: float | None = Field(None, gt=0, le=1e6, exclude_if=unused)
    """Temperature: the logits are divided by it, only in training (Hinton et al. 2015, section 2); null means 1."""
    probability: Probability = Field("softmax", exclude_if=as_before("softmax"))
    """How logits z become probabilities, in the training loss and in attacks: softmax over all classes; the
    sigmoid of each logit; or e^z for a last layer of log-probabilities (``rbf``). The last two have a separate
    cross-entropy for each class."""

    @property
    def read_as(self) -> Probability:
        """As the field says."""
        return self.probability

    def refuses(self, layers: Sequence[LayerRecipe]) -> str:
        """Refuse a decay for another number of layers, and logits that cannot be logarithms of probabilities."""
        if self.probability == "exponential" and not layers[-1].log_probabilities:
            return "takes probability: exponential only with a last layer rbf; write softmax or sigmoid"
        return miscounted(self.decay, layers) or miscounted(self.l1_decay or 0.0, layers, "l1_decay")

    def cost(self, layers: Sequence[LayerRecipe], images: int) -> float:
        """A rough cost on two cores: LeNet takes 12 s an epoch of 60,000 images, 100-100-10 a millisecond a step and 2 us an image."""
        if any(layer.convolves for layer in layers):
            return 3.0 + self.epochs * images * 2e-4
        units = sum(getattr(layer, "units", 0) for layer in layers)
        return 3.0 + self.epochs * images * (1e-3 / self.batch_size + 1e-8 * units)

    def train(
        self, network: Untrained, examples: Examples, streams: Streams, watch: Watch, journal: Journal, **given: Any
    ) -> Trained:
        """Train every epoch; progress and journal go epoch by epoch."""
        from harness.engine import minibatch

        decays = decay_factors(self.decay, self.decay_convention, network.start)
        return minibatch.train(network, self, decays, examples, streams, watch, journal, self.regime(given))

    def regime(self, given: Mapping[str, Any]) -> Any:
        """Return what each step is taken on, a ``Regime`` of the engine, from what fields name; None for the mini-batch."""
        return None

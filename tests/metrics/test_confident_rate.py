import numpy as np
import pytest

from harness.errors import Invalid
from harness.examples import Examples
from harness.metrics.confident_rate import ConfidentRate

ODDS = np.array([[6.0, 3, 1], [1, 8, 1], [2, 1, 1], [1, 1, 1]])


class Says:
    """A victim with the logits it is given, whatever the images."""

    image_shape, classes = (2, 2, 1), 3

    def __init__(self, logits):
        self.said = np.asarray(logits, float)

    def exact_logits(self, images):
        return self.said


def measured(logits, **options):
    n = len(logits)
    images = Examples(np.zeros((n, 2, 2, 1), np.float32), np.zeros(n, np.int64), np.arange(n))
    return ConfidentRate(**options)((Says(logits),), images, None)


def test_it_counts_the_images_with_a_class_above_the_threshold_and_not_one_at_it():
    value = measured(np.log(ODDS))  # probabilities of the largest: 0.6, 0.8, 0.5, 1/3
    assert (value.value, value.count, value.of) == (0.5, 2, 4)
    assert measured(np.log(ODDS), above=0.7).count == 1
    assert measured(np.log(ODDS), above=0.0).count == 4


def test_sigmoids_and_logarithms_of_probabilities_are_read_as_such():
    assert measured([[0.1, -5, -5], [-0.1, -0.1, -0.1]], probability="sigmoid").count == 1
    assert measured(np.log([[0.6, 0.9, 0.9], [0.4, 0.2, 0.45]]), probability="exponential").count == 1
    with pytest.raises(Invalid, match="confident-rate: probability: expected logits that are logarithms"):
        measured([[0.1, -1.0, -1.0]], probability="exponential")

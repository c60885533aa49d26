import numpy as np
import pytest

from harness.errors import ContractError
from harness.examples import Examples
from harness.metrics.error_rate import ErrorRate


class First:
    """A victim that calls every image 0."""

    image_shape = (2, 2, 1)
    classes = 3

    def predict(self, images):
        return np.zeros(len(images), np.int64)


def examples(labels, **crafted):
    n = len(labels)
    return Examples(np.zeros((n, 2, 2, 1), np.float32), np.array(labels, np.int64), np.arange(n), **crafted)


def test_it_is_the_fraction_of_images_called_something_else():
    value = ErrorRate()((First(),), examples([0, 1, 2, 0, 0]), None)
    assert (value.value, value.count, value.of) == (0.4, 2, 5)


def test_crafted_images_are_held_against_their_true_class_whatever_the_attack_found():
    crafted = examples([0, 1], targets=np.array([1, 0]), found=np.array([False, False]), distortion=np.zeros(2))
    assert ErrorRate()((First(),), None, crafted).value == 0.5


def test_it_needs_a_model():
    with pytest.raises(ContractError, match="needs a model"):
        ErrorRate()((), examples([0]), None)


def test_no_image_is_no_rate():
    with pytest.raises(ContractError, match="no image"):
        ErrorRate()((First(),), examples([]), None)

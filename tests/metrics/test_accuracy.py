import numpy as np
import pytest

from harness.errors import ContractError
from harness.examples import Examples
from harness.metrics.accuracy import Accuracy
from harness.metrics.error_rate import ErrorRate


class First:
    """A victim that calls every image 0."""

    image_shape = (2, 2, 1)
    classes = 3

    def predict(self, images):
        return np.zeros(len(images), np.int64)


def examples(labels):
    n = len(labels)
    return Examples(np.zeros((n, 2, 2, 1), np.float32), np.array(labels, np.int64), np.arange(n))


def test_it_is_the_fraction_of_images_called_what_they_are():
    value = Accuracy()((First(),), examples([0, 1, 2, 0, 0]), None)
    assert (value.value, value.count, value.of) == (0.6, 3, 5)


@pytest.mark.parametrize("labels", [[0], [1, 2], [0, 1, 0]])
def test_accuracy_and_error_rate_add_up_to_one(labels):
    assert (
        Accuracy()((First(),), examples(labels), None).value + ErrorRate()((First(),), examples(labels), None).value
        == 1
    )


def test_it_needs_a_model():
    with pytest.raises(ContractError, match="needs a model"):
        Accuracy()((), examples([0]), None)

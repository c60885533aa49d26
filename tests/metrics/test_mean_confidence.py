import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.datasets.digits import Digits
from harness.errors import ContractError, Invalid
from harness.examples import Examples
from harness.kinds.registry import discover
from harness.metrics.mean_confidence import MeanConfidence
from harness.models.fully_connected import FullyConnected
from harness.streams import Streams


class Says:
    """A victim with the logits it is given, whatever the images."""

    image_shape = (2, 2, 1)

    def __init__(self, logits):
        self.said = np.array(logits, float)
        self.classes = self.said.shape[1]

    def exact_logits(self, images):
        return self.said


def examples(labels):
    n = len(labels)
    return Examples(np.zeros((n, 2, 2, 1), np.float32), np.array(labels, np.int64), np.arange(n))


ODDS = np.array([[6.0, 3, 1], [1, 8, 1], [2, 1, 1]])
VICTIM = Says(np.log(ODDS))


def test_of_all_it_is_the_mean_of_the_probabilities_of_the_predicted_classes():
    value = MeanConfidence()((VICTIM,), examples([0, 0, 1]), None)
    assert value.value == pytest.approx((0.6 + 0.8 + 0.5) / 3)
    assert value.spread == pytest.approx(np.std([0.6, 0.8, 0.5], ddof=1))
    assert (value.of, value.count) == (3, None)


def test_of_mistakes_it_is_the_mean_over_the_images_whose_predicted_class_is_wrong():
    value = MeanConfidence(among="mistakes")((VICTIM,), examples([0, 0, 1]), None)
    assert value.value == pytest.approx((0.8 + 0.5) / 2)
    assert value.of == 2


def test_above_a_probability_it_is_the_mean_over_the_images_whose_class_has_more_than_that():
    value = MeanConfidence(above=0.5)((VICTIM,), examples([0, 0, 1]), None)
    assert (value.value, value.of) == (pytest.approx((0.6 + 0.8) / 2), 2)
    with pytest.raises(Invalid, match=r"no probability of 3 images is above 0\.9, so there is no mean"):
        MeanConfidence(above=0.9)((VICTIM,), examples([0, 0, 1]), None)
    assert MeanConfidence(above=0.9).fingerprint() != MeanConfidence().fingerprint()
    assert "above" not in MeanConfidence().fields()


def test_without_a_mistake_there_is_no_confidence_of_mistakes():
    with pytest.raises(Invalid, match="the network misclassifies none of the 3 images, so there is no mean"):
        MeanConfidence(among="mistakes")((VICTIM,), examples([0, 1, 0]), None)


def test_of_an_attack_s_images_it_is_that_of_what_the_attack_made():
    n = 3
    made = Examples(*vars(examples([0, 0, 1])).values())
    made = Examples(made.images + 0.5, made.labels, made.index, None, np.zeros(n, bool), np.zeros(n))

    class Looks(Says):
        def exact_logits(self, images):
            assert (images == 0.5).all()
            return self.said

    assert MeanConfidence()((Looks(np.log(ODDS)),), examples([0, 0, 1]), made).of == n


@given(st.lists(st.lists(st.floats(-800, 800), min_size=3, max_size=3), min_size=1, max_size=20))
def test_the_probabilities_are_those_of_softmax_and_of_the_sigmoid_however_large_the_logits(rows):
    logits = np.array(rows)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax = (shifted / shifted.sum(axis=1, keepdims=True)).max(axis=1)
    with np.errstate(over="ignore"):
        sigmoid = (1 / (1 + np.exp(-logits))).max(axis=1)
    zeros = examples([0] * len(rows))
    for probability, expected in (("softmax", softmax), ("sigmoid", sigmoid)):
        value = MeanConfidence(probability=probability)((Says(logits),), zeros, None).value
        assert value == pytest.approx(expected.mean(), rel=1e-9, abs=1e-12)


def test_logits_that_are_logarithms_of_probabilities_are_taken_as_they_are():
    victim = Says(np.log([[0.01, 0.002, 0.003], [0.5, 0.9, 0.8]]))
    assert MeanConfidence(probability="exponential")((victim,), examples([0, 1]), None).value == pytest.approx(0.455)
    with pytest.raises(Invalid, match=r"expected logits that are logarithms of probabilities, at most 0; found 2\.079"):
        MeanConfidence(probability="exponential")((VICTIM,), examples([0, 0, 1]), None)


def test_of_a_trained_network_it_is_the_softmax_of_keras():
    from keras import ops

    discover()
    digits = Digits()()
    recipe = FullyConnected(train_on="digits/train", hidden=(8,), decay=1e-3)
    victim = recipe.victim(recipe(train_on=digits["train"], streams=Streams(0, 1)))
    images = digits["test"]
    probabilities = ops.convert_to_numpy(ops.softmax(victim.logits(images.images)))
    wrong = probabilities.argmax(axis=1) != images.labels
    for among, rows in (("all", np.ones(len(images), bool)), ("mistakes", wrong)):
        value = MeanConfidence(among=among)((victim,), images, None)
        assert value.value == pytest.approx(probabilities.max(axis=1)[rows].mean(), rel=1e-5)
        assert value.of == rows.sum() > 0


def test_it_needs_a_model():
    with pytest.raises(ContractError, match="needs a model"):
        MeanConfidence()((), examples([0]), None)

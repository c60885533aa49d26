import numpy as np
import pytest
from pydantic import ValidationError

from harness.datasets.digits import Digits
from harness.errors import Infeasible
from harness.kinds.registry import discover
from harness.models.network import NetworkModel
from harness.streams import Streams

discover()


@pytest.fixture(scope="module")
def few():
    return Digits()()["train"].take(np.arange(300))


def network(training, units=10, hidden=20):
    layers = ({"dense": {"units": hidden, "activation": "relu"}}, {"dense": {"units": units}})
    return NetworkModel.model_validate({"train_on": "digits/train", "layers": layers, "training": training})


@pytest.fixture(scope="module")
def teacher(few):
    recipe = network({"kind": "minibatch", "optimizer": {"adam": {"learning_rate": 0.01}}, "epochs": 30})
    return recipe.victim(recipe(train_on=few, streams=Streams(0, 1)))


def taught(recipe, few, teacher):
    return recipe(train_on=few, streams=Streams(0, 2), **{"training.teacher": teacher})


def probabilities(z):
    p = np.exp(z - z.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


@pytest.mark.parametrize("temperature", [None, 4.0, 100.0])
def test_its_loss_is_the_cross_entropy_with_the_softened_targets_computed_by_hand(temperature, few, teacher):
    still = {"optimizer": {"sgd": {"learning_rate": 1e-9}}, "batch_size": 300, "epochs": 1}
    recipe = network({"kind": "distillation", "teacher": "t", "temperature": temperature, **still}, hidden=12)
    result = taught(recipe, few, teacher)
    t = temperature or 1.0
    targets = probabilities(teacher.exact_logits(few.images) / t)
    student = probabilities(recipe.victim(result).exact_logits(few.images) / t)
    assert result.facts["loss"] == pytest.approx(-(targets * np.log(student)).sum(1).mean(), rel=1e-4)


def test_one_step_is_down_the_gradient_of_that_loss(few, teacher):
    """A linear student: the gradient is x (p - q) / T, of the probabilities p of the student and q of the teacher."""
    layers = ({"dense": {"units": 10}},)
    step = {"optimizer": {"sgd": {"learning_rate": 0.5}}, "batch_size": 300, "epochs": 1}
    both = [
        NetworkModel.model_validate({"train_on": "digits/train", "layers": layers, "training": training})
        for training in ({"kind": "untrained"}, {"kind": "distillation", "teacher": "t", "temperature": 3.0, **step})
    ]
    start = both[0](train_on=few, streams=Streams(0, 2)).weights
    after = taught(both[1], few, teacher).weights
    x = few.images.reshape(300, -1).astype(np.float64)
    p = probabilities((x @ start["layer-1/kernel"] + start["layer-1/bias"]) / 3)
    q = probabilities(teacher.exact_logits(few.images) / 3)
    np.testing.assert_allclose(
        after["layer-1/kernel"], start["layer-1/kernel"] - 0.5 * x.T @ (p - q) / 3 / 300, rtol=1e-3, atol=1e-6
    )


def test_a_student_learns_what_its_teacher_says_and_not_the_labels(few, teacher):
    shuffled = few.labels[np.random.default_rng(0).permutation(300)]
    wrong = type(few)(few.images, shuffled, few.index)
    training = {"kind": "distillation", "teacher": "t", "temperature": 5.0, "epochs": 60, "batch_size": 50}
    recipe = network({**training, "optimizer": {"adam": {"learning_rate": 0.02}}})
    student = recipe.victim(taught(recipe, wrong, teacher))
    assert (student.predict(few.images) == teacher.predict(few.images)).mean() > 0.95


def test_a_teacher_of_other_classes_and_other_probabilities_are_refused_in_words(few, teacher):
    with pytest.raises(Infeasible, match="the teacher has 10 classes, the student 12"):
        taught(network({"kind": "distillation", "teacher": "t", "epochs": 1}, units=12), few, teacher)
    with pytest.raises(ValidationError, match="softmax alone"):
        network({"kind": "distillation", "teacher": "t", "probability": "sigmoid"})

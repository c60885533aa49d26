"""Data sets, models and victims hand back what their group asks for, or are refused by name."""

from dataclasses import replace

import numpy as np
import pytest

from harness.errors import ContractError
from harness.examples import Examples, Trained
from harness.kinds.contract import check_fit, check_victim, classified
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.model import ModelRecipe
from harness.streams import Streams


def split(n=6, shape=(2, 2, 1), first=0, classes=3):
    return Examples(np.full((n, *shape), 0.5, np.float32), np.arange(n) % classes, np.arange(first, first + n))


def loaded(made, **facts):
    """What a data set kind with the splits train and test makes of what its author returns."""
    body = {
        "load": lambda self, folders, **inputs: made,
        "splits": ("train", "test"),
        "classes": 3,
        "__module__": __name__,
    }
    return type(DatasetRecipe)("Data", (DatasetRecipe,), body | facts)()()


def test_splits_that_agree_pass():
    assert loaded({"test": split(4), "train": split(6)}).keys() == {"train", "test"}


@pytest.mark.parametrize("which", ["train", "test"])
@pytest.mark.parametrize("shape", [(2, 2, 3), (4, 1, 1), (1, 1, 4), (3, 2, 1)])
def test_splits_of_another_shape_are_refused_even_where_as_many_pixels_are_there(which, shape):
    splits = {"train": split(), "test": split()} | {which: split(shape=shape)}
    with pytest.raises(ContractError, match=r"has images of .* but .*/train has images of"):
        loaded(splits)


def test_images_of_another_shape_than_the_kind_declares_are_refused():
    with pytest.raises(ContractError, match="has images of 2×2×1, but the kind declares images of 3×3×1"):
        loaded({"train": split(), "test": split()}, image_shape=(3, 3, 1))


SPLIT = split()
WRONG = [
    ({"train": SPLIT}, "expected the splits"),
    ([SPLIT, SPLIT], "expected a mapping from split to Examples"),
    (None, "expected a mapping"),
    ({"train": SPLIT, "test": SPLIT.images}, "expected Examples, found float32"),
    ({"train": SPLIT, "test": replace(SPLIT, labels=SPLIT.labels.astype(np.int32))}, "labels: expected"),
    (
        {"train": SPLIT, "test": replace(SPLIT, labels=SPLIT.labels + 1)},
        r"expected labels from 0 to 2 \(3 classes\), found 3",
    ),
    ({"train": SPLIT, "test": replace(SPLIT, labels=SPLIT.labels - 1)}, "found -1"),
    ({"train": SPLIT, "test": replace(SPLIT, labels=np.eye(6, dtype=np.int64))}, "labels: expected"),
    ({"train": SPLIT, "test": replace(SPLIT, index=np.zeros(6, np.int64))}, "index must hold each"),
    ({"train": SPLIT, "test": replace(SPLIT, index=SPLIT.index - 1)}, "index must hold each"),
    ({"train": SPLIT, "test": replace(SPLIT, index=SPLIT.index[:3])}, "index: expected"),
    ({"train": SPLIT, "test": replace(SPLIT, images=SPLIT.images * 255)}, r"pixels must lie in \[0, 1\]"),
    ({"train": SPLIT, "test": replace(SPLIT, images=(SPLIT.images * 255).astype(np.uint8))}, "images: expected"),
    ({"train": SPLIT, "test": replace(SPLIT, images=SPLIT.images * np.float32("nan"))}, "not finite"),
    ({"train": SPLIT, "test": replace(SPLIT, found=np.ones(6, bool))}, "are an attack's"),
]


@pytest.mark.parametrize(("made", "message"), [pytest.param(*case, id=case[1]) for case in WRONG])
def test_a_split_that_cannot_be_is_refused_by_name(made, message):
    with pytest.raises(ContractError, match=message):
        loaded(made)


class Flat:
    image_shape = (2, 2, 1)
    classes = 3

    def exact_logits(self, images):
        return np.zeros((len(images), 3))

    def predict(self, images):
        return np.zeros(len(images), np.int64)


def model(trained=None, victim=None):
    """A model kind whose author returns these; calling it trains on the split above."""
    body = {
        "train": lambda self, **given: trained(given["train_on"]) if callable(trained) else trained,
        "victim": lambda self, trained, **inputs: victim,
        "__module__": __name__,
    }
    return type(ModelRecipe)("Model", (ModelRecipe,), body)(train_on="d/train")


@pytest.mark.parametrize(
    ("trained", "message"),
    [
        (None, "expected Trained, found nothing"),
        ({"w": np.ones(3)}, "expected Trained, found a value of type dict"),
        (Trained([np.ones(3)]), "weights: expected a mapping"),
        (Trained({"w": np.ones(3, np.int64)}), "weight 'w': expected a float array, found int64"),
        (Trained({"w": [1.0, 2.0]}), "weight 'w': expected a float array, found a value of type list"),
        (Trained({1: np.ones(3)}), "weight 1: expected"),
        (Trained({"w": np.array([1.0, np.nan])}), "weight 'w' is not finite"),
        (Trained({"w": np.ones(3)}, settled="yes"), "settled: expected true or false"),
        (Trained({"w": np.ones(3)}, facts={"loss": np.float32(3)}), "facts: expected values that JSON can represent"),
        (Trained({"w": np.ones(3)}, facts={"loss": float("nan")}), "facts: expected values that JSON can represent"),
    ],
)
def test_what_a_training_leaves_that_cannot_be_kept_is_refused_by_name(trained, message):
    with pytest.raises(ContractError, match=message):
        model(trained)(train_on=SPLIT, streams=Streams(0, 1))


def test_a_training_on_no_image_is_refused_before_it_begins():
    with pytest.raises(ContractError, match="no image to train on"):
        model(Trained({}))(train_on=SPLIT.take(np.arange(0)), streams=Streams(0, 1))


def test_a_training_cannot_change_its_images_in_place():
    def train(split):
        split.images[:] = 0

    with pytest.raises(ValueError, match="read-only"):
        model(train)(train_on=SPLIT, streams=Streams(0, 1))


def test_a_model_that_builds_on_one_for_other_images_is_refused():
    with pytest.raises(ContractError, match="found images of 3×3×1, but the model takes images of 2×2×1"):
        model(Trained({}))(train_on=split(shape=(3, 3, 1)), streams=Streams(0, 1), features=Flat())


@pytest.mark.parametrize(
    ("victim", "message"),
    [
        (None, "expected a Victim, found nothing without image_shape"),
        (type("Blind", (Flat,), {"image_shape": (4,)})(), "image_shape: expected"),
        (type("None_", (Flat,), {"classes": 0})(), "classes: expected a whole number of at least 1"),
        (type("Half", (), {"image_shape": (2, 2, 1), "classes": 3})(), "without predict, exact_logits"),
    ],
)
def test_a_rebuilt_model_that_is_no_victim_is_refused_by_name(victim, message):
    with pytest.raises(ContractError, match=message):
        model(victim=victim).rebuilt(Trained({}))


def test_a_victim_whose_predictions_have_another_shape_is_refused():
    crooked = type("Crooked", (Flat,), {"predict": lambda self, images: np.zeros((len(images), 1), np.int64)})()
    check_victim(crooked, "crooked")
    with pytest.raises(ContractError, match=r"predict of the model: expected a NumPy array int64 \(6,\)"):
        classified(crooked, SPLIT, "d/test")


def test_a_victim_looks_at_images_of_its_shape_and_labels_of_its_classes_alone():
    check_fit(Flat(), SPLIT, "d/test")
    with pytest.raises(ContractError, match="d/test: found images of 2×2×3"):
        check_fit(Flat(), split(shape=(2, 2, 3)), "d/test")
    with pytest.raises(ContractError, match="d/test: found the label 4"):
        check_fit(Flat(), split(classes=5), "d/test")

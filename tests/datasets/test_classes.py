import numpy as np
import pytest
from pydantic import ValidationError

from harness.datasets.classes import SomeClasses
from harness.datasets.digits import Digits
from harness.errors import ContractError


@pytest.fixture(scope="module")
def whole():
    return Digits()()


@pytest.mark.parametrize("keep", [(3, 7), (7, 3), (9, 0, 4)])
def test_it_holds_all_images_of_the_classes_kept_and_no_other_with_labels_counted_anew(whole, keep):
    recipe = SomeClasses(of="digits", keep=keep)
    parts = recipe(of=whole)
    assert set(parts) == {"train", "test"}
    assert recipe.known("classes") == len(keep)
    for split, part in parts.items():
        for label, digit in enumerate(keep):
            expected = whole[split].images[whole[split].labels == digit]
            np.testing.assert_array_equal(part.images[part.labels == label], expected)
        assert len(part) == np.isin(whole[split].labels, keep).sum()
        np.testing.assert_array_equal(part.index, np.arange(len(part)))


def test_images_keep_their_order(whole):
    part = SomeClasses(of="digits", keep=(7, 3))(of=whole)["test"]
    rows = [k for k, label in enumerate(whole["test"].labels) if label in (3, 7)]
    np.testing.assert_array_equal(part.images, whole["test"].images[rows])
    np.testing.assert_array_equal(part.labels, [{7: 0, 3: 1}[int(whole["test"].labels[row])] for row in rows])


def test_a_class_named_twice_alone_or_unknown_is_refused_in_words(whole):
    with pytest.raises(ValidationError, match="each class once"):
        SomeClasses(of="digits", keep=(3, 3))
    with pytest.raises(ValidationError, match="two classes at least"):
        SomeClasses(of="digits", keep=(3,))
    with pytest.raises(ContractError, match="'digits' has no class 10 to train on"):
        SomeClasses(of="digits", keep=(3, 10))(of=whole)
    with pytest.raises(ContractError, match="has no split test"):
        SomeClasses(of="digits", keep=(3, 7))(of={"train": whole["train"]})


def test_the_rest_is_one_more_class_of_as_many_images_evenly_spaced(whole):
    recipe = SomeClasses(of="digits", keep=(3,), rest=True)
    assert recipe.known("classes") == 2
    for split, part in recipe(of=whole).items():
        threes = int((whole[split].labels == 3).sum())
        assert np.bincount(part.labels).tolist() == [threes, threes]
        np.testing.assert_array_equal(part.images[part.labels == 0], whole[split].images[whole[split].labels == 3])
        others = np.flatnonzero(whole[split].labels != 3)
        np.testing.assert_array_equal(part.images[part.labels == 1][0], whole[split].images[others[0]])
    assert "rest" not in SomeClasses(of="digits", keep=(3, 7)).model_dump()


def test_of_a_rest_smaller_than_the_classes_kept_every_image_is_taken(whole):
    part = SomeClasses(of="digits", keep=(0, 1, 2, 3, 4, 5, 6, 7, 8), rest=True)(of=whole)["test"]
    assert (part.labels == 9).sum() == (whole["test"].labels == 9).sum()

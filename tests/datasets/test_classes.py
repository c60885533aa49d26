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

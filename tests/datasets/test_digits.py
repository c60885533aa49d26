import numpy as np
import pytest
from sklearn.datasets import load_digits

from harness.datasets.digits import Digits


def test_the_splits_hold_every_digit_once():
    splits = Digits()()
    assert (len(splits["train"]), len(splits["test"])) == (1200, 597)
    pixels = np.concatenate([split.images for split in splits.values()]).reshape(1797, 64) * 16
    labels = np.concatenate([split.labels for split in splits.values()])
    original = load_digits()
    ours, theirs = np.c_[pixels, labels], np.c_[original.data, original.target]
    np.testing.assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])


def test_the_size_of_the_test_split_is_a_choice():
    assert len(Digits(test=100)()["test"]) == 100


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_class_is_in_every_split(split):
    assert set(Digits()()[split].labels) == set(range(10))


def test_another_seed_cuts_otherwise_and_the_same_seed_alike():
    digest = Digits().digest(Digits()())
    assert Digits().digest(Digits()()) == digest
    assert Digits(seed=1).digest(Digits(seed=1)()) != digest

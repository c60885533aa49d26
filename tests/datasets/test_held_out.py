import numpy as np
import pytest

from harness.datasets.digits import Digits
from harness.datasets.held_out import HeldOut
from harness.errors import ContractError


@pytest.fixture(scope="module")
def whole():
    return Digits(test=600)()


def rows(split):
    return {image.tobytes() for image in split.images}


@pytest.mark.parametrize("images", [1, 200, 700, 1196])
def test_what_is_held_out_and_what_is_left_are_disjoint_and_together_the_training_split(whole, images):
    parts = HeldOut(of="digits", images=images)(of=whole)
    assert len(parts["held-out"]) == images
    assert len(parts["train"]) == len(whole["train"]) - images
    assert rows(parts["train"]) | rows(parts["held-out"]) == rows(whole["train"])
    assert not rows(parts["train"]) & rows(parts["held-out"])


def test_each_class_is_held_out_in_its_share(whole):
    held_out = np.bincount(HeldOut(of="digits", images=300)(of=whole)["held-out"].labels, minlength=10)
    share = np.bincount(whole["train"].labels, minlength=10) * 300 / len(whole["train"])
    assert np.abs(held_out - share).max() <= 1


def test_it_has_no_test_split_and_another_seed_holds_other_images_out(whole):
    first, other = (HeldOut(of="digits", images=300, seed=seed)(of=whole) for seed in (0, 1))
    assert set(first) == {"train", "held-out"}
    assert rows(first["held-out"]) != rows(other["held-out"])


def test_more_images_than_there_are_is_refused_in_words(whole):
    with pytest.raises(ContractError, match="cannot hold 5000 of 1197 images out"):
        HeldOut(of="digits", images=5000)(of=whole)

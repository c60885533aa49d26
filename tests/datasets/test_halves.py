import numpy as np
import pytest

from harness.datasets.digits import Digits
from harness.datasets.halves import Halves
from harness.errors import ContractError


@pytest.fixture(scope="module")
def whole():
    return Digits(test=600)()


def rows(split):
    return {image.tobytes() for image in split.images}


@pytest.mark.parametrize("draw", ["first-second", "random", "stratified"])
def test_the_halves_are_disjoint_and_together_the_training_split(whole, draw):
    halves = Halves(of="digits", draw=draw)(of=whole)
    assert (len(halves["p1"]), len(halves["p2"])) == (599, 598)
    assert rows(halves["p1"]) | rows(halves["p2"]) == rows(whole["train"])
    assert not rows(halves["p1"]) & rows(halves["p2"])
    np.testing.assert_array_equal(halves["test"].images, whole["test"].images)


def test_first_and_second_follow_the_given_order(whole):
    halves = Halves(of="digits")(of=whole)
    np.testing.assert_array_equal(halves["p1"].labels, whole["train"].labels[:599])


def test_stratified_halves_share_out_every_class_evenly(whole):
    halves = Halves(of="digits", draw="stratified")(of=whole)
    first, second = (np.bincount(halves[name].labels, minlength=10) for name in ("p1", "p2"))
    assert np.abs(first - second).max() <= 1


@pytest.mark.parametrize("draw", ["random", "stratified"])
def test_another_seed_draws_other_halves(whole, draw):
    first, other = (Halves(of="digits", draw=draw, seed=seed)(of=whole)["p1"] for seed in (0, 1))
    assert rows(first) != rows(other)


def test_an_image_is_known_by_its_place_in_the_half(whole):
    np.testing.assert_array_equal(Halves(of="digits")(of=whole)["p2"].index, np.arange(598))


def test_a_set_without_a_training_split_is_refused(whole):
    with pytest.raises(ContractError, match="no split train"):
        Halves(of="digits")(of={"test": whole["test"]})

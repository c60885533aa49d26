from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import Infeasible, Invalid
from harness.examples import Examples
from harness.metrics.class_agreement import ClassAgreement


class Calls:
    """A victim that gives the classes it is given, whatever the images."""

    image_shape, classes = (2, 2, 1), 4

    def __init__(self, *calls):
        self.calls = np.array(calls, np.int64)

    def predict(self, images):
        return self.calls


def examples(*labels):
    n = len(labels)
    return Examples(np.zeros((n, 2, 2, 1), np.float32), np.array(labels, np.int64), np.arange(n))


TRUE = examples(0, 0, 0, 0, 0, 0)
FIRST = Calls(1, 1, 2, 3, 1, 0)
OTHER = Calls(1, 1, 1, 0, 0, 2)


def test_of_the_mistakes_of_both_it_is_the_share_with_one_class():
    value = ClassAgreement()((FIRST, OTHER), TRUE, None)
    assert (value.count, value.of) == (2, 3)
    assert value.value == 2 / 3


def test_of_the_first_s_mistakes_it_counts_those_that_the_other_gets_right_as_no_agreement():
    value = ClassAgreement(among="first")((FIRST, OTHER), TRUE, None)
    assert (value.count, value.of) == (2, 5)
    assert ClassAgreement(among="first")((OTHER, FIRST), TRUE, None).of == 4


def test_more_than_two_agree_where_all_give_one_class():
    value = ClassAgreement()((FIRST, OTHER, Calls(1, 2, 2, 2, 2, 2)), TRUE, None)
    assert (value.count, value.of) == (1, 3)


CLASSES = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=50)


@given(CLASSES)
def test_it_is_what_counting_one_by_one_gives(rows):
    true, ours, theirs = zip(*rows, strict=True)
    both = [(a, b) for label, a, b in rows if label not in {a, b}]
    victims = (Calls(*ours), Calls(*theirs))
    if both:
        value = ClassAgreement()(victims, examples(*true), None)
        assert (value.count, value.of) == (sum(a == b for a, b in both), len(both))
    else:
        with pytest.raises(Invalid, match="all networks misclassify none"):
            ClassAgreement()(victims, examples(*true), None)


def test_a_first_network_without_mistakes_has_none_to_agree_on():
    with pytest.raises(Invalid, match="of 6 images, the first network misclassifies none"):
        ClassAgreement(among="first")((Calls(0, 0, 0, 0, 0, 0), OTHER), TRUE, None)


def test_it_is_taken_on_what_an_attack_made_where_there_is_one():
    made = replace(examples(1, 1, 1, 1, 1, 1), found=np.zeros(6, bool), distortion=np.zeros(6))
    value = ClassAgreement()((FIRST, OTHER), None, made)
    assert (value.count, value.of) == (0, 2)


def test_one_network_has_none_to_agree_with():
    with pytest.raises(Infeasible, match=r"class-agreement: compares networks with each other; list at least two"):
        ClassAgreement()((FIRST,), TRUE, None)

"""A metric's value is a number that can be, or it is refused by name."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ContractError
from harness.examples import Examples, Value
from harness.kinds.metric import MetricRecipe
from harness.kinds.metric_checks import checked_value

CLEAN = Examples(np.zeros((4, 2, 2, 1), np.float32), np.zeros(4, np.int64), np.arange(4))

WRONG = {
    "value": [math.nan, math.inf, -math.inf, 1e200, "0.5", None, True, 1j, np.zeros(3)],
    "count": [-1, 2.0, True, 5, "3"],
    "of": [0, -3, 4.0, "4", True],
    "spread": [-0.1, math.nan, "0"],
    "histogram": [
        (),
        ((0.0, 1.0),),
        ((0.0, 1.0), (1, 2)),
        ((1.0, 0.0), (1,)),
        ((0.0, 0.0), (1,)),
        3,
        ((0.0, 1.0), (-1,)),
    ],
}
PARTS = [
    pytest.param(part, value, id=f"{part}-{at}") for part, values in WRONG.items() for at, value in enumerate(values)
]


@pytest.mark.parametrize(("part", "value"), PARTS)
def test_a_part_that_cannot_be_is_refused_by_name(part, value):
    given = {"value": 0.75, "count": 3, "of": 4} | {part: value}
    with pytest.raises(ContractError, match=rf"^rate: {part}.*: expected .*, found ") as caught:
        checked_value(Value(**given), "rate", "number", 10**9)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("value", [None, 0.5, (0.5, 4), {"value": 0.5}])
def test_what_is_no_value_is_refused(value):
    with pytest.raises(ContractError, match="expected a Value"):
        checked_value(value, "rate", "fraction", 10**9)


@pytest.mark.parametrize(
    ("unit", "value"), [("fraction", -0.1), ("fraction", 1.1), ("fraction", 97.0), ("distortion", -1.0)]
)
def test_a_value_must_be_one_of_its_unit(unit, value):
    with pytest.raises(ContractError, match="value: expected a"):
        checked_value(Value(value), "rate", unit, 10**9)


def test_a_rate_must_be_what_it_was_counted_to_be():
    with pytest.raises(ContractError, match="count / of, which is 1 / 4"):
        checked_value(Value(1.0, 1, 4), "rate", "fraction", 10**9)


@given(st.integers(1, 10**6).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_any_rate_of_counts_passes_and_numpy_s_numbers_become_python_s(counted):
    count, of = counted
    value = checked_value(Value(np.float64(count / of), np.int64(count), np.int32(of)), "rate", "fraction", 10**9)
    assert (value.count, value.of) == counted
    assert [type(part) for part in (value.value, value.count, value.of)] == [float, int, int]


def metric(**facts):
    def measure(self, victims, clean, made):
        return Value(float(len(self.shown(clean, made))))

    body = {"measure": measure, "__module__": __name__, **facts}
    return type(MetricRecipe)("Needy", (MetricRecipe,), body)()


def test_what_a_metric_needs_is_asked_for_once_before_it_measures():
    with pytest.raises(ContractError, match="needs a model"):
        metric()((), CLEAN, None)
    with pytest.raises(ContractError, match="needs adversarial images"):
        metric(needs=("made",))((), CLEAN, None)
    with pytest.raises(ContractError, match="needs the clean images"):
        metric(needs=("clean",))((), None, CLEAN)
    with pytest.raises(ContractError, match="no image to measure on"):
        metric()((), CLEAN.take(np.arange(0)), None)


def test_a_metric_cannot_count_more_images_than_it_was_given():
    assert checked_value(Value(0.5, 2, 4), "rate", "fraction", 4).of == 4
    with pytest.raises(ContractError, match=r"rate: of: expected at most 3, the images it was given, found 4"):
        checked_value(Value(0.5, 2, 4), "rate", "fraction", 3)


def test_an_attack_may_make_several_examples_of_one_image_and_all_are_counted():
    twice = Examples(*(np.repeat(part, 2, axis=0) for part in (CLEAN.images, CLEAN.labels, CLEAN.index)))
    twice = Examples(*list(vars(twice).values())[:3], None, np.ones(8, bool), np.zeros(8))
    counts = metric(needs=("clean", "made"), measure=lambda self, victims, clean, made: Value(1.0, 8, 8))
    assert counts((), CLEAN, twice).of == 8
    with pytest.raises(ContractError, match="of: expected at most 4, the images it was given, found 8"):
        metric(needs=(), measure=lambda self, victims, clean, made: Value(1.0, 8, 8))((), CLEAN, None)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.integers(1, 40))
def test_a_mean_over_images_has_numpy_s_mean_and_spread_and_a_histogram_of_them_all(values, bins):
    array = np.array(values)
    value = MetricRecipe.mean_of(array, bins)
    assert value.value == array.mean()
    assert value.spread == (array.std(ddof=1) if len(array) > 1 else 0.0)
    assert (value.of, value.count) == (len(array), None)
    edges, counts = value.histogram
    assert (len(counts), sum(counts), edges[0]) == (bins, len(array), 0.0)
    assert MetricRecipe.mean_of(array).histogram is None

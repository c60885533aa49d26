"""Shuffled tables: the expected number of cells that reproduce, against permutations that are really drawn."""

from itertools import permutations
from statistics import mean

import numpy as np
import pytest
from records import margin
from tables import POINTS, clean, fed, noisy, table

from harness.judge import judge
from harness.judge.outcome import Outcome
from harness.judge.shuffled import Shuffled, shuffled, shuffled_in_words

PRINTED = ("10", "20", "22", "40")


def runs(percent):
    return tuple((percent + step) / 100 for step in (-0.2, 0.0, 0.2))


def reproduced(record):
    return [verdict.outcome is Outcome.REPRODUCED for verdict in judge(record) if verdict.claim.startswith("t/")]


def dealt(numbers, measured=(10.1, 20.2, 21.9, 30.0), width=POINTS):
    claims = [fed(number, f"row{place}", width=width) for place, number in enumerate(numbers)]
    return table(
        *claims, values={each.id: runs(value) for each, value in zip(claims, measured, strict=True)}, of=100_000
    )


def found(record):
    return shuffled(record.paper.exhibits[0], record, {verdict.claim: verdict for verdict in judge(record)})


@pytest.mark.parametrize("width", [margin(absolute=3), margin(relative=0.2), margin(sampling={"images": 256})])
def test_the_expected_number_is_that_over_all_permutations_that_leave_no_number_in_its_place_alone(width):
    (told,) = found(dealt(PRINTED, width=width))
    # An oracle that shuffles: in the mean over all permutations, each cell has each number of another equally often.
    drawn = [(order, reproduced(dealt(order, width=width))) for order in permutations(PRINTED)]
    by_cell = [
        mean(right[cell] for order, right in drawn if order[cell] != PRINTED[cell]) for cell in range(len(PRINTED))
    ]
    assert told.expected == pytest.approx(sum(by_cell))
    assert told.own == sum(reproduced(dealt(PRINTED, width=width)))
    assert (told.cells, told.what) == (4, "error rate of examples fed to another network")


def test_numbers_that_all_lie_within_each_other_s_margins_reproduce_shuffled_as_they_do_in_their_places():
    (told,) = found(dealt(("10", "10.1", "10.2"), (10.0, 10.1, 10.2)))
    assert (told.own, told.expected) == (3, pytest.approx(3.0))


def test_numbers_far_apart_reproduce_in_their_places_alone():
    (told,) = found(dealt(("10", "30", "60"), (10.0, 30.0, 60.0)))
    assert (told.own, told.expected) == (3, 0.0)
    assert shuffled_in_words((told,)) == (
        "Permutation test: 3 of 3 cells (error rate of examples fed to another network) reproduce with the printed numbers in "
        "their cells, 0.0 on average if these are shuffled."
    )


def test_cells_are_shuffled_among_their_own_kind_and_one_alone_is_not_shuffled():
    claims = fed("10", "a"), fed("20", "b"), noisy("9"), noisy("8", model="n"), clean("7")
    record = table(*claims, values={each.id: runs(float(each.expected.printed)) for each in claims}, of=100_000)
    assert [(each.what, each.cells, each.own) for each in found(record)] == [
        ("error rate of examples fed to another network", 2, 2),
        ("error rate under a control", 2, 2),
    ]
    assert found(table(fed("10", "a"), noisy("9"), values={"t/a/m": runs(10.0)})) == ()


def test_cells_that_shuffled_numbers_reproduce_as_often_are_said_to_tell_nothing_apart():
    said = shuffled_in_words([Shuffled("a control", 6, 6, 6.0), Shuffled("transfer", 6, 5, 2.5)])
    assert said.endswith("The cells (a control) do not distinguish their numbers from shuffled ones.")
    assert "do not distinguish" not in shuffled_in_words([Shuffled("transfer", 6, 5, 2.5)])
    assert "do not distinguish" not in shuffled_in_words([Shuffled("distortion", 6, 0, 0.0)])


def test_equal_numbers_and_cells_that_were_not_judged_are_not_shuffled():
    assert found(dealt(("10", "10"), (10.0, 10.0))) == ()
    record = table(fed("10", "a"), fed("20", "b"), values={"t/a/m": runs(10.0)})
    assert found(record) == ()


def test_what_is_true_by_construction_is_left_out():
    own = [fed("100", "a", made_for="m"), fed("50", "b", made_for="m"), fed("40", "c", made_for="m")]
    record = table(*own, values={own[0].id: (1.0, 1.0, 1.0), own[1].id: runs(50.0), own[2].id: runs(40.0)}, of=100_000)
    (told,) = found(record)
    assert (told.cells, told.own) == (2, 2)


def test_a_table_of_noise_reproduces_as_often_shuffled_as_in_its_places():
    # Numbers that say nothing about their cells: on average the two counts are the same.
    rng, own, expected = np.random.default_rng(3), [], []
    for _ in range(40):
        numbers, values = (rng.choice(np.arange(10.0, 26.0), 5) for _ in range(2))
        (told,) = found(dealt([f"{number:.1f}" for number in numbers], values)) or [None]
        if told is not None:
            own.append(told.own)
            expected.append(told.expected)
    assert mean(own) == pytest.approx(mean(expected), abs=0.3)

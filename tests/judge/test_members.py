"""Claims on each member of a list: no mean hides one, and neither error exceeds the level."""

import numpy as np
import pytest
from records import claim, record

from harness.judge import judge
from harness.judge.looks import LEVEL
from harness.judge.outcome import Outcome
from harness.record.measurement import Measurement, MemberValue, Run, Sampled

NAMES = ("small", "middle", "large")


def side(values, key):
    members = tuple(MemberValue(value=float(each), of=1000) for each in values)
    keys = tuple(f"{key} {name}" for name in NAMES[: len(values)])
    return Sampled(
        keys=keys, value=float(np.mean(values)), of=1000 * len(values), members=members if len(values) > 1 else ()
    )


def measurement(name, runs, others=None):
    return Measurement(
        claim=name,
        inputs="same",
        runs=tuple(
            Run(
                run=at + 1,
                measured=side(values, f"{name} {at}"),
                other=None if others is None else side(others[at], f"{name} {at} other"),
            )
            for at, values in enumerate(runs)
        ),
    )


def judged(one, runs, others=None):
    (found,) = judge(record((one, measurement(one.id, runs, others))))
    return found


def runs_about(*means, count=3):
    return [[mean + step for mean in means] for step in np.linspace(-0.0002, 0.0002, count)]


def each(**given):
    return claim(**{"model": NAMES, "each": True, **given})


def test_a_mean_that_fits_hides_no_member_that_does_not():
    runs = runs_about(0.060, 0.074, 0.088)
    assert judged(claim(model=NAMES), runs).outcome == Outcome.REPRODUCED
    found = judged(each(), runs)
    assert found.outcome == Outcome.NOT_REPRODUCED
    assert "The decisive one of 3 comparisons is " in found.sentence
    assert abs(found.mean - 7.4) == pytest.approx(1.4, abs=0.01)


def test_it_is_reproduced_where_every_member_fits_and_the_nearest_to_the_margin_is_shown():
    found = judged(each(), runs_about(0.0740, 0.0741, 0.0745))
    assert found.outcome == Outcome.REPRODUCED
    assert "is large." in found.sentence
    assert found.mean == pytest.approx(7.45)


def test_one_undecided_member_leaves_it_open():
    runs = [[0.0740, 0.0770], [0.0741, 0.0790], [0.0742, 0.0740]]
    found = judged(each(model=NAMES[:2]), runs)
    assert found.outcome == Outcome.INCONCLUSIVE
    assert "is middle." in found.sentence


def test_each_member_may_be_compared_with_its_own_other_or_with_one_for_all():
    one = each(relation="less_than")
    own = one.model_copy(update={"other": one.measure.model_copy(update={"data": "d/train"})})
    assert judged(own, runs_about(0.1, 0.2, 0.3), runs_about(0.15, 0.25, 0.35)).outcome == Outcome.REPRODUCED
    assert judged(own, runs_about(0.1, 0.2, 0.3), runs_about(0.15, 0.25, 0.25)).outcome == Outcome.NOT_REPRODUCED
    single = one.model_copy(update={"other": one.measure.model_copy(update={"model": "n"})})
    assert judged(single, runs_about(0.1, 0.2, 0.3), runs_about(0.15)).outcome == Outcome.NOT_REPRODUCED


@pytest.mark.parametrize(
    ("relation", "means", "outcome"),
    [
        ("increasing", (0.1, 0.2, 0.3), Outcome.REPRODUCED),
        ("decreasing", (0.3, 0.2, 0.1), Outcome.REPRODUCED),
        ("increasing", (0.1, 0.3, 0.2), Outcome.NOT_REPRODUCED),
        ("decreasing", (0.1, 0.2, 0.3), Outcome.NOT_REPRODUCED),
    ],
)
def test_a_trend_is_judged_from_each_member_to_the_next(relation, means, outcome):
    found = judged(claim(relation=relation, model=NAMES), runs_about(*means))
    assert found.outcome == outcome, found.sentence
    assert " after " in found.sentence
    assert found.reason == ("as-ordered" if outcome is Outcome.REPRODUCED else "opposite")


def test_neighbours_that_cannot_be_told_apart_leave_a_trend_open():
    runs = [[0.1, 0.2, 0.2005], [0.1, 0.2, 0.1998], [0.1, 0.2, 0.2001]]
    found = judged(claim(relation="increasing", model=NAMES), runs)
    assert found.outcome == Outcome.INCONCLUSIVE
    assert "is large after middle." in found.sentence


def test_a_record_without_the_values_of_members_says_what_adds_them():
    one = each()
    made = measurement(one.id, runs_about(0.074, 0.074, 0.074))
    bare = tuple(
        run.model_copy(update={"measured": run.measured.model_copy(update={"members": ()})}) for run in made.runs
    )
    (found,) = judge(record((one, made.model_copy(update={"runs": bare}))))
    assert (found.outcome, found.reason) == (Outcome.NOT_RUN, "failed")
    assert "no values for the single members" in found.sentence


def test_a_record_without_members_is_written_as_it_was_before_they_were_kept():
    assert "members" not in side([0.1], "k").model_dump(mode="json")
    assert len(side([0.1, 0.2], "k").model_dump(mode="json")["members"]) == 2
    again = Sampled.model_validate_json(side([0.1, 0.2], "k").model_dump_json())
    assert again == side([0.1, 0.2], "k")


def test_with_every_member_but_one_far_inside_and_that_one_at_the_margin_it_is_reproduced_at_most_at_the_level():
    rng = np.random.default_rng(3)
    outcomes = [
        judged(each(model=NAMES[:2]), rng.normal([0.074, 0.079], [0.0005, 0.002], (3, 2))).outcome for _ in range(600)
    ]
    assert np.mean([each is Outcome.REPRODUCED for each in outcomes]) <= LEVEL


def test_with_every_member_at_its_bound_it_is_refuted_at_most_at_the_level():
    rng = np.random.default_rng(4)
    one = each(relation="less_than")
    own = one.model_copy(update={"other": one.measure.model_copy(update={"data": "d/train"})})
    outcomes = [judged(own, rng.normal(0.1, 0.01, (3, 3)), rng.normal(0.1, 0.01, (3, 3))).outcome for _ in range(600)]
    assert np.mean([each is Outcome.NOT_REPRODUCED for each in outcomes]) <= LEVEL + 0.02

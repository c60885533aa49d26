"""Attacks that left images out: whether the worst those may be could move the mean by more than the margin."""

from hypothesis import given
from hypothesis import strategies as st
from records import claim, distortion, margin, verdict

from harness.judge.outcome import Outcome
from harness.spec.claim import Measure

RUNS = (0.062, 0.061, 0.062)
MEAN = sum(RUNS) / 3


def judged(found, width=0.01, **more):
    return verdict(distortion(margin=margin(absolute=width), **more), RUNS, found=found, counted=False)


def incomplete(found):
    return (found.outcome, found.reason) == (Outcome.NOT_COMPARABLE, "attack-incomplete")


def test_a_mean_is_compared_only_where_the_images_without_an_example_could_not_move_it_beyond_the_margin():
    # The worst case is that each of them needs the largest distortion there is, 1.
    missing = 0.01 / (1 - MEAN)
    assert not incomplete(judged(1 - 0.99 * missing))
    assert incomplete(judged(1 - 1.01 * missing))


def test_the_same_attack_is_compared_at_a_wide_margin_and_not_at_a_narrow_one():
    assert not incomplete(judged(0.98, width=0.03))
    assert incomplete(judged(0.98, width=0.01))
    assert incomplete(judged(0.995, width=0.004))


@given(st.floats(0.9, 1), st.floats(0.002, 0.03), st.floats(0, 1))
def test_whatever_the_missing_images_need_no_compared_mean_moves_beyond_its_margin(found, width, worst):
    if not incomplete(judged(found, width)):
        over_all = found * MEAN + (1 - found) * worst
        assert abs(over_all - MEAN) <= width + 1e-12


def test_the_sentence_says_how_many_were_found_and_how_far_the_others_could_move_the_mean():
    assert judged(0.98).sentence.endswith(
        "because the mean is over the 98 % of the images on which the attack succeeded; the other images could change it by up to "
        "0.0188, more than the margin of 0.01. The attack succeeded on 98 % of the images."
    )


def test_a_bound_on_distortions_that_have_no_end_keeps_the_flat_floor():
    beyond = {"printed": "1.2", "width": 0.1}
    runs = (1.2, 1.21, 1.19)

    def unbounded(found):
        one = distortion(printed=beyond["printed"], margin=margin(absolute=beyond["width"]))
        return verdict(one, runs, found=found, counted=False)

    assert not incomplete(unbounded(0.991))
    assert incomplete(unbounded(0.989))


def test_an_order_is_compared_only_where_the_missing_images_could_not_turn_it():
    order = distortion(relation="less_than", printed=None, margin=None)
    near = verdict(order, [0.05, 0.051, 0.052], [0.06, 0.061, 0.06], found=0.98, counted=False)
    wide = verdict(order, [0.05, 0.051, 0.052], [0.16, 0.161, 0.16], found=0.98, counted=False)
    assert incomplete(near)
    assert "more than the difference" in near.sentence
    assert not incomplete(wide)


def test_a_rate_over_all_images_leaves_none_out():
    assert not incomplete(verdict(claim(attack="a"), (0.074, 0.0741, 0.0742), found=0.2))


def test_noise_is_measured_on_all_images_however_few_of_them_it_fools():
    other = Measure(metric="perturbation", data="points/test", model="a", attack="noise")
    order = distortion(relation="less_than", printed=None, margin=None).model_copy(update={"other": other})
    sides = [0.05, 0.051, 0.052], [0.1, 0.1, 0.1]
    assert not incomplete(verdict(order, *sides, found=1.0, other_found=0.05, counted=False))
    assert incomplete(verdict(order, *sides, found=0.8, other_found=0.05, counted=False))

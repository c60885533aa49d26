"""Margins that follow from images and pilots: never wider for fewer images of ours, and in printed units."""

import numpy as np
import pytest
from records import claim, distortion, margin, measured, pilot, record, verdict

from harness.judge import judge
from harness.judge.relations import margin as width_of
from harness.judge.statistics import sampling_margin, wilson_half_width
from harness.spec.claim import Expected, Sampling
from harness.spec.sample import Sample

TRIALS = 40_000
OURS = [16, 64, 256, 1024]


def of(images):
    return margin(sampling=Sampling(images=images))


@pytest.mark.parametrize("between", [0.0, 0.5, 5.0])
@pytest.mark.parametrize("printed", ["0", "4.2", "30.0", "100"])
def test_a_sampling_margin_is_the_same_for_every_number_of_our_own_images(printed, between):
    made = claim(printed=printed, margin=of(16))
    rate = float(printed)
    widths = []
    for images in OURS:
        spread = np.sqrt(between**2 + rate * (100 - rate) / images)
        shown = pilot(float(spread), mean=rate, images=images)
        widths.append(width_of(made.expected, None, None, shown, images=images))
    assert max(widths) <= 1.001 * min(widths)
    half = 100 * float(wilson_half_width(rate / 100, 16))
    assert widths[0] == pytest.approx(np.hypot(half, 1.96 * between), rel=1e-3)


@pytest.mark.parametrize("between", [0.05, 0.15])
def test_with_pilots_of_five_that_draw_as_few_images_the_margin_stays_flat_on_average(between):
    """Within a few percent: an estimated variance below 0 counts as 0, which widens the margin of the fewest images."""
    half, variance, rng = float(wilson_half_width(0.3, 16)), 0.21, np.random.default_rng(1)
    means = []
    for images in OURS:
        runs = rng.normal(0.3, between, (TRIALS, 5)).clip(0, 1)
        spread = (rng.binomial(images, runs) / images).std(axis=1, ddof=1)
        means.append(sampling_margin(half, spread, variance - between**2, images).mean())
    assert max(means) <= 1.08 * min(means)


def test_a_pilot_that_spreads_no_more_than_its_own_sample_does_adds_nothing():
    assert sampling_margin(0.05, 0.03, 0.25, 256) == pytest.approx(0.05)
    assert sampling_margin(0.05, 0.03) == pytest.approx(np.hypot(0.05, 1.96 * 0.03))


def test_a_whole_split_is_the_same_in_each_run_and_adds_nothing_to_their_spread():
    drawn = claim(margin=of(256), sample=Sample(count=256))
    whole = claim(margin=of(256))
    narrow, wide = (verdict(one, [0.07, 0.074, 0.078], of=256, piloted=pilot(1.0)).margin for one in (drawn, whole))
    assert narrow < wide == pytest.approx(np.hypot(100 * wilson_half_width(0.074, 256), 1.96))


def test_a_mean_of_values_between_0_and_1_has_its_own_variance_and_not_that_of_a_count():
    one = claim(unit="fraction", printed="0.700", margin=of(100), metric="confidence")
    runs = measured(one.id, [0.70, 0.71, 0.69], counted=False, inputs="these")
    sides = [run.measured.model_copy(update={"spread": 0.1}) for run in runs.runs]
    spread = [run.model_copy(update={"measured": side}) for run, side in zip(runs.runs, sides, strict=True)]
    found = judge(record((one, runs.model_copy(update={"runs": tuple(spread)}))))[0]
    assert found.margin == pytest.approx(1.96 * 0.1 / 10)
    assert verdict(one, [0.70, 0.71, 0.69]).margin == pytest.approx(float(wilson_half_width(0.7, 100)))


def test_two_runs_on_the_same_images_lie_within_the_margin_in_95_percent_of_cases():
    one, spread = claim(margin=margin(same_images=True)), 0.2
    width = verdict(one, [0.07, 0.074, 0.078], piloted=pilot(spread)).margin
    two = np.random.default_rng(2).normal(0, spread, (2, TRIALS))
    assert np.mean(np.abs(two[0] - two[1]) < width) == pytest.approx(0.95, abs=0.005)


def test_without_a_pilot_a_margin_for_the_same_images_is_half_a_printed_unit_and_the_verdict_says_why():
    found = verdict(claim(margin=margin(same_images=True)), [0.07, 0.074, 0.078])
    assert found.margin == pytest.approx(0.05)
    assert "There are no pilot runs, so the margin does not include the variance between runs" in found.sentence


@pytest.mark.parametrize(
    ("printed", "decimals", "half"),
    [
        ("1.5e3", None, 50),
        ("1.5e3", 0, 50),
        ("2E-3", None, 0.0005),
        ("1500", None, 0.5),
        ("7.4", None, 0.05),
        ("7", 1, 0.05),
    ],
)
def test_half_a_printed_unit_is_that_of_the_last_digit_printed(printed, decimals, half):
    assert Expected(printed=printed, decimals=decimals).half_unit == pytest.approx(half)
    made = distortion(printed=printed, decimals=decimals, unit="number", margin=margin(same_images=True))
    assert width_of(made.expected, None, None, None) == pytest.approx(half)

"""Sentences a reviewer can quote."""

import re

import pytest
from records import claim, distortion, verdict

from harness.judge.numbers import short, style

NEAR = (0.0741, 0.0739, 0.0743)
ALL = {"relation": "all", "metric": "success-rate", "attack": "a", "unit": "fraction"}


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            verdict(claim(), NEAR),
            "Measured 7.41 % over 3 runs (94 % interval 7.37 to 7.45), printed 7.4 %: within the margin of ±0.5 points.",
        ),
        (
            verdict(claim(), NEAR[:1], deterministic=True),
            "Measured 7.41 % in one deterministic run, printed 7.4 %: within the margin of ±0.5 points.",
        ),
        (
            verdict(claim(), [0.091, 0.0911, 0.0909]),
            (
                "Measured 9.10 % over 3 runs (94 % interval 9.08 to 9.12), printed 7.4 %: "
                "outside the margin of ±0.5 points, worse than printed."
            ),
        ),
        (
            verdict(claim(), [0.0741], wanted=1),
            "Measured 7.41 % in a single run, printed 7.4 %: too few runs, at least 3 are needed (`--runs 3`).",
        ),
        (
            verdict(distortion(), [0.0411, 0.0412, 0.0413], found=1.0, counted=False),
            (
                "Measured 0.0412 over 3 runs (94 % interval 0.0410 to 0.0414), printed 0.062: outside the margin of ±0.0093, "
                "a smaller distortion at full success than printed, consistent with a stronger attack or a less robust network."
            ),
        ),
        (
            verdict(distortion(), [0.0611, 0.0612, 0.0613], found=0.996, counted=False),
            (
                "Measured 0.0612 over 3 runs (94 % interval 0.0610 to 0.0614), printed 0.062: within the margin of ±0.0093. "
                "The attack succeeded on 99.6 % of the images."
            ),
        ),
        (
            verdict(claim(relation="at_most", printed="1.2"), [0.0101, 0.0102, 0.0103]),
            "Measured 1.02 % over 3 runs (94 % interval 1.00 to 1.04), printed at most 1.2 %: within the printed bound.",
        ),
        (
            verdict(claim(relation="at_most", printed="1.2"), [0.0201, 0.0202, 0.0203]),
            (
                "Measured 2.02 % over 3 runs (94 % interval 2.00 to 2.04), printed at most 1.2 %: "
                "beyond the printed bound by more than 0.5 points, worse than printed."
            ),
        ),
        (
            verdict(claim(relation="greater_than"), NEAR, [0.051, 0.0509, 0.0511]),
            (
                "Measured 7.41 % against 5.10 % over 3 runs (difference 2.31 points, 94 % interval 2.28 to 2.34): "
                "higher, as the paper says."
            ),
        ),
        (
            verdict(claim(relation="less_than"), [0.05], [0.05], deterministic=True),
            (
                "Measured 5.00 % against 5.00 % in one deterministic run (difference 0.00 points): "
                "the same, but the paper says lower."
            ),
        ),
        (verdict(claim(**ALL), [1.0] * 3, of=256), "Holds for all 768 images over 3 runs: as the paper says."),
        (
            verdict(claim(model=("m", "n"), **ALL), [1.0, 1.0], keys=2),
            "Holds for all 20000 pairs of image and network over 2 runs: too few runs, at least 3 are needed (`--runs 3`).",
        ),
        (
            verdict(claim(primary=False, relation="greater_than"), NEAR, [0.051, 0.0509, 0.0511]),
            (
                "Measured 7.41 % against 5.10 % over 3 runs (difference 2.31 points, 94 % interval 2.28 to 2.34): "
                "higher, as this claim says."
            ),
        ),
        (
            verdict(claim(**ALL), [1.0, 0.5], of=256),
            "Holds for 384 of 512 images over 2 runs: the paper says that it holds for all of them.",
        ),
        (
            verdict(claim(**ALL), [0.99999], counted=False),
            "Holds for 99.9 % of the images in a single run: the paper says that it holds for all of them.",
        ),
    ],
    ids=lambda case: getattr(case, "reason", ""),
)
def test_the_sentence_says_what_was_measured_and_what_follows(found, sentence):
    assert found.sentence == sentence


def test_a_noisy_claim_says_how_likely_how_many_runs_are_to_decide_it():
    said = verdict(claim(), [0.076, 0.070, 0.078]).sentence
    assert re.search(r"; 10 runs would decide it with a probability of \d\d % \(`--runs 10`\)", said)


def test_a_margin_below_the_noise_says_how_widely_runs_spread():
    assert "(standard deviation 1.5 points)" in verdict(claim(), [0.074, 0.09, 0.06]).sentence


def test_a_number_beyond_the_margin_that_could_be_another_run_says_from_where_to_where_runs_fall():
    found = verdict(claim(), [0.080, 0.084, 0.088] * 3 + [0.084])
    assert found.reason == "margin-below-noise"
    assert re.search(r"beyond the margin, but .* lies within the .* interval for one more run \(7\.2", found.sentence)


@pytest.mark.parametrize(
    ("printed", "decimals", "number", "written"),
    [
        ("7.4", None, 7.412, "7.41 %"),
        ("10", None, 9.87, "9.9 %"),
        ("10", 1, 9.874, "9.87 %"),
        ("0", None, -0.001, "0.0 %"),
        ("0", None, -0.26, "−0.3 %"),
        (None, None, 35.2, "35.20 %"),
    ],
)
def test_a_percentage_is_written_with_one_decimal_more_than_it_is_printed_with(printed, decimals, number, written):
    expected = claim(printed=printed, decimals=decimals, relation="close_to" if printed else "less_than").expected
    assert style(expected, number).value(number) == written


@pytest.mark.parametrize(("size", "written"), [(0.05249, "0.0525"), (1.2345, "1.23"), (123.4, "123"), (0.0, "0.00")])
def test_where_nothing_is_printed_three_significant_digits_are_written(size, written):
    expected = claim(relation="less_than", unit="number").expected
    assert style(expected, size).value(size) == written


@pytest.mark.parametrize(
    ("number", "decimals", "written"),
    [
        (0.5, 2, "0.5"),
        (0.0093, 4, "0.0093"),
        (0.736, 2, "0.74"),
        (12.5, 1, "12.5"),
        (0.00012345, 2, "0.00012"),
        (20.0, 0, "20"),
        (0.0, 2, "0"),
    ],
)
def test_a_half_width_is_written_without_trailing_zeros_and_never_as_nothing(number, decimals, written):
    assert short(number, decimals) == written


DRAWN = {**ALL, "sample": {"count": 256}}


@pytest.mark.parametrize(
    ("images", "runs", "bound"), [(256, 3, "3/768 = 0.39 %"), (16, 3, "3/48 = 6.2 %"), (1024, 5, "3/5120 = 0.059 %")]
)
def test_no_exception_among_drawn_images_bounds_the_share_of_exceptions_by_the_rule_of_three(images, runs, bound):
    count = images * runs
    said = f"; no exception among {count}, so at most {bound} of such images are exceptions (at 95 % confidence)."
    assert verdict(claim(**DRAWN), [1.0] * runs, of=images).sentence.endswith(said)
    # An oracle: a share of exceptions at the bound would show none among so many in 5 % of samples at most.
    assert 0.045 < (1 - 3 / count) ** count <= 0.05


def test_an_exception_or_whole_splits_which_are_not_drawn_bound_nothing():
    assert "95 % confidence" not in verdict(claim(**DRAWN), [1.0, 1.0, 0.75], of=256).sentence
    assert "95 % confidence" not in verdict(claim(**ALL), [1.0] * 3, of=256).sentence
    assert "95 % confidence" not in verdict(claim(**DRAWN), [1.0] * 2, of=256).sentence

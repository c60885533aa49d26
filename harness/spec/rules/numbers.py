"""The rules for printed numbers, relations and margins."""

from __future__ import annotations

from harness.spec.rules.rule import TABLE, Example, Rule

MARGIN = "margin: {absolute: 1, because: six of the 597 test images}"
DISTORTED = '{printed: "0.1", metric: distortion, attack: lbfgs, unit: distortion, '
MEAN = '{printed: "0.1", metric: distortion, attack: lbfgs, unit: distortion, model: [linear, network], '

NOT_AS_PRINTED = Rule(
    "not-as-printed",
    "a printed number is not written as printed, in quotes",
    "YAML drops the trailing zeros of a number without quotes, so that the precision of the printed number is lost.",
    "Write the digits as printed, in quotes; the message says where to write sign, unit, bound and spread.",
    Example(TABLE, "printed: [4.5, {}, {}]", 'printed: ["4.5", {}, {}]'),
)
DECIMALS_DISAGREE = Rule(
    "decimals-disagree",
    "a number has more decimals than 'decimals' of its column says",
    "The smallest possible margin is half a unit of the last place, so the last place must be known.",
    "Correct the number or 'decimals'.",
    Example(TABLE, 'printed: ["4.50", {}, {}]', 'printed: ["4.5", {}, {}]'),
)
UNIT_DOES_NOT_FIT = Rule(
    "unit-does-not-fit",
    "a unit does not fit the metric, or the number is impossible in that unit",
    "A rate is printed in % or as a fraction; with the wrong unit every measurement is off by a factor of 100.",
    "Write the unit the paper prints, or the number as printed; `harness kinds claim` lists the units.",
    Example(TABLE, 'printed: ["450", {}, {}]', 'printed: ["4.5", {}, {}]'),
)
RELATION_NEEDS = Rule(
    "relation-needs",
    "a relation lacks a key that it needs: a printed number, a margin, or the other measure",
    "Without it the measurement cannot be compared with anything.",
    "Add the key the message names, or choose another relation; `harness kinds claim` says what each needs.",
    Example(TABLE, "relation: close_to", "relation: all"),
)
RELATION_DOES_NOT_USE = Rule(
    "relation-does-not-use",
    "a claim has a key that its relation does not use",
    "A reader would think that the key matters.",
    "Delete the key, or choose the relation that uses it; `harness kinds claim` says which.",
    Example(TABLE, 'printed: ["2.0", {printed: "100"}, {}]', 'printed: ["2.0", {}, {}]'),
)
PRINTED_OVER_RUNS = Rule(
    "printed-over-runs",
    "the keys on the runs of a printed number contradict each other",
    "A mean over runs, the best of several runs and a single run have different sampling errors.",
    "Write 'printed_runs' and 'printed_sd' for a mean, 'printed_is: {best_of: N}' for a best run, or none of them.",
    Example(
        TABLE,
        'printed: [{printed: "4.5", printed_sd: "0.2"}, {}, {}]',
        'printed: [{printed: "4.5", printed_sd: "0.2", printed_runs: 5}, {}, {}]',
        'printed: ["4.5", {}, {}]',
    ),
)
NEEDS_MEMBERS = Rule(
    "needs-members",
    "a claim about each member of a list has no list, or its members are not measured one by one",
    "A trend and 'each' compare the members of a list; they have no meaning for a single number or a mean.",
    "List the models or the data, in the order the paper ranks them for a trend; or delete 'each'.",
    Example(
        TABLE,
        'printed: [{printed: "4.5", each: true}, {}, {}]',
        'printed: [{printed: "4.5", each: true, model: [linear, network]}, {}, {}]',
        'printed: ["4.5", {}, {}]',
    ),
)
ALL_IS_FOR_RATES = Rule(
    "all-is-for-rates",
    "the relation 'all' is used with a metric that is not a rate",
    "'all' says that something holds for every image, so the metric must be a fraction of the images.",
    "Use a metric whose value is a fraction of the images, or another relation.",
    Example(TABLE, "metric: distortion", "metric: success-rate"),
)
MEASURES_NOT_COMPARABLE = Rule(
    "measures-not-comparable",
    "a measure is compared with itself, or with one of another unit",
    "The difference of a number from itself is 0, and that of a rate from a distance has no meaning.",
    "Write under 'other' what differs: the model, the data, the attack.",
    Example(TABLE, "other: {attack: noise}", "other: {attack: lbfgs}"),
)
ORDER_CONTRADICTS_PRINT = Rule(
    "order-contradicts-print",
    "a claimed order is the opposite of what the printed numbers show",
    "Either the transcription is wrong, or the paper's prose disagrees with its own table.",
    "Correct the relation, restrict the claim to what the numbers support, or declare it with 'deviates_because'.",
    Example(
        TABLE,
        'printed: ["2.0", {}, {attack: none, other: {model: linear}, relation: greater_than}]',
        'printed: ["2.0", {}, {attack: none, other: {model: linear}}]',
        'printed: ["2.0", {}, {}]',
    ),
)
MARGIN_HAS_ONE_WIDTH = Rule(
    "margin-has-one-width",
    "a margin has no width, or more than one",
    "The verdict depends on the width, so it must be declared before anything is measured.",
    "Keep one of absolute, relative, sampling and same_images.",
    Example(TABLE, MARGIN.replace("1,", "1, relative: 0.2,"), MARGIN),
)
MARGIN_BELOW_PRINT = Rule(
    "margin-below-print",
    "a margin is narrower than the rounding of the printed number",
    "The printed number is rounded to half a unit of its last place; a fraction of a printed 0 is 0.",
    "Widen it to the width in the message, or write an absolute margin.",
    Example(TABLE, MARGIN.replace("1,", "0.01,"), MARGIN),
)
MARGIN_CANNOT_BE_MISSED = Rule(
    "margin-cannot-be-missed",
    "no possible value lies outside the margin, or beyond the bound",
    "Every measurement would reproduce such a claim; it proves nothing.",
    "Write the margin in the printed unit (1 point is 1 in %, 0.01 as a fraction), correct the bound, or leave it out.",
    Example(TABLE, MARGIN.replace("1,", "100,"), MARGIN),
)
SAMPLING_MARGIN = Rule(
    "sampling-margin",
    "a sampling margin is used for a number whose sampling error is not known",
    "A sampling margin follows from the images of one rate, or of one mean; a mean over models has another "
    "sampling error.",
    "Write an absolute or a relative margin.",
    Example(
        TABLE,
        f"printed: [{MEAN}margin: {{sampling: {{images: 256}}, because: the paper attacks 256}}}}, {{}}, {{}}]",
        f"printed: [{MEAN}margin: {{absolute: 0.05, because: the spread of three runs}}}}, {{}}, {{}}]",
        'printed: ["2.0", {}, {}]',
    ),
)
SAMPLE_SMALLER_THAN_PAPERS = Rule(
    "sample-smaller-than-papers",
    "a sampling margin says that the paper's sample is larger than ours",
    "Our sampling error would be larger than the paper's, so that a correct number would stay inconclusive for "
    "lack of images.",
    "Draw at least as many images as the paper did, or write the number of images the paper used.",
    Example(
        TABLE,
        f"printed: [{DISTORTED}margin: {{sampling: {{images: 256}}, because: the paper attacks 256}}}}, {{}}, {{}}]",
        f"printed: [{DISTORTED}margin: {{sampling: {{images: 64}}, because: the paper attacks 64}}}}, {{}}, {{}}]",
        'printed: ["2.0", {}, {}]',
    ),
)
SAME_IMAGES = Rule(
    "same-images",
    "a margin assumes new random images although both sides share them, or shared images although each run draws its own",
    "If the paper used the same whole split, the images are not random: two numbers differ only by the run.",
    "Write 'same_images: true' for the paper's own whole split, and 'sampling' for randomly drawn images.",
    Example(
        TABLE,
        f"printed: [{DISTORTED}margin: {{same_images: true, because: two runs differ}}}}, {{}}, {{}}]",
        f"printed: [{DISTORTED}margin: {{sampling: {{images: 64}}, because: the paper attacks 64}}}}, {{}}, {{}}]",
        'printed: ["2.0", {}, {}]',
    ),
)

"""The rules that every claim can fail and that claims count; a violation is a doubt, not a mistake."""

from __future__ import annotations

from harness.spec.rules.claims import ROWS
from harness.spec.rules.numbers import MARGIN
from harness.spec.rules.rule import PAPER, TABLE, Example, Replacement, Rule

AGAIN = f"{ROWS}\n  again: {{label: Linear classifier, model: linear, printed: [PRINTED, null, null]}}"
UNDER_NOISE = (
    '{printed: "PRINTED", relation: close_to, other: null, decimals: 1, '
    "margin: {absolute: 1.4, because: eight of the 597 test images}}"
)
NOISY = ROWS.replace('printed: ["2.0", {}, {}]', f'printed: ["2.0", {{}}, {UNDER_NOISE}]')
DECLARED = ROWS.replace("model: linear,", "model: linear, deviates_because: its seed is lost,")

WIDE_MARGIN = Rule(
    "wide-margin",
    "a margin is wider than half the printed number, or than half the range of the measure",
    "Numbers that differ by so much would count as the same, so that the verdict says little.",
    "Write a narrower margin, or a sampling margin with the number of the paper's images.",
    Example(TABLE, MARGIN.replace("1,", "3,"), MARGIN),
    warning=True,
)
RIVAL_INSIDE = Rule(
    "rival-inside",
    "a margin also contains a rival value: the error of the same network without the attack, its error under a "
    "control of the same table, 0 or 100 %, or more than half of all possible values",
    "The claim might reproduce just as well if the attack did nothing, so that the verdict says little.",
    "Write a narrower margin with more images, or state the paper's conclusion as an order: greater_than the other measure.",
    Example(
        TABLE,
        NOISY.replace("PRINTED", "3.0"),
        NOISY.replace("PRINTED", "9.0"),
        ROWS,
    ),
    warning=True,
)
SMALL_SAMPLE = Rule(
    "small-sample",
    "a sampling margin is for fewer than 30 images",
    "The fewer images, the wider the margin; papers seldom count a rate on so few.",
    "Write the number of images behind the paper's number.",
    Example(
        TABLE,
        MARGIN.replace("absolute: 1", "sampling: {images: 2}"),
        MARGIN.replace("absolute: 1", "sampling: {images: 597}"),
        MARGIN,
    ),
    warning=True,
)
BARE_REASON = Rule(
    "bare-reason",
    "the reason of a margin has fewer than three words",
    "The verdict depends on the margin, so a reader must be able to check the reason for its width.",
    "Write why numbers with this difference count as the same: a number of images, the spread between runs, rounding.",
    Example(TABLE, "because: a guess", "because: six of the 597 test images"),
    warning=True,
)
BOUND_AT_THE_EDGE = Rule(
    "bound-at-the-edge",
    "a bound on a rate lies within 5 % of the end of the range",
    "Almost no value lies beyond it, so that the claim would almost always reproduce.",
    "Write the number the paper prints with close_to, or leave the claim out.",
    Example(
        TABLE,
        'printed: [{printed: "4.5", relation: at_least}, {}, {}]',
        'printed: [{printed: "4.5", relation: at_most}, {}, {}]',
        'printed: ["4.5", {}, {}]',
    ),
    warning=True,
)
EVERYTHING_DECLARED = Rule(
    "everything-declared",
    "every primary claim is declared to deviate",
    "A declared deviation never counts as refuted, so no claim can be refuted.",
    "Declare only what is known to deviate, and why.",
    Example(TABLE, DECLARED.replace("model: network,", "model: network, deviates_because: its seed is lost,"), ROWS),
    warning=True,
)
MOSTLY_FITTED = Rule(
    "mostly-fitted",
    "readings were fitted on at least as many claims as are primary",
    "A claim on which a reading was fitted is never primary; the remaining claims may be the easy ones.",
    "Name under 'fitted_on' only the claims whose numbers were used to choose the reading.",
    Example(
        PAPER,
        'fitted_on: ["table-1/*/test-error", "table-1/*/error-under-noise"]',
        'fitted_on: ["table-1/network/test-error"]',
        '# fitted_on: ["table-1/*/test-error"]',
    ),
    warning=True,
)
MEASURED_TWICE = Rule(
    "measured-twice",
    "several primary claims measure the same thing and compare it with the same number",
    "One number is counted several times, and each repetition makes the others harder to refute (Holm).",
    "Keep one of them primary: 'same_as' marks a number that is printed twice, 'primary: false' makes a claim secondary.",
    Example(
        TABLE,
        AGAIN.replace("PRINTED", '"4.5"'),
        AGAIN.replace("PRINTED", '{printed: "4.5", same_as: table-1/linear/test-error}'),
        ROWS,
    ),
    warning=True,
)
MOSTLY_TRIVIAL = Rule(
    "mostly-trivial",
    "half of the primary claims, or more, could hardly fail",
    "Claims that always hold make the others harder to refute (Holm), and the headline count meaningless.",
    "Make them secondary with 'primary: false', or narrow their margins and bounds.",
    Example(
        TABLE,
        MARGIN.replace("1,", "60,"),
        MARGIN,
        also=(Replacement(TABLE, ROWS, ROWS.replace("{}, {}", "null, null")),),
    ),
    warning=True,
)

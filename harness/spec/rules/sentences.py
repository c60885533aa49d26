"""The rules for the list of a paper's sentences: each sentence and each claim is covered once."""

from __future__ import annotations

from harness.spec.rules.rule import SENTENCES, Example, Replacement, Rule

PROSE = "claims/section-1.yaml"
LIST = """\
title: What the text says
source: {section: "1"}
claims:
  noise-is-weaker:
    says: Noise of the same strength fools the network less often.
    metric: error-rate
    data: digits/test
    model: network
    attack: noise
    relation: less_than
    other: {attack: lbfgs}
    unit: "%"
"""
NOISE = 'noise: {source: {section: "1"}, says: Noise is weaker., claims: [section-1/noise-is-weaker]}\n'
SECOND = 'found: {source: {section: "1"}, says: An example is found for every image., '
TABLE_CELLS = 'claims: ["table-1/*/found-for-all"]}'

ACCOUNTED_ONCE = Rule(
    "accounted-once",
    "a sentence has none or several of claims, not_expressible and same_as, or has a printed number together with claims",
    "Each sentence has exactly one of these, so that the report can count them.",
    "List the claims that judge it, or say why none can, or name the other sentence that says the same.",
    Example(
        SENTENCES,
        f"{SECOND}same_as: noise, {TABLE_CELLS}",
        f"{SECOND}{TABLE_CELLS}",
        also=(Replacement(SENTENCES, "", f"{SECOND}{TABLE_CELLS}\n"),),
    ),
)
UNACCOUNTED_CLAIM = Rule(
    "unaccounted-claim",
    "a pack lists the paper's sentences, but a claim outside the tables is in none of them",
    "A claim is a statement of the paper. If no sentence makes it, it is the pack's own, and the pack must say so.",
    "Add it to the claims of the sentence that states it, or to 'ours' of a sentence if the paper does not make it.",
    Example(
        SENTENCES,
        f"{SECOND}{TABLE_CELLS}\n",
        f"{SECOND}{TABLE_CELLS}\n{NOISE}",
        also=(Replacement(PROSE, "", LIST), Replacement(SENTENCES, "", f"{SECOND}{TABLE_CELLS}\n{NOISE}")),
    ),
)

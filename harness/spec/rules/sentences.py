"""The rules that the list of a paper's sentences keeps: each is accounted for once, and so is each claim."""

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
    "of claims, not_expressible and same_as a sentence has none, or more than one, or prints a number beside claims",
    "What became of each sentence of the paper is said once, so that the report can count them.",
    "Name the claims that judge it, say why none can, or name the sentence that states the same elsewhere.",
    Example(
        SENTENCES,
        f"{SECOND}same_as: noise, {TABLE_CELLS}",
        f"{SECOND}{TABLE_CELLS}",
        also=(Replacement(SENTENCES, "", f"{SECOND}{TABLE_CELLS}\n"),),
    ),
)
UNACCOUNTED_CLAIM = Rule(
    "unaccounted-claim",
    "a pack lists the paper's sentences, and none of them names a claim that stands in no table",
    "A claim is a statement of the paper; one that no sentence makes is the auditor's own, and must be said to be.",
    "Name it in the claims of the sentence that states it; in 'ours' of one if the paper does not make it.",
    Example(
        SENTENCES,
        f"{SECOND}{TABLE_CELLS}\n",
        f"{SECOND}{TABLE_CELLS}\n{NOISE}",
        also=(Replacement(PROSE, "", LIST), Replacement(SENTENCES, "", f"{SECOND}{TABLE_CELLS}\n{NOISE}")),
    ),
)

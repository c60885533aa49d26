"""The reasons why an attack failed on images, in words."""

from __future__ import annotations

from collections.abc import Mapping

WORDS = {
    "unreached": "no iterate met the criterion",
    "unconfirmed": "the criterion was met in float32, but not in float64",
    "not-finite": "the logits or the gradient were not finite",
    "budget": "the maximum number of values of c was tried",
    "shared-c": "the c shared by all images was too large",
}
"""The code of a ``harness.examples.AttackFailure`` -> what happened."""


def failures_in_words(failures: Mapping[str, int]) -> str:
    """Return on how many images the attack failed for each reason, the commonest first; empty if no reason is recorded.

    A record of a later version may have a code that is unknown here: it is shown as it is.
    """
    ordered = sorted(failures.items(), key=lambda each: (-each[1], each[0]))
    return "; ".join(f"{WORDS.get(name, name)}: {count}" for name, count in ordered)

"""The reasons why an attack failed on images, in words."""

from __future__ import annotations

from collections.abc import Mapping

WORDS = {
    "unreached": "no iterate met the criterion",
    "unconfirmed": "the criterion was met in float32, but not in float64",
    "not_finite": "the logits or the gradient were not finite",
    "budget": "the maximum number of values of c was tried",
    "shared_c": "the c shared by all images was too large",
}
"""The name of a ``harness.examples.AttackFailure`` in lower case -> what happened."""


def failures_in_words(failures: Mapping[str, int]) -> str:
    """Return how many images the attack failed on for each reason, the commonest first; empty where nothing is known.

    A record of a later version may have a reason that is not known here: its name stands for it.
    """
    ordered = sorted(failures.items(), key=lambda each: (-each[1], each[0]))
    return "; ".join(f"{count}: {WORDS.get(name, name)}" for name, count in ordered)

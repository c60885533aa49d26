"""A finite statement on the images measured: what a rate counts holds for every one of them."""

from __future__ import annotations

from harness.kinds.quantity import ANY, Bounds
from harness.kinds.relation import Against, Relation, Told, relation


@relation("all")
class EveryImage(Relation):
    """It holds for every image of every run; it is decided image by image, so its regions have no bounds."""

    against = Against.IMAGES
    says = "what the rate counts holds for every image of every run; one exception refutes it"
    phrase = "holds for every image"
    takes_margin = "none"
    reason = "without-exception"
    refuted_reason = "counterexample"
    exception_refutes = True

    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return every difference."""
        return ANY

    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return every difference."""
        return ANY

    def reproduced(self, told: Told) -> str:
        """Name who states the claim."""
        return f"as {told.says}"

    def refuted(self, told: Told) -> str:
        """Name who states the claim."""
        return f"{told.says} that it holds for all of them"

    def undecided(self, told: Told) -> str:
        """Say that runs are missing: with few runs the absence of exceptions shows little."""
        return "no exception was found, but runs are missing"

    def undecided_exactly(self, told: Told) -> str:
        """As for every open claim of this relation."""
        return self.undecided(told)

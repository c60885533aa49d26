"""Base of attacks: authors write ``run``; the base checks each example in float64 and measures its distortion."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from harness.errors import ContractError
from harness.examples import Examples, Victim, Watch, rms, unwatched
from harness.kinds.attack_checks import check_targets, covered
from harness.kinds.confirmation import confirmed, explained
from harness.kinds.contract import check_fit, check_images
from harness.kinds.model import ModelRecipe
from harness.kinds.recipe import Recipe, read_only
from harness.streams import Streams

MEASURED_AT_ONCE = 2048
"""Crafted images whose distortions are computed together."""


class AttackRecipe(Recipe):
    """An attack. Authors write ``run``; calling the recipe runs it and checks what it made."""

    group = "attacks"

    @property
    def stays_in_box(self) -> bool:
        """Whether crafted pixels must lie in [0, 1]; noise that is not clipped need not."""
        return True

    @property
    def runs_until_found(self) -> bool:
        """Whether it searches until it has an example: full success is then true by construction."""
        return False

    @property
    def sets_distortion(self) -> bool:
        """Whether the size of its distortions is one of its fields: its size is then true by construction."""
        return False

    @property
    def control(self) -> bool:
        """Whether its images do not depend on the model: what they do is the baseline that attacks are compared with."""
        return False

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images, on two cores, once compiled; of a network of 90,000 weights unless it is a control."""
        return 1.0

    @property
    def searches(self) -> int:
        """How often an image is attacked, for the plan: once for each class that is tried."""
        return 1

    @property
    def by_target(self) -> bool:
        """Whether an example with a target is found only if it has that class; otherwise any wrong class will do."""
        return True

    def applies_to(self, model: ModelRecipe) -> bool:
        """Whether the attack can be made for models of this recipe; an exact attack says which it can solve."""
        return True

    def tries(self, classes: int, **inputs: Any) -> int:
        """Return how many examples are made of each image, of a model with so many classes."""
        return 1

    @abstractmethod
    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return one crafted example for each clean one (or as many for each as ``tries`` says, ``index`` repeated).

        ``found`` and ``images`` are the author's, and ``failure`` where the attack knows why it found none;
        ``distortion`` is filled in by the base. Where the criterion is not met the image is still finite and, if
        ``stays_in_box``, inside the box.
        """

    def attempts(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Run the attack on the clean images; a base that chooses targets does that here."""
        return self.run(victim, clean, streams, watch, **inputs)

    def __call__(
        self, victim: Victim, clean: Examples, streams: Streams, watch: Watch = unwatched, **inputs: Any
    ) -> Examples:
        """Craft, check, and measure each distortion.

        An example said to be found must meet its criterion in float64, and no image may be left out.
        """
        if not len(clean):
            raise ContractError(f"{self.kind}: no image to attack")
        check_fit(victim, clean, self.kind)
        inputs = {role: read_only(given) for role, given in inputs.items()}
        made = self.attempts(victim, clean.read_only(), streams, watch, **inputs)
        check_images(made, self.kind, box=self.stays_in_box, shape=clean.images.shape[1:])
        rows = covered(made, clean, self.kind, self.tries(victim.classes, **inputs))
        check_targets(made, self.kind, victim.classes)
        found = confirmed(victim, made, self.kind, by_target=self.by_target)
        # In chunks: squared in float64, all images at once would take many times their memory.
        parts = np.split(np.arange(len(rows)), range(MEASURED_AT_ONCE, len(rows), MEASURED_AT_ONCE))
        moved = (made.images[part].astype(np.float64) - clean.images[rows[part]] for part in parts)
        distortion = np.concatenate([rms(each) for each in moved])
        failure = explained(victim, made, found)
        return Examples(made.images, made.labels, made.index, made.targets, found, distortion, failure)

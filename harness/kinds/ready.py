"""Attacks that a recipe runs itself while it works, as a training does on its own network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import ContractError
from harness.examples import Examples, Victim, unwatched
from harness.kinds.attack import AttackRecipe
from harness.kinds.attack_checks import covered
from harness.kinds.contract import check_images
from harness.streams import Streams


@dataclass(frozen=True)
class ReadyAttack:
    """An attack with those whose examples it starts from; the planner makes it of a name.

    Attributes:
        name: what the pack calls it; never part of a key.
        recipe: the attack.
        others: field of the recipe -> the attack it names.
    """

    name: str
    recipe: AttackRecipe
    others: Mapping[str, ReadyAttack] = field(default_factory=dict)

    def __call__(self, victim: Victim, clean: Examples, streams: Streams) -> Examples:
        """Run it, after those it starts from; return one example of each clean image, in their order.

        Nothing is claimed of these examples, so what the attack calls found is not confirmed once more, as it is for a job.

        Raises:
            ContractError: if the attack makes several examples of each image, leaves one out, changes a label, or makes
                what is no image.
        """
        others: dict[str, Any] = {role: each(victim, clean, streams) for role, each in self.others.items()}
        made = self.recipe.attempts(victim, clean.read_only(), streams, unwatched, **others)
        what = f"the attack {self.name!r}"
        check_images(made, what, box=self.recipe.stays_in_box, shape=clean.images.shape[1:])
        if len(made) > len(clean):
            raise ContractError(f"{what} {SEVERAL}")
        covered(made, clean, what, 1)
        return made.take(made.rows_of(clean.index))

    @property
    def key(self) -> list[Any]:
        """What enters the key of the job that runs it: fingerprints, and no name."""
        return [self.recipe.fingerprint(), {role: each.key for role, each in sorted(self.others.items())}]


SEVERAL = "makes several examples of each image, and a training takes one: give it another target"

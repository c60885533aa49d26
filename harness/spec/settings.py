"""The number of settings of a pack, and those that the paper does not print."""

from __future__ import annotations

from harness.kinds.recipe import Frozen


class Settings(Frozen):
    """Counts of the settings of a pack's models and attacks, and of other values that its paper does not print."""

    count: int = 0
    """Number of settings."""
    varied: int = 0
    """Number of these that an assumption sets."""
    own: int = 0
    """Number of the others that, according to the pack, the paper does not print."""
    not_printed: tuple[str, ...] = ()
    """The paths under ``not_printed``, as written."""

    @property
    def sentence(self) -> str:
        """Return one sentence about all of them; empty if there are none."""
        if not self.count:
            return ""
        taken = self.count - self.varied - self.own
        parts = [f"{self.varied} set by an assumption"] if self.varied else []
        if self.own:
            parts.append(f"{self.own} not printed, so the pack's own ({', '.join(self.not_printed)})")
        if taken:
            parts.append(f"{taken} taken as printed")
        hint = "; list those that the paper does not print under 'not_printed' in paper.yaml"
        return f"{self.count}: {', '.join(parts)}{hint if taken and not self.own else ''}."

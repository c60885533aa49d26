"""How many settings a pack has, and which of them the paper leaves to it."""

from __future__ import annotations

from harness.kinds.recipe import Frozen


class Settings(Frozen):
    """The values that a pack gives the fields of its models and attacks, and what else its paper leaves open."""

    count: int = 0
    """How many there are."""
    varied: int = 0
    """Of these, how many an assumption sets."""
    own: int = 0
    """Of the rest, how many the paper does not print, as the pack says."""
    not_printed: tuple[str, ...] = ()
    """The paths by which it says so, as written."""

    @property
    def sentence(self) -> str:
        """Return one sentence on all of them; empty where there are none."""
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

"""A warning where no claim of a pack is primary."""

from __future__ import annotations

from harness.errors import Problem
from harness.spec.paper import Spec
from harness.spec.rules.claims import NO_PRIMARY_CLAIM


def without_primary(spec: Spec) -> Problem | None:
    """Return a warning where no claim of a pack is primary, so that no verdict on it decides anything."""
    if any(claim.primary for claim in spec.paper.claims):
        return None
    fitted = [name for name, assumption in spec.paper.assumptions.items() if assumption.fitted_on]
    here = f" (here fitted_on of {', '.join(fitted)})" if fitted else ""
    return Problem(
        spec.folder / "paper.yaml", 0, 0, "",
        "no claim is primary: secondary claims decide nothing, and `harness verify` will end with 4; a claim is secondary "
        f"by 'primary: false', by 'same_as', or where an assumption is fitted on it{here}",
        NO_PRIMARY_CLAIM.id,
    )  # fmt: skip

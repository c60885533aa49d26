"""Reads and writes pilot.yaml: how much the numbers of a pack's claims differ between pilot runs."""

from __future__ import annotations

import json
from collections.abc import Mapping

from harness.naming import unknown
from harness.spec.paper import Pilot
from harness.spec.reading.claims import Known
from harness.spec.reading.node import Node, Problems
from harness.spec.reading.validate import validate
from harness.spec.rules.entries import UNKNOWN_NAME

HEADER = """\
# Written by `harness verify PACK --pilot`, not by hand: how much each claim's number differs between pilot runs, which
# are numbered from 1000 and never judged. In the printed unit: sd between runs, images_sd over images, other the mean
# of the measure compared with. Where the inputs of a claim are no longer these, its line is left out of account.
"""
DIGITS = 6
"""Significant digits kept of a number; the spread of a few runs is known to one."""


def pilots(node: Node | None, known: Known, problems: Problems) -> dict[str, Pilot]:
    """Read the pilot's numbers by claim.

    Args:
        node: pilot.yaml as written; None where the pack has none.
        known: the ids of all claims.
        problems: receives every mistake, a claim that the pack does not make among them.
    """
    found: dict[str, Pilot] = {}
    for claim, entry in (node.entries if node is not None else {}).items():
        if claim not in known.ids and claim.partition("/")[0] not in known.unsure:
            hint = "if the claim is gone, delete the line"
            problems.at_key(entry, UNKNOWN_NAME, f"{unknown('claim', claim, known.ids)}; {hint}")
        elif (pilot := validate(Pilot, entry, problems)) is not None:
            found[claim] = pilot
    return found


def pilot_text(found: Mapping[str, Pilot]) -> str:
    """Return the text of pilot.yaml: a line for each claim, in the order given."""
    return HEADER + "".join(f"{claim}: {{{_fields(pilot)}}}\n" for claim, pilot in found.items())


def rounded(pilot: Pilot) -> Pilot:
    """Return the numbers as pilot.yaml holds them."""
    numbers = {name: value for name, value in pilot if isinstance(value, float)}
    return pilot.model_copy(update={name: float(f"{value:.{DIGITS}g}") for name, value in numbers.items()})


def _fields(pilot: Pilot) -> str:
    """Return the fields that are set, each a number or a text in quotes: a digest of digits alone is no number."""
    return ", ".join(f"{name}: {json.dumps(value)}" for name, value in rounded(pilot) if value is not None)

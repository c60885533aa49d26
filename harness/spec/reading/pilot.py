"""Reads and writes pilot.yaml: the spread of each claim's number between pilot runs."""

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
# Written by `harness verify PACK --pilot`, not by hand: the spread of each claim's number between pilot runs, which
# are numbered from 1000 and never judged. In the printed unit: sd is the standard deviation between runs, mean the mean
# over runs, images_sd the standard deviation over the images of one run, other the mean of the measure compared with.
# If the inputs of a claim have changed since, its line is ignored.
"""
DIGITS = 6
"""Significant digits of a number; the standard deviation of a few runs is known to one digit."""


def pilots(node: Node | None, known: Known, problems: Problems) -> dict[str, Pilot]:
    """Read the pilot's numbers by claim.

    Args:
        node: pilot.yaml as written; None where the pack has none.
        known: the ids of all claims.
        problems: receives every mistake, including a claim that is not in the pack.
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
    """Return the text of pilot.yaml: one line for each claim, in the given order."""
    return HEADER + "".join(f"{claim}: {{{_fields(pilot)}}}\n" for claim, pilot in found.items())


def rounded(pilot: Pilot) -> Pilot:
    """Return the numbers as they are in pilot.yaml."""
    numbers = {name: value for name, value in pilot if isinstance(value, float)}
    return pilot.model_copy(update={name: float(f"{value:.{DIGITS}g}") for name, value in numbers.items()})


def _fields(pilot: Pilot) -> str:
    """Return the fields that are set, each a number or a text in quotes, because a digest may consist of digits only."""
    return ", ".join(f"{name}: {json.dumps(value)}" for name, value in rounded(pilot) if value not in {None, ""})

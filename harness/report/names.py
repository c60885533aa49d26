"""Names of claims and networks in the sentences of a report."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping

from harness.report.case import Case
from harness.spec.claim import Claim
from harness.spec.paper import Exhibit

LONGEST = 64
"""Maximum length of a statement that names its claim in a list."""


def name_of(case: Case) -> str:
    """Return the name of a claim within a sentence: a cell's labels, or its statement in quotes."""
    return case.name if case.column else f"“{case.name}”"


def short_name(case: Case) -> str:
    """Return the name of a claim where many are named: of a long statement its beginning."""
    return case.name if case.column else f"“{textwrap.shorten(case.name, LONGEST, placeholder='…')}”"


def _quoted(case: Case) -> str:
    return f"“{short_name(case).strip('“”')}”"


def with_names(text: str, cases: Mapping[str, Case]) -> str:
    """Return a sentence with the short names of claims, in quotes, in place of their ids: a name may hold commas."""
    if not cases:
        return text
    ids = "|".join(re.escape(claim) for claim in sorted(cases, key=len, reverse=True))
    return re.sub(rf"(?<![\w/.-])(?:{ids})(?![\w/-])", lambda found: _quoted(cases[found[0]]), text)


def network_labels(cases: Mapping[str, Case]) -> dict[str, str]:
    """Return model -> label of the first row or column of a table that is about this network alone.

    It has a measure of the network without an attack, and none of another network, or of examples made for another.
    """
    labels: dict[str, str] = {}
    for exhibit in {case.exhibit.id: case.exhibit for case in cases.values()}.values():
        for label, claims in _lines(exhibit, {name: case.claim for name, case in cases.items()}):
            models = {each.measure.model for each in claims}
            own = all(each.measure.crafted_on in {None, each.measure.model} for each in claims)
            plain = any(each.measure.attack is None for each in claims)
            if len(models) == 1 and own and plain and isinstance(model := models.pop(), str):
                labels.setdefault(model, label)
    return labels


def _lines(exhibit: Exhibit, claims: Mapping[str, Claim]) -> Iterator[tuple[str, list[Claim]]]:
    """Yield the label and the claims of each row of a table, then of each column."""
    for place, axes in enumerate((exhibit.rows, exhibit.columns)):
        for axis in axes:
            yield (
                axis.label,
                [claims[found] for at, found in exhibit.cells.items() if at.split("/")[place] == axis.name],
            )

"""The order of a report: tables, figures, then prose, each as the paper numbers them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.spec.claim import Claim
from harness.spec.paper import Exhibit, Paper

LAST = 1_000_000
"""Number for places without one, such as appendix A: they come last."""


def as_the_paper_numbers(paper: Paper) -> Paper:
    """Return a paper with its exhibits, and their claims, in the order in which the paper numbers them.

    Exhibits of one number follow by id; one whose claims all measure another network, other images or another measure
    than the paper's comes after those that measure the paper's own.
    """
    claims = paper.by_id
    exhibits = tuple(sorted(paper.exhibits, key=lambda each: _place(each, claims)))
    ordered = dict.fromkeys((*(claim for exhibit in exhibits for claim in exhibit.claims), *claims))
    return paper.model_copy(
        update={"exhibits": exhibits, "claims": tuple(claims[claim] for claim in ordered if claim in claims)}
    )


def _place(exhibit: Exhibit, claims: Mapping[str, Claim]) -> tuple[int, tuple[int, ...], bool, str]:
    """Return what exhibits are sorted by: kind, number, whether it shows something else than the paper's, id."""
    source = exhibit.source
    numbers = (source.table, source.figure, source.section)
    kind = next((kind for kind, number in enumerate(numbers) if number is not None), len(numbers))
    number = tuple(map(int, re.findall(r"\d+", str(numbers[kind])))) if kind < len(numbers) else ()
    own = [claims[claim] for claim in exhibit.claims if claim in claims]
    return kind, number or (LAST,), bool(own) and all(claim.another is not None for claim in own), exhibit.id

"""Every sentence of the paper that states a number or an order, with the claims that judge it, or why none does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.report.case import Case
from harness.report.coverage import sentences_covered
from harness.report.inexpressible import Inexpressible
from harness.report.opening import OpeningLine
from harness.spec.paper import NotExpressible, Paper, Sentence

ANCHOR = "sentences"
"""Id of the section that lists them."""


@dataclass(frozen=True)
class SentenceView:
    """One sentence as the page shows it.

    Attributes:
        sentence: what it states, and where.
        anchor: id of its row.
        judged: the claims that judge it, in the order of the pack.
        beside: the related claims of ours.
        without: what is printed there, or in an exhibit it names, and cannot be expressed.
        repeats: the sentence that states the same elsewhere; None if none does.
    """

    sentence: Sentence
    anchor: str
    judged: tuple[Case, ...]
    beside: tuple[Case, ...]
    without: tuple[Inexpressible, ...]
    repeats: Sentence | None


def sentence_views(paper: Paper, cases: Mapping[str, Case]) -> tuple[SentenceView, ...]:
    """Return every sentence in the order of the pack, with its claims."""
    by_name, lost = {each.name: each for each in paper.sentences}, paper.not_expressible
    return tuple(
        SentenceView(
            each,
            anchor_of(each),
            tuple(case for claim, case in cases.items() if claim in each.claims),
            tuple(case for claim, case in cases.items() if claim in each.ours),
            tuple(Inexpressible(stated, each.name, "", 0) for stated in _lost(each, lost)),
            by_name.get(each.same_as or ""),
        )
        for each in paper.sentences
    )


def anchor_of(sentence: Sentence) -> str:
    """Return the id of a sentence's row within the page."""
    return f"{ANCHOR}/{sentence.name}"


def sentence_lines(paper: Paper) -> Iterator[OpeningLine]:
    """Yield the opening line on the sentences; none if the pack lists none."""
    if said := sentences_covered(paper):
        yield OpeningLine("Sentences", ANCHOR, said)


def _lost(sentence: Sentence, lost: Mapping[str, NotExpressible]) -> Iterator[NotExpressible]:
    """Yield what of a sentence is not expressible: itself, and what it names in exhibits."""
    if sentence.not_expressible is not None:
        yield sentence.not_expressible
    yield from (lost[claim] for claim in sentence.claims if claim in lost)

"""Views of pictures: a claim's grid of images, with its caption and its text alternative."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.errors import plural
from harness.judge.numbers import short
from harness.plan import PICTURED
from harness.record.model import Drawn, Record
from harness.report.case import Case
from harness.report.words import listed
from harness.spec.claim import Names

PAIR, TALLEST = 7.0, 60.0
"""Width of a pair, and the greatest height of a grid, in the page's letter heights."""


@dataclass(frozen=True)
class PictureView:
    """One picture.

    Attributes:
        case: the claim it belongs to.
        address: the picture itself, as a data URL.
        alternative: what it shows, for those who do not see it.
        caption: the text below it.
        width: in the page's letter heights.
    """

    case: Case
    address: str
    alternative: str
    caption: str
    width: float


def picture_views(record: Record, cases: Iterable[Case], labels: Mapping[str, str]) -> dict[str, PictureView]:
    """Return the pictures of some claims by id, as far as they were drawn.

    Args:
        record: what was measured.
        cases: the claims.
        labels: model -> what a table calls it, as far as one does.
    """
    found = ((case, record.pictures.get(case.claim.id)) for case in cases)
    return {case.claim.id: _view(record, case, drawn, labels) for case, drawn in found if drawn is not None}


def _view(record: Record, case: Case, drawn: Drawn, labels: Mapping[str, str]) -> PictureView:
    return _tops(record, case, drawn, labels) if drawn.says else _pairs(record, case, drawn, labels)


def _tops(record: Record, case: Case, drawn: Drawn, labels: Mapping[str, str]) -> PictureView:
    """Return the view of single images, which the drawing itself describes."""
    sides = [case.claim.measure, *([case.claim.other] if case.claim.other else [])]
    models = dict.fromkeys(side.members[0].model for side in sides)
    networks = listed([labels.get(model, model) for model in models])
    budget = case.measurement.budget
    under = f" Drawn under the budget {budget}." if budget not in {"", record.paper.budget} else ""
    across, down = drawn.across or 1, -(-drawn.shown // (drawn.across or 1))
    return PictureView(
        case=case,
        address=f"data:image/png;base64,{drawn.png}",
        alternative=f"Grid of {plural(drawn.shown, 'image')}, {across} in a row. {drawn.says}",
        caption=f"{networks}, run {PICTURED}. {drawn.says}{under}",
        width=across * min(PAIR, 2 * TALLEST / down) / 2,
    )


def _pairs(record: Record, case: Case, drawn: Drawn, labels: Mapping[str, str]) -> PictureView:
    attack, model, picture = case.claim.measure.attack, _made_for(case), case.claim.picture
    victim = labels.get(model, model)
    across = picture.columns if picture else drawn.shown
    pairs = plural(drawn.shown, "pair")
    between = ""
    if picture is not None and picture.difference is not None:
        between = f", and between them {short(picture.difference, 0)} times their difference"
    budget = case.measurement.budget
    sentences = [
        f"The first {pairs} of run {PICTURED}: each image, and to its right the example that the attack {attack} made from it for {victim}{between}."
    ]
    if budget not in {"", record.paper.budget}:
        sentences.append(f"Drawn under the budget {budget}.")
    if drawn.distortion is not None:
        sentences.append(f"Their mean distortion is {drawn.distortion:.4g}.")
    if drawn.correct is not None:
        sentences.append(f"Of the distorted images {victim} still classifies {drawn.correct or 'none'} correctly.")
    if drawn.clipped:
        sentences.append("Pixels outside [0, 1] are clipped in this picture, but not in the measurements.")
    down = -(-drawn.shown // across)
    return PictureView(
        case=case,
        address=f"data:image/png;base64,{drawn.png}",
        alternative=f"Grid of {pairs} of images, {across} in a row: each original, and to its right the example that the attack {attack} made from it for {victim}{between}.",
        caption=" ".join(sentences),
        width=across * min(PAIR, 2 * TALLEST / down) * (picture.panels / 2 if picture else 1),
    )


def _made_for(case: Case) -> str:
    """Return the model the images were made for: the first, where the claim names several."""
    names: Names = case.claim.measure.crafted_on or case.claim.measure.model
    return names if isinstance(names, str) else names[0]

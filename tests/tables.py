"""Tables of transfer made by hand: rates without an attack, under noise, and of examples made for another network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from records import claim, margin, measured, record

from harness.record.model import Record
from harness.spec.claim import Claim, Margin, Names, as_tuple
from harness.spec.paper import Axis, Exhibit

RECIPES = {"attacks": {"noise": {"kind": "gaussian-noise", "stddev": 0.1}, "search": {"kind": "lbfgs"}}}
"""An attack that is a control, and one that is none."""
POINTS = margin(absolute=3)


def clean(printed: str = "7", model: str = "m") -> Claim:
    """The error of one network on the whole split."""
    return claim(f"other/{model}/clean", printed=printed, model=model, margin=POINTS)


def fed(
    printed: str,
    name: str = "fed",
    *,
    model: Names = "m",
    made_for: Names = "n",
    width: Margin = POINTS,
    **given: object,
) -> Claim:
    """The error of one network on examples made for another."""
    crafted = {"attack": "search", "crafted_on": made_for, "sample": {"count": 256}}
    return claim(f"t/{name}/{as_tuple(model)[0]}", printed=printed, model=model, margin=width, **{**crafted, **given})


def noisy(printed: str, *, model: str = "m") -> Claim:
    """The error of one network under noise, in the table of ``fed``."""
    return claim(f"t/noise/{model}", printed=printed, model=model, attack="noise", margin=POINTS)


def table(
    *claims: Claim, values: Mapping[str, Sequence[float]] | None = None, of: int = 10_000, **given: object
) -> Record:
    """A record in which the claims ``t/ROW/COLUMN`` are a table, measured as said, by id."""
    runs = values or {}
    pairs = [(each, measured(each.id, runs[each.id], of=of) if each.id in runs else None) for each in claims]
    made = record(*pairs, recipes=RECIPES, **given)
    cells = {each.id.removeprefix("t/"): each.id for each in claims if each.id.startswith("t/")}
    rows, columns = (list(dict.fromkeys(cell.split("/")[place] for cell in cells)) for place in (0, 1))
    exhibit = Exhibit(
        id="t",
        title="A table",
        source={"table": 1},
        shape="table",
        rows=tuple(Axis(name=name, label=f"row {name}") for name in rows),
        columns=tuple(Axis(name=name, label=f"column {name}") for name in columns),
        cells=cells,
        claims=tuple(cells.values()),
    )
    others = [each.id for each in claims if each.id not in exhibit.claims]
    rest = Exhibit(id="other", title="Others", source={"section": "1"}, shape="list", claims=tuple(others))
    paper = made.paper.model_copy(update={"exhibits": (exhibit, rest) if others else (exhibit,)})
    return made.model_copy(update={"paper": paper})

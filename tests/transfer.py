"""A transfer table made by hand: what models err on examples made for one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from records import claim, margin, measured, record

from harness.judge import judge
from harness.record.model import Record
from harness.report.case import Case
from harness.report.cases import cases_of
from harness.spec.claim import Claim, Measure, Source
from harness.spec.paper import Axis, Exhibit

MODELS = ("a", "b", "c", "e")
PLACE = Source(table=2, page=7)


def cell(source: str, model: str, printed: str, **more: object) -> Claim:
    """One number of the table, in percent and within two points; the distortion column's in its own unit."""
    if model == "distortion":
        measure = Measure(metric="distortion", data="d/train", model=source, attack="x")
        given = {"printed": printed, "unit": "distortion", "margin": margin(relative=0.15)}
    else:
        measure = Measure(metric="error-rate", data="d/train", model=model, attack="x", crafted_on=source)
        given = {"printed": printed, "unit": "%", "decimals": 1, "margin": margin(absolute=2.0)}
    primary = model in {source, "distortion"}
    return claim(f"t/{source}/{model}", primary=primary, **{**given, **more}).model_copy(
        update={"measure": measure, "says": f"{source}, {model}"}
    )


def table(
    moved: Mapping[tuple[str, str], float | None], models: Sequence[str] = MODELS, *, distortion: bool = True
) -> Record:
    """A record of a table that prints 50 % everywhere, measured so many points beside it; None: not run."""
    columns = (*models, *(["distortion"] if distortion else []))
    pairs = []
    for source in models:
        for model in columns:
            number = "0.05" if model == "distortion" else "50"
            one = cell(source, model, number)
            off = moved.get((source, model), 0.0)
            value = 0.05 if model == "distortion" else 0.5 + (off or 0.0) / 100
            values = [value - 0.0001, value, value + 0.0001]
            runs = measured(one.id, values, of=10_000, counted=model != "distortion")
            pairs.append((one, None if off is None else runs))
    exhibit = Exhibit(
        id="t",
        title="Who falls for what",
        source=PLACE,
        shape="table",
        rows=tuple(Axis(name=name, label=f"FC-{name}") for name in models),
        columns=tuple(Axis(name=name, label=f"fed to {name}") for name in columns),
        cells={each.id.removeprefix("t/"): each.id for each, _ in pairs},
        claims=tuple(each.id for each, _ in pairs),
    )
    made = record(*pairs)
    return made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})


def cases(made: Record) -> dict[str, Case]:
    return cases_of(made, judge(made))

"""The measure of a claim as a phrase, and its runs as a table."""

from __future__ import annotations

from dataclasses import dataclass

from harness.judge.numbers import numeral, share
from harness.judge.observed import number_of
from harness.judge.samples import Span, span_in_words
from harness.kinds.quantity import DIFFERENCE, RATIO
from harness.record.measurement import Measurement, Run
from harness.report.words import listed, signed
from harness.spec.claim import Claim, Measure

_HEADINGS = (
    "run",
    "measured",
    "compared with",
    *(each.column for each in (DIFFERENCE, RATIO)),
    "exact limit",
    "counted",
    "images",
    "sd over images",
    "attack succeeded",
    "training",
)


_LISTED_ONCE = frozenset({"images", "attack succeeded", "training"})


@dataclass(frozen=True)
class RunTable:
    """The runs of one claim as a table.

    Attributes:
        headings: of the columns.
        rows: a numeral for each heading, one row a run.
        alike: what is the same in every run, as (heading, words).
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    alike: tuple[tuple[str, str], ...]


def tabulate(claim: Claim, measurement: Measurement, decimals: int) -> RunTable:
    """Return the runs of a measurement; numbers in the printed unit, with ``decimals`` decimals."""
    rows = [_row(run, claim.expected.scale, decimals) | _compared(claim, run, decimals) for run in measurement.runs]
    shown = [name for name in _HEADINGS if any(name in row for row in rows)]
    alike = [name for name in shown if name in _LISTED_ONCE and len({row.get(name) for row in rows}) == 1]
    headings = tuple(name for name in shown if name not in alike)
    return RunTable(
        headings,
        tuple(tuple(row.get(name, "") for name in headings) for row in rows),
        tuple((name, rows[0][name]) for name in alike),
    )


def _row(run: Run, scale: float, decimals: int) -> dict[str, str]:
    """Return heading -> numeral, for the known values of the run."""
    measured = run.measured
    row = {"run": str(run.run), "measured": numeral(measured.value / scale, decimals)}
    if run.other is not None:
        row["compared with"] = numeral(run.other.value / scale, decimals)
    if run.limit is not None:
        row["exact limit"] = numeral(run.limit.value / scale, decimals)
    if measured.count is not None and measured.of is not None:
        row["counted"] = f"{measured.count} of {measured.of}"
    elif measured.of is not None:
        row["images"] = str(measured.of)
    if measured.spread is not None:
        row["sd over images"] = numeral(measured.spread / scale, decimals)
    if measured.found is not None:
        why = "; ".join(f"{code} {count}" for code, count in sorted(measured.failures.items()))
        row["attack succeeded"] = share(measured.found) + (f" ({why})" if why else "")
    if not run.settled:
        row["training"] = "not converged"
    return row


def _compared(claim: Claim, run: Run, decimals: int) -> dict[str, str]:
    """Return the number made of two measures under its heading; empty for a claim on one."""
    quantity, number = claim.expected.relates.quantity, number_of(claim, run)
    if not quantity.column or number is None:
        return {}
    return {quantity.column: (signed if quantity.signed else numeral)(number, decimals)}


def measure_in_words(measure: Measure, taken: Span | None = None) -> str:
    """Return a measure as one phrase: ``distortion of fc10 on mnist/train under lbfgs on 256 images drawn anew in each run``.

    Args:
        measure: the measure.
        taken: how many images its samples took, where those were all there are.
    """

    def named(names: str | tuple[str, ...]) -> str:
        return names if isinstance(names, str) else listed(names)

    several = any(isinstance(names, tuple) for names in (measure.model, measure.crafted_on, measure.data))
    paired = isinstance(measure.crafted_on, tuple) and isinstance(measure.model, tuple)
    options = ", ".join(f"{name} {value}" for name, value in measure.options.items())
    metric = f"{measure.metric} ({options})" if options else measure.metric
    parts = [f"{'mean ' if several else ''}{metric} of {named(measure.model)} on {named(measure.data)}"]
    if measure.attack:
        parts.append(f"under {measure.attack}")
    if measure.crafted_on is not None:
        others = ", never for the network itself," if paired else ""
        parts.append(f"made for {named(measure.crafted_on)}{others}")
    images = measure.sample.qualifying
    asked = measure.sample.count
    if asked is None:
        parts.append(f"on all {images}")
    elif taken is None:
        parts.append(f"on {asked} {images} drawn anew in each run")
    else:
        parts.append(f"on all {span_in_words(taken)} {images} there are ({asked} asked for)")
    return " ".join(parts)

"""The sentences below an exhibit: on shuffled numbers, on rivals, and on the networks without an attack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.judge.clean import CleanValue
from harness.judge.kind_facts import metric_of
from harness.judge.rivals import rivals_told
from harness.judge.shuffled import shuffled, shuffled_in_words
from harness.record.model import Record
from harness.report.case import Case
from harness.report.names import network_labels
from harness.report.words import listed, with_unit
from harness.spec.paper import Exhibit


def beneath(exhibit: Exhibit, record: Record, own: Sequence[Case], cases: Mapping[str, Case]) -> tuple[str, ...]:
    """Return the sentences below an exhibit, without empty ones.

    Args:
        exhibit: the table or list.
        record: what was measured.
        own: the exhibit's claims.
        cases: all claims by id.
    """
    dealt = shuffled(exhibit, record, {name: case.verdict for name, case in cases.items()})
    having = {case.claim.id: case.rivals for case in own if case.rivals is not None}
    told = (
        shuffled_in_words(dealt),
        rivals_told(having, "cell" if exhibit.cells else "claim"),
        *_clean(exhibit, own, cases),
    )
    return tuple(sentence for sentence in told if sentence)


def _clean(exhibit: Exhibit, own: Sequence[Case], cases: Mapping[str, Case]) -> Iterator[str]:
    """Yield a sentence on each network that examples were fed to: its value without an attack, in the table's order."""
    values: dict[tuple[str, str], dict[str, tuple[str, CleanValue]]] = {}
    columns, labels = [column.label for column in exhibit.columns], network_labels(cases)
    for case in sorted(own, key=lambda case: columns.index(case.column) if case.column in columns else 0):
        metric, clean, model = metric_of(case.claim.measure), case.clean, case.claim.measure.model
        if metric is not None and clean is not None and case.clean_number is not None and isinstance(model, str):
            where = (
                "on the attacked images" if clean.same_images else "on the whole split, not only on the attacked images"
            )
            value = with_unit(case.clean_number, case.unit), clean
            values.setdefault((f"The {metric.in_words()}", where), {})[labels.get(model, model)] = value
    for (what, where), found in values.items():
        how = listed(list(dict.fromkeys(clean.how for _, clean in found.values()))).replace(" and ", " or ")
        how = f"ours, {how}" if all(clean.runs for _, clean in found.values()) else how
        shown = ", ".join(f"{label} {value}" for label, (value, _) in found.items())
        yield f"{what} without an attack ({how}, {where}): {shown}."

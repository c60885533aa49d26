"""The sentences beneath an exhibit: on shuffled numbers, on rivals, and on what the networks do without an attack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.judge.kind_facts import metric_of
from harness.judge.rivals import rivals_told
from harness.judge.shuffled import shuffled, shuffled_in_words
from harness.record.model import Record
from harness.report.case import Case
from harness.report.words import with_unit
from harness.spec.paper import Exhibit


def beneath(exhibit: Exhibit, record: Record, own: Sequence[Case], cases: Mapping[str, Case]) -> tuple[str, ...]:
    """Return the sentences beneath an exhibit, those that say something.

    Args:
        exhibit: the table or list.
        record: what was measured.
        own: the exhibit's claims.
        cases: all claims by id.
    """
    dealt = shuffled(exhibit, record, {name: case.verdict for name, case in cases.items()})
    having = {case.claim.id: case.rivals for case in own if case.rivals is not None}
    told = shuffled_in_words(dealt), rivals_told(having, "cell" if exhibit.cells else "claim"), *_clean(own)
    return tuple(sentence for sentence in told if sentence)


def _clean(own: Sequence[Case]) -> Iterator[str]:
    """Yield a sentence on what each network that examples were fed to does without an attack."""
    values: dict[str, dict[str, str]] = {}
    for case in own:
        metric, clean, model = metric_of(case.claim.measure), case.clean, case.claim.measure.model
        if metric is not None and clean is not None and case.clean_number is not None and isinstance(model, str):
            where = (
                "on the images attacked"
                if clean.same_images
                else "on the whole split, not on the images attacked alone"
            )
            how = "our mean" if clean.runs else "as printed"
            heading = f"The {metric.in_words()} without an attack ({how}, {where})"
            values.setdefault(heading, {})[model] = with_unit(case.clean_number, case.unit)
    for heading, found in values.items():
        yield f"{heading}: {', '.join(f'{model} {value}' for model, value in found.items())}."

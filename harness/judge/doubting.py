"""Doubts about a record: reasons to trust its verdicts less, from the pack, the protocol, the pilots and the verdicts.

| id | what was found |
| --- | --- |
| an id of a rule of packs | a doubt about the pack alone; `harness lint --explain ID` explains it |
| ``amended`` | a promise was changed after judged runs |
| ``seeds-tried`` | judged runs were made with other seeds before |
| ``protocol-unknown`` | the record has no protocol, so it is not known what was promised before the runs |
| ``protocol-late`` | a promise was first recorded after the claim's first judged run |
| ``pilot-unbacked`` | a line of pilot.yaml whose pilot runs are not in the record |
| ``pilot-contradicted`` | a line of pilot.yaml that does not follow from the pilot runs in the record |
| ``mostly-by-construction`` | half of the primary claims that reproduced, or more, are true by construction |
| ``unverified`` | numbers without a checksum |

A doubt changes no verdict. It is shown in the first lines of the report and of the terminal, and ``--strict`` fails on it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.errors import plural
from harness.judge.observed import observe_pilot
from harness.judge.outcome import Outcome
from harness.judge.power import spread_of
from harness.judge.rivals import controls_of
from harness.judge.verdict import CONSTRUCTED, Verdict
from harness.naming import some
from harness.record.dates import measured, moment
from harness.record.measurement import Measurement, PilotRuns
from harness.record.model import Record
from harness.record.protocol import CLAIM, SEED, WHOLE, Amendment, Protocol
from harness.record.unverified import UNVERIFIED, warning
from harness.spec.claim import Claim
from harness.spec.doubts import MOST, Doubt, pack_doubts
from harness.spec.paper import Pilot
from harness.spec.rules.promises import WIDE_MARGIN

AMENDED, SEEDS_TRIED = "amended", "seeds-tried"
UNKNOWN, LATE = "protocol-unknown", "protocol-late"
UNBACKED, CONTRADICTED = "pilot-unbacked", "pilot-contradicted"
CONSTRUCTION = "mostly-by-construction"
SHOWN = 3
"""The most amendments that one sentence lists."""
ROUNDED = 1e-4
"""Relative difference that rounding to the digits of pilot.yaml may make."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def doubts(record: Record, verdicts: Sequence[Verdict]) -> tuple[Doubt, ...]:
    """Return every doubt about a record, those about its protocol first.

    Args:
        record: what was measured, and what was promised.
        verdicts: of the record.
    """
    unsure = [Doubt(UNVERIFIED, sentence)] if (sentence := warning(record)) else []
    protocol = [*_amendments(record.protocol), *_dates(record)] if record.protocol is not None else [*_unknown(record)]
    return (
        *protocol,
        *unsure,
        *_pilots(record),
        *pack_doubts(record.paper, controls_of(record)),
        *_sampled_widths(record, verdicts),
        *_construction(verdicts),
    )


def _amendments(protocol: Protocol) -> Iterator[Doubt]:
    seeds = protocol.seeds
    if len(seeds) > 1:
        number, now = len(seeds), protocol.terms(WHOLE)[SEED]
        which = ORDINALS[number - 1] if number <= len(ORDINALS) else f"{number}th"
        what = f"This is the {which} seed that was tried" if now == seeds[-1] else f"{number} seeds were tried"
        yield Doubt(SEEDS_TRIED, f"{what} ({', '.join(seeds)}; now {now}): runs with each seed were judged.")
    alike: dict[tuple[str, str, int], list[Amendment]] = defaultdict(list)
    for each in protocol.amendments:
        if (each.claim, each.what) != (WHOLE, SEED):
            alike[each.what, each.when, each.after_runs].append(each)
    if alike:
        told = [_told(group) for group in alike.values()]
        more = f"; and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
        claims = dict.fromkeys(each.claim for group in alike.values() for each in group if each.claim != WHOLE)
        yield Doubt(AMENDED, f"Amended after judged runs: {'; '.join(told[:SHOWN])}{more}.", tuple(claims))


def _told(group: Sequence[Amendment]) -> str:
    """Return the amendments of one term at one time in words, with their claims."""
    first, claims = group[0], [each.claim for each in group if each.claim != WHOLE]
    if len({(each.old, each.new) for each in group}) > 1:
        change = ""
    elif first.what == CLAIM:
        change = f" {first.new}"
    else:
        change = f" from {_cut(first.old)} to {_cut(first.new)}"
    of = f" of {some(claims)}" if claims else ""
    day = found.date().isoformat() if (found := moment(first.when)) is not None else first.when
    return f"{first.what}{of}{change} ({day}, after {plural(first.after_runs, 'judged run')})"


def _cut(words: str) -> str:
    """Return a term in words, without the end of long ones."""
    plain = " ".join(words.split()) or "nothing"
    return plain if len(plain) <= 60 else f"{plain[:59]}…"


def _unknown(record: Record) -> Iterator[Doubt]:
    if any(measurement.runs for measurement in record.measurements.values()):
        sentence = (
            "This record has no protocol: it is not known whether printed numbers, margins, pilot runs or readings were "
            "changed after its runs."
        )
        yield Doubt(UNKNOWN, sentence)


def _dates(record: Record) -> Iterator[Doubt]:
    """Yield a doubt on the claims that were first promised after their first judged run."""
    late = [claim.id for claim in record.paper.claims if _is_late(claim, record)]
    if late:
        which = plural(len(late), "claim")
        sentence = (
            f"The protocol of {which} begins after the first judged run: earlier changes are not known ({some(late)})."
        )
        yield Doubt(LATE, sentence, tuple(late))


def _is_late(claim: Claim, record: Record) -> bool:
    measurement = record.measurements.get(claim.id)
    promise = record.protocol.promises.get(claim.id) if record.protocol is not None else None
    if promise is None or measurement is None or not measurement.comparable or not measurement.runs:
        return False
    since, runs = moment(promise.since), measured(measurement, record.jobs)
    return promise.after_runs > 0 or (since is not None and runs is not None and since > runs[0])


def _pilots(record: Record) -> Iterator[Doubt]:
    """Yield doubts about up-to-date lines of pilot.yaml that do not follow from recorded runs."""
    unbacked, contradicted = [], []
    for claim in record.paper.claims:
        pilot, measurement = record.paper.pilot.get(claim.id), record.measurements.get(claim.id)
        if pilot is None or measurement is None or not measurement.runs or measurement.inputs != pilot.inputs:
            continue
        kept = record.pilots.get(claim.id)
        if kept is None or kept.inputs != pilot.inputs or len(kept.runs) < pilot.runs:
            unbacked.append(claim.id)
        elif not _follows(claim, pilot, kept):
            contradicted.append(claim.id)
    again = f"`{record.invocation.command('verify', '--pilot')}` measures it"
    if contradicted:
        which = plural(len(contradicted), "claim")
        told = f"pilot.yaml does not agree with the recorded pilot runs of {which}: {some(contradicted)}; {again}."
        yield Doubt(CONTRADICTED, told, tuple(contradicted))
    if unbacked:
        which = plural(len(unbacked), "claim")
        told = f"The pilot runs of {which} in pilot.yaml are not in this record: {some(unbacked)}; {again}."
        yield Doubt(UNBACKED, told, tuple(unbacked))


def _follows(claim: Claim, pilot: Pilot, kept: PilotRuns) -> bool:
    """Whether a line of pilot.yaml agrees with its runs after rounding."""
    seen = observe_pilot(claim, Measurement(claim=claim.id, runs=kept.runs, inputs=kept.inputs))
    found = spread_of(seen, kept.inputs) if seen is not None else None
    if found is None or found.runs != pilot.runs:  # fewer than were made may have been selected
        return False
    pairs = [(found.sd, pilot.sd), (found.images_sd, pilot.images_sd), (found.other, pilot.other)]
    return all(
        (one is None) == (other is None)
        and (one is None or other is None or math.isclose(one, other, rel_tol=ROUNDED, abs_tol=1e-12))
        for one, other in pairs
    )


def _sampled_widths(record: Record, verdicts: Sequence[Verdict]) -> Iterator[Doubt]:
    """Yield the claims whose margin follows from a sample or a pilot and is larger than the printed number.

    A declared width is compared with half the printed number before anything is measured (``harness/spec/doubts.py``).
    These margins are known only now, and for a small rate counted on few images a wide margin is correct.
    """
    found, claims = [], record.paper.by_id
    for verdict in verdicts:
        expected = claims[verdict.claim].expected
        follows = expected.margin is not None and (expected.margin.sampling is not None or expected.margin.same_images)
        if not follows or not expected.relates.two_sided or verdict.margin is None:
            continue
        if expected.number and verdict.margin > max(abs(expected.number), expected.half_unit):
            found.append(verdict.claim)
    if found:
        told = f"The margin of {plural(len(found), 'claim')} is larger than the printed number, so it includes 0: {some(found)}."
        yield Doubt(WIDE_MARGIN.id, told, tuple(found))


def _construction(verdicts: Sequence[Verdict]) -> Iterator[Doubt]:
    reproduced = [verdict for verdict in verdicts if verdict.primary and verdict.outcome is Outcome.REPRODUCED]
    made = [verdict.claim for verdict in reproduced if CONSTRUCTED in verdict.qualifiers]
    if made and len(made) >= MOST * len(reproduced):
        of = plural(len(reproduced), "primary claim")
        told = f"{len(made)} of {of} that reproduced {'is' if len(made) == 1 else 'are'} true by construction: {some(made)}."
        yield Doubt(CONSTRUCTION, told, tuple(made))

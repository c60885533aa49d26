"""``judge``: every claim of a record, with the qualifiers that depend on more than the claim's own runs."""

from __future__ import annotations

from collections.abc import Mapping

from harness.judge.gates import judge_claims
from harness.judge.sensitivity import sensitivities
from harness.judge.verdict import Verdict
from harness.record.model import Record, check_record
from harness.record.unverified import UNVERIFIED, unverified


def judge(record: Record) -> tuple[Verdict, ...]:
    """Judge every claim of the paper, in the paper's order. Pure: equal records give equal verdicts.

    A verdict is qualified as ``robust`` or ``choice-dependent`` where other readings were measured, and as
    ``unverified`` where no checksum covers its numbers.
    """
    check_record(record, "judge")
    verdicts = judge_claims(record)
    if record.variants:
        found = sensitivities(record, verdicts)
        verdicts = _qualified(verdicts, {claim: each.qualifier for claim, each in found.items()})
    return _qualified(verdicts, dict.fromkeys(unverified(record), UNVERIFIED))


def _qualified(verdicts: tuple[Verdict, ...], qualifiers: Mapping[str, str]) -> tuple[Verdict, ...]:
    """Append one qualifier, by claim id, to the verdicts that have one."""
    return tuple(
        verdict.model_copy(update={"qualifiers": (*verdict.qualifiers, qualifier)})
        if (qualifier := qualifiers.get(verdict.claim, ""))
        else verdict
        for verdict in verdicts
    )

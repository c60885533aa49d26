"""``judge``: every claim of a record, with the qualifiers that depend on more than the claim's own runs."""

from __future__ import annotations

from collections.abc import Mapping

from harness.judge.gates import judge_claims
from harness.judge.question import ANOTHER, Margins, Question, pose
from harness.judge.sensitivity import sensitivities
from harness.judge.verdict import Verdict
from harness.record.model import Record
from harness.record.unverified import UNVERIFIED, unverified


def judge(record: Record, margins: Margins | None = None, alpha: float | None = None) -> tuple[Verdict, ...]:
    """Judge every claim of the paper, in the paper's order. Pure: equal records give equal verdicts.

    A verdict is qualified as ``robust`` or ``choice-dependent`` where other readings were measured, as ``unverified``
    where no checksum covers its numbers, and as ``another-question`` where its margin or the level is not the record's.

    Args:
        record: what was measured.
        margins: other margins than the record's, as another question: pattern of claims -> a text as ``--margin`` takes it
            (``"10%"``), or a half-width in the unit of each claim.
        alpha: another level than 0.05 for all looks at a claim, at least 1e-6 and below 0.5.

    Returns:
        A verdict for each claim.

    Raises:
        UsageError: if a pattern fits no claim, or a margin or the alpha cannot be.
    """
    return answer(pose(record, margins, alpha))


def answer(question: Question) -> tuple[Verdict, ...]:
    """Judge every claim of the paper as a question asks; see ``judge``."""
    record = question.record
    verdicts = judge_claims(record, question.level)
    if record.variants:
        found = sensitivities(record, verdicts, question.level)
        verdicts = _qualified(verdicts, {claim: each.qualifier for claim, each in found.items()})
    verdicts = _qualified(verdicts, dict.fromkeys(unverified(record), UNVERIFIED))
    return _qualified(verdicts, dict.fromkeys(question.changed, ANOTHER))


def _qualified(verdicts: tuple[Verdict, ...], qualifiers: Mapping[str, str]) -> tuple[Verdict, ...]:
    """Append one qualifier, by claim id, to the verdicts that have one."""
    return tuple(
        verdict.model_copy(update={"qualifiers": (*verdict.qualifiers, qualifier)})
        if (qualifier := qualifiers.get(verdict.claim, ""))
        else verdict
        for verdict in verdicts
    )

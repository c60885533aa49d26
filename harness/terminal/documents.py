"""What commands print with ``--json``: one JSON document each; its keys do not change while ``format`` is the same.

Every document has ``format`` and ``command``. Numbers are finite; unknown values are null. Lines and columns count
from 1. Seconds are those of the plan. Verdicts have the keys of ``harness.judge.exits.FIELDS``, in the printed unit.

| command | keys |
| --- | --- |
| lint | ``mistakes``, ``warnings``: each ``file``, ``line``, ``column``, ``where``, ``message``, ``rule`` |
| lint --explain | ``rule``, ``warning``, ``what``, ``why``, ``repair``, ``example`` (``file``, ``wrong``, ``right``) |
| plan | ``packs``: each ``name``, ``claims`` (``claim``, ``runs``, ``stored``, ``margin``, ``power``, ``detects``), ``jobs``
(``verb``, ``name``, ``stored``, ``missing``, ``seconds``), ``variants`` (``label``, ``claims``, ``missing``, ``seconds``),
``settings`` (``count``, ``varied``, ``own``, ``not_printed``), ``notes`` |
| kinds | ``kinds``: each ``group``, ``kind``, ``doc``, ``package``, ``fields`` (``name``, ``type``, ``required``,
``default``, ``doc``); ``claim``: the form of a claim, or null; ``unusable``: each ``kinds``, ``package``, ``cause`` |
| verify | ``packs``: each ``name``, ``doubts``, ``verdicts``, ``folder``, ``files``, ``notes``, ``interrupted``, ``exit_status`` |
| verify --pilot | ``packs``: each ``name``, ``file``, ``recorded``, ``missing``, ``changed``, ``interrupted`` |
| judge | ``name``, ``question`` (null, or of another one ``sentences``, ``margins``: each ``claim``, ``margin``,
``instead_of``, ``floor``; ``alpha``, ``alpha_of_record``), ``verified``, ``doubts`` (``doubt``, ``sentence``, ``claims``), ``amendments`` (``claim``, ``what``, ``old``,
``new``, ``when``, ``after_runs``), null where they are not known, ``verdicts``, ``exit_status`` |
| compare | ``a``, ``b``, ``claims``: each ``claim``, ``likeness``, ``because``, ``flipped``, ``difference`` (B minus A),
``interval``, ``p_value``, ``bounds``, the verdicts ``a`` and ``b``; ``provenance``: each ``what``, ``a``, ``b``;
``divergences``: each ``verb``, ``name``, ``how``, ``because``, ``runs``, ``claims``; ``changed``, ``exit_status`` |
| check | ``folder``, ``manifest`` (its SHA-256), ``files``: each ``file``, ``state`` (``same``, ``touched``, ``missing``, ``added``),
``because``; ``judged`` (how many verdicts; null where the record could not be), ``unjudged`` (why), ``differing``: each ``file``,
``claim``, ``written``, ``judged``; ``exit_status`` |
| check --remeasure | the same, and where all is as it was ``remeasured``: ``share``, ``seed``, ``drawn``, ``among`` (how many claims could
be), ``seed_of_runs``, ``answer``, ``agree``, ``missing``, ``most_changed``, ``comparison`` (as of compare), ``interrupted``, ``exit_status`` |
| bundle | ``file``, ``sha256``, ``files``, ``written``, ``note`` (why its pack is not in it; else null) |
| store ls | ``store``, ``named``: each ``platform``, ``verb``, ``name``, ``results``, ``bytes``, ``last`` |
| store verify | ``store``, ``results``, ``bytes``, ``damaged``: each ``result``, ``because``; ``exit_status`` |
| store gc | ``store``, ``records``, ``kept``, ``kept_bytes``, ``unneeded`` (as ``named``), ``removed``, ``left`` |
| store export | ``file``, ``written``, ``results``, ``damaged`` (as of store verify), ``absent`` |
| store import | ``store``, ``new``, ``known`` |
| explain | ``claim``, ``verdict``, ``story``: each ``heading``, ``text`` |
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.errors import Problem
from harness.judge import as_json, exit_status, strict_status
from harness.judge.exits import doubts_as_json
from harness.judge.looks import LEVEL, spending
from harness.judge.power import power_of
from harness.judge.question import Question
from harness.judge.verdict import Verdict
from harness.kinds.describe import Kind
from harness.kinds.registry import failures
from harness.plan import Verb
from harness.report.explain import Story
from harness.spec.doubts import Doubt
from harness.spec.rules import Rule
from harness.terminal.due import due_of

if TYPE_CHECKING:
    from harness.pilot import Piloted
    from harness.pipeline import Verified
    from harness.prepared import Prepared
    from harness.spec.reading.describe import ClaimForm

FORMAT = 1
"""Increased if a key changes its name or its meaning, but not for a new key."""
Document = dict[str, Any]


def text_of(command: str, document: Document) -> str:
    """Return a document as JSON; characters that would steer a terminal are escaped."""
    whole = {"format": FORMAT, "command": command, **document}
    text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(each if each == "\n" or each.isprintable() else json.dumps(each)[1:-1] for each in text)


def lint_document(mistakes: Iterable[Problem], warnings: Iterable[Problem]) -> Document:
    """Return what lint found."""
    return {
        "mistakes": [_problem(problem) for problem in mistakes],
        "warnings": [_problem(problem) for problem in warnings],
    }


def _problem(problem: Problem) -> Document:
    return asdict(problem) | {
        "file": str(problem.file),
        "line": problem.line or None,
        "column": problem.column or None,
    }


def plan_document(packs: Iterable[Prepared]) -> Document:
    """Return what packs still have to do, and the power and detectable difference of each claim by number of runs."""
    return {"packs": [_planned(prepared) for prepared in packs]}


def _planned(prepared: Prepared) -> Document:
    due = due_of(prepared)
    notes = [*([prepared.outdated] if prepared.outdated else []), *prepared.other_source]
    return {
        "name": prepared.spec.paper.name,
        "claims": [_wanted(prepared, claim) for claim in prepared.plan.wants],
        "jobs": [asdict(work) for work in due.works],
        "variants": [asdict(other) for other in due.variants],
        "settings": prepared.spec.settings.model_dump(mode="json"),
        "notes": notes,
    }


def _wanted(prepared: Prepared, claim: str) -> Document:
    paper, plan, rows = prepared.spec.paper, prepared.plan, prepared.plan.wants[claim]
    # No power if nothing is judged, nothing is random, or the pilot measured something else.
    judged = paper.comparable and claim not in plan.deterministic and claim not in plan.outdated(paper.pilot)
    power = power_of(paper.claim(claim), paper.pilot.get(claim) if judged else None, spending(paper.looks))
    return {
        "claim": claim,
        "runs": len(rows),
        "stored": sum(all(prepared.store.has(Verb.MEASURE, key) for key in row.keys) for row in rows),
        "margin": power.margin,
        "power": {str(runs): probability for runs, probability in power.at.items()},
        "detects": {str(runs): size for runs, size in power.detects.items()},
    }


def rule_document(rule: Rule) -> Document:
    """Return the explanation of one rule."""
    example = rule.example
    return {
        "rule": rule.id,
        "warning": rule.warning,
        "what": rule.what,
        "why": rule.why,
        "repair": rule.repair,
        "example": {"file": example.file or None, "wrong": example.wrong, "right": example.right},
    }


def kinds_document(kinds: Iterable[Kind], claim: ClaimForm | None) -> Document:
    """Return kinds with their fields, the form of a claim where it was asked for, and what cannot be used."""
    return {
        "kinds": [_kind(kind) for kind in kinds],
        "claim": asdict(claim) if claim is not None else None,
        "unusable": [
            {"kinds": sorted(failure.kinds), "package": str(failure.package), "cause": failure.cause}
            for failure in failures()
        ],
    }


def _kind(kind: Kind) -> Document:
    whole = asdict(kind)
    doc = "\n\n".join(filter(None, (whole.pop("doc"), whole.pop("more"))))
    return {"group": whole.pop("group"), "kind": whole.pop("kind"), "doc": doc, **whole}


def verify_document(packs: Sequence[Verified], status: int, *, strict: bool = False) -> Document:
    """Return the results of packs, and the exit status of all together."""
    return {"packs": [_verified(pack, strict=strict) for pack in packs], "exit_status": status}


def status_of(pack: Verified, *, strict: bool) -> int:
    """Return the exit status of one pack."""
    status = exit_status(pack.verdicts)
    return strict_status(status, pack.doubts) if strict else status


def _verified(pack: Verified, *, strict: bool) -> Document:
    return {
        "name": pack.name,
        "doubts": doubts_as_json(pack.doubts),
        "verdicts": as_json(pack.verdicts),
        "folder": str(pack.folder),
        "files": [str(path) for path in (*pack.rendered.written, *pack.rendered.unchanged)],
        "notes": list(pack.rendered.notes),
        "interrupted": pack.interrupted,
        "exit_status": status_of(pack, strict=strict),
    }


def pilot_document(packs: Iterable[Piloted]) -> Document:
    """Return the results of the pilots of packs."""
    return {
        "packs": [
            {
                "name": pack.prepared.spec.paper.name,
                "file": str(pack.file),
                "recorded": list(pack.recorded),
                "missing": dict(pack.missing),
                "changed": pack.changed,
                "interrupted": pack.interrupted,
            }
            for pack in packs
        ]
    }


def judge_document(question: Question, verdicts: Sequence[Verdict], found: Sequence[Doubt], status: int) -> Document:
    """Return the verdicts on a record; ``verified`` is whether it has a checksum."""
    record, protocol = question.record, question.record.protocol
    return {
        "name": record.paper.name,
        "question": _question(question) if question.another else None,
        "verified": record.verified,
        "doubts": doubts_as_json(found),
        "amendments": None if protocol is None else [each.model_dump(mode="json") for each in protocol.amendments],
        "verdicts": as_json(verdicts),
        "exit_status": status,
    }


def _question(question: Question) -> Document:
    """Return what was asked instead of the record's own question."""
    margins = [
        {"claim": each.claim, "margin": each.words[0], "instead_of": each.words[1], "floor": each.floor or None}
        for each in question.margins
    ]
    return {
        "sentences": list(question.sentences),
        "margins": margins,
        "alpha": question.level,
        "alpha_of_record": LEVEL,
    }


def explain_document(story: Story) -> Document:
    """Return one claim's story."""
    (verdict,) = as_json([story.verdict])
    lines = [{"heading": heading, "text": text} for heading, text in story.entries]
    return {"claim": story.claim, "verdict": verdict, "story": lines}

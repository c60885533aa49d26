"""A bench: one claim of a pack, with or without a defect, is measured and judged in a separate folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import UsageError
from harness.judge import judge
from harness.pipeline import Session, prepare
from harness.planner import make_plan
from harness.prepared import Options, Prepared
from harness.record.model import Record
from harness.run.display import RememberingDisplay

RUNS = (1, 2, 3)
"""Number of runs at the first look."""


@dataclass(frozen=True)
class JudgedClaim:
    """How a claim was judged in a selftest.

    Attributes:
        outcome: the verdict's outcome, or ``REFUSED`` if no verdict was given.
        reason: its reason code.
        sentence: its sentence.
        mean: the measured number, in the printed unit.
    """

    outcome: str
    reason: str
    sentence: str
    mean: float | None = None

    @property
    def as_pair(self) -> tuple[str, str]:
        """Outcome and reason."""
        return self.outcome, self.reason


@dataclass(frozen=True)
class Edit:
    """A text in a file of a pack, and its replacement."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Bench:
    """A pack, and the store for its results.

    Attributes:
        folder: where edited copies of the pack are written.
        pack: the pack.
        store: folder of the store; edited copies share it, because most of their jobs are the same.
    """

    folder: Path
    pack: Path
    store: Path

    def edited(self, *edits: Edit) -> Bench:
        """Return a bench with an edited copy of the pack.

        Raises:
            UsageError: if a text to be changed does not occur exactly once.
        """
        pack = Path(tempfile.mkdtemp(prefix="pack-", dir=self.folder)) / self.pack.name
        shutil.copytree(self.pack, pack)
        for edit in edits:
            text = (pack / edit.file).read_text(encoding="utf-8")
            if text.count(edit.old) != 1:
                raise UsageError(
                    f"selftest: expected {edit.old!r} once in {edit.file} of the quickstart pack, found it "
                    f"{text.count(edit.old)} times; restore the pack, or adapt the defect to it"
                )
            (pack / edit.file).write_text(text.replace(edit.old, edit.new), encoding="utf-8")
        return replace(self, pack=pack)

    def prepared(self, claim: str, runs: Sequence[int] = RUNS) -> Prepared:
        """Return the pack, planned for one claim."""
        options = Options(patterns=(f"{self.pack.name}/{claim}",), device="cpu", store=self.store)
        (whole,) = prepare([self.pack], options)
        return replace(whole, plan=make_plan(whole.spec, [whole.spec.paper.by_id[claim]], runs))

    def measured(self, claim: str, runs: Sequence[int] = RUNS) -> tuple[Record, list[str]]:
        """Measure one claim; return the record, and the messages that a user would have seen."""
        prepared, display = self.prepared(claim, runs), RememberingDisplay()
        with Session(Options(), display) as session, session.executor(prepared, prepared.plan) as executor:
            executor.run()
            return session.gather(prepared, executor), display.sentences

    def judge(self, claim: str) -> JudgedClaim:
        """Measure and judge one claim."""
        return judge_claim(self.measured(claim)[0], claim)


def judge_claim(record: Record, claim: str) -> JudgedClaim:
    """Judge one claim of a record."""
    verdict = next(verdict for verdict in judge(record) if verdict.claim == claim)
    return JudgedClaim(verdict.outcome.value, verdict.reason, verdict.sentence, verdict.mean)

"""The control flow of the demonstration: load, plan, run, record and judge, as in ``verify``, twice."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from harness.demo.blobs import Blobs, NearestMean
from harness.demo.pack import RIGHT, WRONG, claim_text, write_pack
from harness.judge import judge
from harness.judge.outcome import Outcome
from harness.judge.verdict import Verdict
from harness.kinds.registry import discover, lent
from harness.pipeline import Session
from harness.prepared import Options
from harness.record.model import Record
from harness.record.payloads import mistake
from harness.run.display import Quiet
from harness.run.environment import without_backend
from harness.store import Store

DATASETS, MODELS = {"demo-blobs": Blobs}, {"demo-nearest-mean": NearestMean}


@dataclass(frozen=True)
class Demonstrated:
    """The result of the demonstration; numbers in percent.

    Attributes:
        claim: the claim with the right number, as YAML.
        values: the value of each run.
        right: the verdict on the right number.
        wrong: the verdict on the wrong number, on the same runs.
        seconds: total duration.
    """

    claim: str
    values: tuple[float, ...]
    right: Verdict
    wrong: Verdict
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether the right number is reproduced and the wrong one is not."""
        return (self.right.outcome, self.wrong.outcome) == (Outcome.REPRODUCED, Outcome.NOT_REPRODUCED)


def demo() -> Demonstrated:
    """Measure and judge a claim, then judge it with a wrong printed number; in a temporary folder."""
    start = time.monotonic()
    discover()
    with (
        tempfile.TemporaryDirectory(prefix="harness-demo-") as folder,
        lent("datasets", DATASETS),
        lent("models", MODELS),
    ):
        records = [_record(Path(folder), printed) for printed in (RIGHT, WRONG)]
    (right,), (wrong,) = map(judge, records)
    (measurement,) = records[0].measurements.values()
    values = tuple(100 * run.measured.value for run in measurement.runs)
    return Demonstrated(claim_text(RIGHT), values, right, wrong, time.monotonic() - start)


def _record(folder: Path, printed: str) -> Record:
    """Return the record of the pack with this printed number; stored results are not measured again."""
    options, environment = Options(store=folder / "store", device="cpu"), without_backend()
    with Session(options, Quiet()) as session:
        (planned,) = session.prepare([write_pack(folder / printed, printed)])
        store = Store(options.store, environment.platform, mistake)
        prepared = replace(planned, environment=environment, store=store)
        with session.executor(prepared, prepared.plan) as executor:
            executor.run()
            return session.gather(prepared, executor)

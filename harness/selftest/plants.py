"""Plants defects where they would really happen: in the pack, the random streams, the store, the record."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import numpy as np

from harness.errors import RecordError
from harness.plan import Verb
from harness.record.file import read, results_file, write
from harness.selftest.bench import Bench, Edit, JudgedClaim, judge_claim
from harness.selftest.pack import CLAIMS, DIGITS, ERROR
from harness.store import ARRAYS
from harness.streams import Streams


def other_data(kind: str) -> Edit:
    """Return the edit that replaces the data set by a defective one derived from it."""
    return Edit(
        "paper.yaml", DIGITS, f"digits: {{kind: {kind}, of: sound}}\n  sound: {DIGITS.removeprefix('digits: ')}"
    )


def wrong_number(bench: Bench, before: JudgedClaim) -> JudgedClaim:
    """Change the first digit of a printed error."""
    printed = re.search(r'printed: "(\d+\.\d)"', (bench.pack / CLAIMS).read_text(encoding="utf-8"))
    assert printed is not None
    wrong = Edit(CLAIMS, printed[0], f'printed: "{float(printed[1]) + 10:.1f}"')
    return bench.edited(wrong).judge(ERROR)


def shared_seed(bench: Bench, before: JudgedClaim) -> JudgedClaim:
    """Measure again in an empty store, with streams that do not depend on the run."""
    with one_seed():
        return replace(bench, store=bench.folder / "store-of-one-seed").judge(ERROR)


@contextmanager
def one_seed() -> Iterator[None]:
    """Let every run use the same streams while the block runs."""
    original = Streams.rng

    def without_run(self: Streams, role: str, *index: int) -> np.random.Generator:
        return original(replace(self, run=0), role, *index)

    with patch.object(Streams, "rng", without_run):
        yield


def flipped_bit(bench: Bench, before: JudgedClaim) -> JudgedClaim:
    """Flip one bit of a trained network in a copy of the store without measurements, so that the network is needed."""
    other = replace(bench, store=bench.folder / "store-with-a-flipped-bit")
    shutil.copytree(bench.store, other.store, ignore=shutil.ignore_patterns(Verb.MEASURE.value))
    prepared = other.prepared(ERROR)
    trained = next(job for job in prepared.plan.jobs.values() if job.verb is Verb.TRAIN)
    file = prepared.store.folder(trained.verb, trained.key) / ARRAYS
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    record, sentences = other.measured(ERROR)
    after = judge_claim(record, ERROR)
    noticed = any("is damaged" in sentence and "computed again" in sentence for sentence in sentences)
    return replace(after, reason="computed-again") if noticed and after.mean == before.mean else after


def changed_digit(bench: Bench, before: JudgedClaim) -> JudgedClaim:
    """Change one digit of a measured value in the record."""
    record, _ = bench.measured(ERROR)
    folder = bench.folder / "record"
    write(record, folder)
    file = results_file(folder)
    changed, count = re.subn(
        r'("value": 0\.)(\d)', lambda at: f"{at[1]}{(int(at[2]) + 1) % 10}", file.read_text(encoding="utf-8"), count=1
    )
    assert count
    file.write_text(changed, encoding="utf-8")
    try:
        return judge_claim(read(folder), ERROR)
    except RecordError as error:
        return JudgedClaim("REFUSED", "checksum-mismatch" if "was changed" in str(error) else "unreadable", str(error))

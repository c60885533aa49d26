"""Measures claims of a record anew, as an independent lab does: other seeds, an empty store, and the two compared."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.bundles.drawing import drawable, drawn_claims, most_changed, other_seed
from harness.drafts import replace_file
from harness.errors import UsageError
from harness.files import make_folder, read_regular
from harness.judge.comparing import ClaimComparison, Comparison, compare
from harness.judge.exits import INTERRUPTED, UNDECIDED
from harness.kinds.registry import discover
from harness.naming import some
from harness.pipeline import Session
from harness.plan import Plan
from harness.planner import inputs_digests, make_plan
from harness.prepared import Options, Prepared
from harness.record.file import FOLDER, write
from harness.record.measurement import FIRST_PILOT
from harness.record.model import Record
from harness.record.pack import spec_of
from harness.record.payloads import mistake
from harness.run.display import Display, Quiet
from harness.run.environment import find_environment
from harness.spec.paper import Paper, Spec
from harness.spec.variants import VariantSet
from harness.store import Store

STORE = "store"
"""Folder of the fresh store, where what was measured is kept."""
CALL = "remeasure.json"
"""File that says which record and which draw a folder belongs to, so that an interrupted call can go on."""
MOST_CALL = 2**12
"""Largest size of that file."""


@dataclass(frozen=True)
class Draw:
    """Which claims are measured anew.

    Attributes:
        share: of the claims that may be drawn.
        seed: by which they are drawn.
        claims: those drawn.
        among: how many may be drawn.
    """

    share: float
    seed: int
    claims: tuple[str, ...]
    among: int


@dataclass(frozen=True)
class Remeasured:
    """What came of measuring anew.

    Attributes:
        draw: which claims, and how they were drawn.
        seed: the seed of the random numbers of this lab.
        record: what this lab measured.
        comparison: of the record (A) with it (B), the drawn claims alone.
        interrupted: whether the user stopped it before the end.
    """

    draw: Draw
    seed: int
    record: Record
    comparison: Comparison
    interrupted: bool

    @property
    def missing(self) -> tuple[ClaimComparison, ...]:
        """The drawn claims that this lab could not measure."""
        lost = {claim for claim in self.draw.claims if not self.record.measurements[claim].runs}
        return tuple(each for each in self.comparison.claims if each.claim in lost)

    @property
    def most_changed(self) -> int | None:
        """Of all claims that may be drawn, how many at most would be found changed, at 95 %; None where some are missing."""
        changed, looked_at = len(self.comparison.changed), len(self.draw.claims)
        return None if self.missing else most_changed(self.draw.among, looked_at, changed)

    @property
    def status(self) -> int:
        """Exit status: 130 if it was stopped, 1 where a claim really changed, 4 where one could not be measured, else 0."""
        return INTERRUPTED if self.interrupted else self.comparison.status or (UNDECIDED if self.missing else 0)


def draw_claims(record: Record, share: float, seed: int) -> Draw:
    """Draw claims of a record.

    Args:
        record: of the report.
        share: above 0, at most 1.
        seed: of the draw.

    Raises:
        UsageError: if no claim may be drawn.
    """
    claims = drawable(record)
    if not claims:
        raise UsageError(
            f"--remeasure: the record of {record.paper.name} has no measured number that may be compared; measure it first"
        )
    return Draw(share, seed, drawn_claims(claims, share, seed), len(claims))


def remeasure(
    record: Record, draw: Draw, options: Options, display: Display | None = None, out: Path | None = None
) -> Remeasured:
    """Measure the drawn claims anew, in as many runs as the record has, and compare the two.

    What is measured is the pack as the record holds it; only the seed is another, so that this lab draws initial weights,
    images, targets and noise of its own. No result of the first lab is used: the store is empty.

    Args:
        record: of the first lab.
        draw: which claims.
        options: device and data folder; the others are not used.
        display: shows progress; nothing by default.
        out: new or empty folder for the store and the record of what is measured, or that of the same call, which goes on
            where it stopped; a temporary one by default.

    Raises:
        RecordError: if a kind of the pack is not installed here.
        UsageError: if ``out`` is in use.
        StoreError: if it cannot be written.
    """
    discover()
    display = display or Quiet()
    spec = spec_of(record)
    _say_what_is_measured_otherwise(record, spec, draw.claims, display)
    seed = other_seed(draw.seed, _used(record))
    other, plan = _of_another_lab(record, spec, draw.claims, seed)
    with _home(record, draw, out) as home:
        options = replace(options, store=home / STORE, out=home, runs=None, readings=None)
        environment = find_environment(options.device)
        store = Store(options.store, environment.platform, mistake)
        prepared = Prepared(other, plan, store, environment, VariantSet(), (), record.invocation)
        with Session(options, display) as session, session.executor(prepared, plan) as executor:
            session.lock([executor])
            interrupted = session.execute(executor, "Stopped; comparing the results so far.")
            measured = session.gather(prepared, executor)
        if out is not None:
            write(measured, home / FOLDER)
    measured = measured.model_copy(update={"borrowed_pilots": frozenset(other.paper.pilot)})
    found = compare(record, measured)
    claims = tuple(each for each in found.claims if each.claim in draw.claims)
    # Where they part first says nothing: everything random was to be drawn anew.
    return Remeasured(draw, seed, measured, replace(found, claims=claims, divergences=()), interrupted)


def _used(record: Record) -> list[int]:
    """Return every seed the record's numbers were made with."""
    promised = record.protocol.seeds if record.protocol is not None else ()
    return [record.paper.seed, *(int(seed) for seed in promised if seed.isdecimal())]


def _say_what_is_measured_otherwise(record: Record, spec: Spec, claims: Sequence[str], display: Display) -> None:
    """Say which claims this version of harness measures in another way than the record's did."""
    wanted = [spec.paper.claim(claim) for claim in claims]
    now = inputs_digests(spec.model_copy(update={"paper": spec.paper.model_copy(update={"claims": tuple(wanted)})}))
    otherwise = [claim for claim in claims if now[claim] != record.measurements[claim].inputs]
    if otherwise:
        display.say(
            f"This version of harness measures {some(otherwise)} otherwise than version {record.harness}, which wrote the "
            "record: a kind has another edition, or is another package's with other source. A difference may come from that."
        )


def _of_another_lab(record: Record, spec: Spec, claims: Sequence[str], seed: int) -> tuple[Spec, Plan]:
    """Return the pack with another seed, and the plan of the claims with as many runs each as the record has.

    A margin is the claim's, whoever measures it: a margin that rests on pilot runs rests on the first lab's.
    """
    other = spec.model_copy(update={"paper": spec.paper.model_copy(update={"seed": seed})})
    plan = Plan({}, {})
    for claim in claims:
        runs = sum(run.run < FIRST_PILOT for run in record.measurements[claim].runs)
        more = make_plan(other, [other.paper.claim(claim)], range(1, runs + 1))
        plan = Plan({**plan.jobs, **more.jobs}, {**plan.wants, **more.wants}, plan.deterministic | more.deterministic)
    return other.model_copy(update={"paper": _with_margins(record, other.paper, plan)}), plan


def _with_margins(record: Record, paper: Paper, plan: Plan) -> Paper:
    pilots = {
        claim: pilot.model_copy(update={"inputs": plan.inputs_digest(claim)})
        for claim, pilot in paper.pilot.items()
        if claim in plan.wants and pilot.inputs == record.measurements[claim].inputs
    }
    return paper.model_copy(update={"pilot": pilots})


@contextmanager
def _home(record: Record, draw: Draw, out: Path | None) -> Iterator[Path]:
    """Yield the folder for what is measured: a temporary one, or the user's, which is new, empty or of the same call."""
    if out is None:
        with tempfile.TemporaryDirectory(prefix="harness-remeasure-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
        return
    text = json.dumps({"record": _identity(record), "share": draw.share, "seed": draw.seed}, sort_keys=True)
    try:
        make_folder(out)
        if any(out.iterdir()):
            if _called_in(out) != text:
                raise UsageError(
                    f"--out {out}: expected a new or an empty folder, or that of the same record, share and seed; name another"
                )
        else:
            replace_file(out / CALL, text.encode())
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be used: {error.strerror or error}; name another folder") from error
    yield out


def seed_in(out: Path) -> int | None:
    """Return the seed by which an earlier call drew whose results are in a folder; None where there was none."""
    try:
        seed = json.loads(_called_in(out))["seed"]
    except (ValueError, KeyError, TypeError):
        return None
    return seed if isinstance(seed, int) else None


def _called_in(out: Path) -> str:
    try:
        return read_regular(out / CALL, MOST_CALL, follow=False).decode(errors="replace")
    except OSError:
        return ""


def _identity(record: Record) -> str:
    return hashlib.sha256(record.model_dump_json().encode()).hexdigest()

"""Pilot runs, which are never judged; their spread is written into the pack and sets margins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.drafts import replace_file
from harness.errors import UsageError
from harness.files import read_regular
from harness.judge.independence import collapse_deterministic
from harness.judge.observed import observe_pilot
from harness.judge.power import spread_of
from harness.pipeline import Session
from harness.prepared import Options, Prepared
from harness.record.dates import last_day
from harness.record.gathering import Gatherer
from harness.record.measurement import PILOT_RUNS, Measurement
from harness.run.display import Display, Quiet
from harness.spec.claim import Claim
from harness.spec.paper import LEAST_PILOT, Pilot
from harness.spec.reading.folder import PILOT
from harness.spec.reading.load import load
from harness.spec.reading.pilot import pilot_text, rounded
from harness.spec.reading.yaml import MAX_BYTES


@dataclass(frozen=True)
class Piloted:
    """The result of one pack's pilot.

    Attributes:
        prepared: the pack with its new pilot, and the plan of the runs that would be judged.
        file: the pack's pilot.yaml.
        recorded: the claims whose spread in the file is now from these runs.
        missing: claim -> why its spread or one of its runs is missing.
        changed: whether the file was written.
        interrupted: whether the user stopped it before the end.
    """

    prepared: Prepared
    file: Path
    recorded: tuple[str, ...]
    missing: Mapping[str, str]
    changed: bool
    interrupted: bool


def pilot(
    paths: Sequence[str | Path] = ("specs",), options: Options | None = None, display: Display | None = None
) -> list[Piloted]:
    """Run the pilot of packs: do the jobs of the runs from 1000, and write their spread into each pack.

    Nothing is judged; reports and records do not change.

    Args:
        paths: packs, folders of packs, or files of packs.
        options: ``runs`` is the number of pilot runs, ``out`` is not used.
        display: shows progress; nothing by default.

    Raises:
        SpecError: with every mistake of every pack, including pilot.yaml; then no file is overwritten.
        UsageError: for a budget whose runs are not comparable, for too few runs, for other readings, and as in
            ``harness.verify``.
    """
    options = options or Options()
    options, piloted = replace(options, pilot=True, runs=options.runs or PILOT_RUNS), []
    with Session(options, display or Quiet()) as session:
        for prepared in session.prepare(paths):
            piloted.append(_pilot(session, prepared))
            if piloted[-1].interrupted:
                break
    return piloted


def _pilot(session: Session, prepared: Prepared) -> Piloted:
    """Do one pack's pilot runs; write the results so far even if the user stops it."""
    spec, plan, runs = prepared.spec, prepared.whole, session.options.runs or PILOT_RUNS
    claims = [spec.paper.claim(claim) for claim in plan.wants]
    with session.executor(prepared, plan) as executor:
        if session.options.alone:
            session.lock([executor])
        interrupted = session.execute(executor, "Stopped; recording the results so far.", prepared)
        gatherer = Gatherer(plan, spec.paper, prepared.store, executor.stored)
        measured = {claim.id: gatherer.measurement(claim.id) for claim in claims}
    found: dict[str, Pilot] = {}
    missing: dict[str, str] = {}
    for claim in claims:
        if collapse_deterministic(measured[claim.id], gatherer.jobs).deterministic:
            continue  # its sample contained all images
        made = last_day(measured[claim.id], gatherer.jobs)
        spread, why = _spread(claim, measured[claim.id], prepared.plan.inputs_digest(claim.id), runs, made)
        found |= {claim.id: spread} if spread else {}
        missing |= {claim.id: why} if why else {}
    paper = spec.paper.model_copy(update={"pilot": _kept(prepared, found)})
    file = spec.folder / PILOT
    changed = _write(paper.pilot, file)
    shown = replace(prepared, spec=spec.model_copy(update={"paper": paper}))
    return Piloted(shown, file, tuple(found), missing, changed, interrupted)


def _spread(claim: Claim, measurement: Measurement, inputs: str, runs: int, made: str) -> tuple[Pilot | None, str]:
    """Return the result of a claim's pilot runs, if there are enough, and the reason if some are missing."""
    why = measurement.missing.sentence if measurement.missing is not None else ""
    seen = observe_pilot(claim, measurement)
    if seen is None:
        return None, f"none of {runs} pilot runs was measured. {why}"
    if seen.undercut is not None:
        return None, f"run {seen.undercut} gave a smaller distortion than the exact minimum, which is impossible"
    found = spread_of(seen, inputs, made)
    there = f"{seen.n} of {runs} pilot runs {'was' if seen.n == 1 else 'were'} measured"
    few = "" if found else f", too few for a standard deviation (at least {LEAST_PILOT})"
    return found and rounded(found), f"{there}{few}. {why}" if why else ""


def _kept(prepared: Prepared, found: Mapping[str, Pilot]) -> dict[str, Pilot]:
    """Return the pack's pilot with the new results, in the order of the claims.

    The file is read again, because another pilot may have written it since. A claim that was not selected keeps its
    line, and so does a claim whose line has the same inputs and more runs. A selected claim that needs no pilot loses
    its line.

    Raises:
        SpecError: if the pack was damaged since it was loaded.
    """
    paper = load(prepared.spec.folder, budget=prepared.spec.paper.budget).paper
    kept: dict[str, Pilot] = {}
    for claim in paper.claims:
        old, new = paper.pilot.get(claim.id), found.get(claim.id)
        if claim.id in prepared.plan.wants and claim.id not in prepared.whole.wants:
            continue
        weaker = old is not None and new is not None and old.inputs == new.inputs and old.runs > new.runs
        best = old if weaker or new is None else new
        kept |= {claim.id: best} if best is not None else {}
    return kept


def _write(kept: Mapping[str, Pilot], file: Path) -> bool:
    """Write pilot.yaml atomically if anything changed; return whether it did.

    Raises:
        UsageError: if the pack's folder cannot be written.
    """
    content = pilot_text(kept).encode()
    try:
        if (not kept and not file.exists()) or (file.exists() and read_regular(file, MAX_BYTES) == content):
            return False
        if kept:
            replace_file(file, content)
        else:
            file.unlink()
    except OSError as error:
        why = error.strerror or error
        raise UsageError(
            f"{file}: cannot be written: {why}; correct that and run the same command again; finished results are kept"
        ) from error
    return True

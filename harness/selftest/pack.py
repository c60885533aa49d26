"""The correct pack of a selftest: the quickstart pack, with two claims whose printed numbers are measured first."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import fmean

import harness
from harness.errors import UsageError
from harness.record.measurement import FIRST_PILOT
from harness.selftest.bench import RUNS, Bench, Edit

ERROR, DISTORTION = "selftest/error", "selftest/distortion"
"""Ids of the two claims."""
DIGITS = "digits: {kind: digits, test: 1597}"
"""The data of the two claims: so few training images that the test error is not 0, which a leak would hide."""
PROBE = "probe: {kind: fully-connected, train_on: digits/train, hidden: [16], decay: 1e-3, ftol: 1e-5}\n"
"""The network of the two claims, trained in a second."""
LBFGS = "lbfgs: {kind: lbfgs}"
CLAIMS = "claims/selftest.yaml"
_CLAIMS = """\
title: Two numbers that are known to be reproducible
source: {section: selftest}
claims:
  error:
    says: The network's test error.
    metric: error-rate
    data: digits/test
    model: probe
    unit: "%"
    printed: "PRINTED_ERROR"
    margin: {absolute: 2.0, because: ten times the standard deviation between runs}
  distortion:
    says: The average minimum distortion.
    metric: distortion
    data: digits/test
    model: probe
    attack: lbfgs
    unit: distortion
    printed: "PRINTED_DISTORTION"
    margin: {relative: 0.3, because: seven times the standard deviation between runs}
"""


def quickstart_folder() -> Path:
    """Return the folder of the quickstart pack: inside an installed package, or next to it in a source tree.

    Raises:
        UsageError: if the installation lacks it.
    """
    package = Path(harness.__file__).resolve().parent
    looked = (package / "quickstart", package.parent / "specs" / "quickstart")
    for folder in looked:
        if (folder / "paper.yaml").is_file():
            return folder
    raise UsageError(
        f"the quickstart pack is missing: no paper.yaml in {looked[0]} nor in {looked[1]}; install harness again"
    )


def sound(folder: Path) -> Bench:
    """Write the correct pack; its printed numbers come from pilot runs, never from the judged runs."""
    pack = folder / "draft" / "quickstart"
    shutil.copytree(quickstart_folder(), pack)
    (pack / CLAIMS).write_text(_claims("1.0", "1.0"), encoding="utf-8")
    with (pack / "models.yaml").open("a", encoding="utf-8") as models:
        models.write(PROBE)
    draft = Bench(folder, pack, folder / "store").edited(Edit("paper.yaml", "digits: {kind: digits}", DIGITS))
    bench = draft.edited()
    (bench.pack / CLAIMS).write_text(
        _claims(f"{100 * _pilot(draft, ERROR):.1f}", f"{_pilot(draft, DISTORTION):.3f}"), encoding="utf-8"
    )
    return bench


def _claims(error: str, distortion: str) -> str:
    return _CLAIMS.replace("PRINTED_ERROR", error).replace("PRINTED_DISTORTION", distortion)


def _pilot(bench: Bench, claim: str) -> float:
    """Return the mean over pilot runs, in the metric's natural unit."""
    record, _ = bench.measured(claim, range(FIRST_PILOT, FIRST_PILOT + len(RUNS)))
    measurement = record.measurements[claim]
    if measurement.missing is not None:
        raise UsageError(f"selftest: nothing can be measured here: {measurement.missing.sentence}")
    return fmean(run.measured.value for run in measurement.runs)

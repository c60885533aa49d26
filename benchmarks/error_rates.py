"""Error rates and power of the verdicts, by simulation with the code that judges: ``python benchmarks/error_rates.py``.

Every table is of runs with a standard deviation of 1 and pilots of five; a printed number is one run of the paper's.
``--quick`` takes a twentieth of the claims.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from figures import Table, asking, publish
from numpy.typing import NDArray

from harness.judge.foresight import foresee, settling_chance
from harness.judge.looks import LADDER, LEVEL, Ladder, alpha, spending
from harness.judge.moves import Move
from harness.judge.observed import Observed, observe
from harness.judge.outcome import Outcome
from harness.judge.pooling import pool
from harness.judge.printed import ONE_RUN
from harness.judge.sensitivity import DEPENDENT, ROBUST, Sensitivity, VariantVerdict
from harness.judge.stability import far_run
from harness.judge.statistics import (
    OPEN,
    REFUTED,
    REPRODUCED,
    Region,
    decide,
    holm,
    p_value,
    same_images_margin,
    sampling_margin,
    wilson_half_width,
)
from harness.judge.verdict import Verdict
from harness.record.measurement import Measurement, Run, Sampled
from harness.spec.claim import Claim, Expected, Margin, Measure, Source
from harness.spec.paper import Pilot

PILOTS = 5
LIMIT = float(same_images_margin(1.0))
"""The margin of 2.8 standard deviations, that of ``same_images``."""
POOLINGS = {"judged runs alone": None, "pooled blindly": "blindly", "pooled if alike": "alike"}
TOLD = 20
"""Packs whose open claims are foretold."""
Floats = NDArray[np.float64]
Row = dict[str, Any]


@dataclass(frozen=True)
class Audit:
    """Simulated claims: ten runs each, the paper's printed run and the pilot's standard deviation."""

    runs: Floats
    printed: Floats
    pilot: Floats

    @classmethod
    def draw(cls, *shape: int, pilot: float = 1.0, seed: int = 0) -> Audit:
        """Draw audits of a paper that is right; the pilot spreads ``pilot`` times as widely as the runs."""
        rng = np.random.default_rng(seed)
        sd = pilot * np.sqrt(rng.chisquare(PILOTS - 1, shape) / (PILOTS - 1))
        return cls(rng.standard_normal((*shape, 10)), rng.standard_normal(shape), sd)

    def spread(self, n: int, pooling: str | None) -> tuple[Floats, Floats]:
        """Return the standard deviation the test uses, and its degrees of freedom."""
        sd = self.runs[..., :n].std(axis=-1, ddof=1)
        used = pool(sd, n, self.pilot, PILOTS)
        if pooling == "alike":
            return used.sd, used.df
        own, theirs = np.full(sd.shape, n - 1.0), PILOTS - 1
        if pooling is None:
            return sd, own
        return np.sqrt(((n - 1) * sd**2 + theirs * self.pilot**2) / (n - 1 + theirs)), own + theirs

    def decided(
        self, n: int, region: Region, off: float = 0.0, *, pooling: str | None = "alike", ladder: Ladder = LADDER
    ) -> Any:
        """Decide every claim at n runs; the true mean is ``off`` from the printed run's, or from the printed number."""
        sd, df = self.spread(n, pooling)
        difference = self.runs[..., :n].mean(axis=-1) + off - self.printed
        return decide(difference, sd, n, region, df=df, ladder=ladder)

    def climbed(self, region: Region, off: float, pooling: str | None) -> Any:
        """Return the first decision over all looks."""
        found = np.zeros(self.pilot.shape, np.int8)
        for n in LADDER:
            found = np.where(found == OPEN, self.decided(n, region, off, pooling=pooling), found)
        return found


def within(delta: Any) -> Region:
    """Return the regions of ``close_to``, of one margin or of many."""
    return Region((-delta, delta), (-delta, delta))


def percent(share: Any) -> str:
    """Return a share in percent."""
    return f"{100 * float(np.mean(share)):.1f} %"


def spreads(trials: int) -> list[Row]:
    """What pooling does to power (at three runs, margin 2.8) and to both errors (over all looks)."""
    rows = []
    for ratio in (1.0, 0.5, 0.25, 2.0):
        audit = Audit.draw(trials, pilot=ratio)
        sure = Audit(audit.runs, np.zeros(trials), audit.pilot)
        for name, how in POOLINGS.items():
            rows.append({
                "pilot's spread": f"{ratio:g}",
                "spread": name,
                "right, reproduced": percent(audit.decided(3, within(LIMIT), pooling=how) == REPRODUCED),
                "off by two margins, refuted": percent(
                    audit.decided(3, within(LIMIT), 2 * LIMIT, pooling=how) == REFUTED
                ),
                "at the margin, reproduced": percent(sure.climbed(within(LIMIT), LIMIT, how) == REPRODUCED),
                "at the margin, refuted": percent(sure.climbed(within(LIMIT), LIMIT, how) == REFUTED),
                "another run, refuted": percent(audit.climbed(within(0.01), 0.0, how) == REFUTED),
                "found unlike at three runs": percent(~pool(audit.runs[:, :3].std(axis=1, ddof=1), 3, audit.pilot, PILOTS).alike),
            })  # fmt: skip
    return rows


def violations(trials: int) -> list[Row]:
    """Both errors over all looks where runs are not as the rules assume: skewed, collapsing, alike, or unlike the paper's.

    Runs have a mean of 0 and, but for those that collapse, a standard deviation of 1; pilots of five are drawn as they are.
    "At the margin" the true mean of our runs is exactly at the edge, so that REPRODUCED is wrong; "right" the paper's printed
    number is one more such run, so that NOT_REPRODUCED is wrong, at a margin too narrow to hide it.
    """
    rng, rows = np.random.default_rng(8), []
    for name, draw in VIOLATIONS.items():
        runs, pilots, theirs = draw(rng, (trials, 10)), draw(rng, (trials, PILOTS)), draw(rng, (trials, 1))[:, 0]
        if name == TWICE:
            theirs = 2 * theirs
        if (
            name in TOGETHER
        ):  # runs of one claim share a part of their error, and those of the paper and the pilot do not
            share = TOGETHER[name]
            runs = math.sqrt(share) * rng.standard_normal((trials, 1)) + math.sqrt(1 - share) * runs
            pilots = math.sqrt(share) * rng.standard_normal((trials, 1)) + math.sqrt(1 - share) * pilots
        pilot = pilots.std(axis=1, ddof=1)
        right, edge = Audit(runs, theirs, pilot), Audit(runs, np.zeros(trials), pilot)
        wrong = {
            f"at the {edges} edge, reproduced{', no pilot' * (how is None)}": percent(
                edge.climbed(within(LIMIT), side * LIMIT, how) == REPRODUCED
            )
            for how in ("alike", None)
            for edges, side in (("lower", -1), ("upper", 1))
        }
        rows.append({
            "runs": name,
            **wrong,
            "right, refuted": percent(right.climbed(within(0.01), 0.0, "alike") == REFUTED),
            "right, reproduced": percent(right.climbed(within(LIMIT), 0.0, "alike") == REPRODUCED),
            "called unstable at three runs": percent(_far(runs[:FEW, :3], pilots[:FEW])),
        })  # fmt: skip
    return rows


def _far(runs: Floats, pilots: Floats) -> NDArray[np.bool_]:
    """Return which claims have a run far from all others and the pilot's, by the rule that judges."""
    observed = [seen_runs(row) for row in runs]
    known = [Pilot(sd=row.std(ddof=1), mean=row.mean(), runs=len(row), inputs="-") for row in pilots]
    return np.array([far_run(one, pilot, 0.0) is not None for one, pilot in zip(observed, known, strict=True)])


def seen_runs(values: Floats) -> Observed:
    """Return judged runs of a claim that prints 0, as ``judge`` sees them."""
    measure = Measure(metric="number", data="d", model="m")
    expected = Expected(printed="0", unit="number", margin=Margin(absolute=1, because="of a simulation"))
    claim = Claim(id="t/c", source=Source(), measure=measure, expected=expected)
    runs = tuple(
        Run(run=place, measured=Sampled(keys=(str(place),), value=float(value)))
        for place, value in enumerate(values, start=1)
    )
    observed = observe(claim, Measurement(claim=claim.id, runs=runs))
    assert observed is not None
    return observed


def _collapsing(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Draw runs of which one in ten collapses, moved so that the mean of all is 0."""
    fallen = rng.random(shape) < COLLAPSES
    return rng.standard_normal(shape) + LIMIT / COLLAPSES * (fallen - COLLAPSES)


COLLAPSES = 0.1
"""Share of runs that collapse, by as much as brings the mean of all runs to the edge of the margin, the others to the printed number."""
FEW = 2_000
"""Claims whose runs are held against each other one by one."""
TWICE = "normal, the paper's spread twice ours"
TOGETHER = {"normal, correlated by 0.2": 0.2, "normal, correlated by 0.5": 0.5}
"""Runs that share a part of their error -> the correlation between any two of them."""
VIOLATIONS: dict[str, Callable[[np.random.Generator, tuple[int, int]], Floats]] = {
    "normal, independent": lambda rng, shape: rng.standard_normal(shape),
    "skewed: exponential": lambda rng, shape: rng.exponential(size=shape) - 1,
    "skewed: lognormal, sigma 1": lambda rng, shape: (
        (rng.lognormal(size=shape) - math.exp(0.5)) / math.sqrt((math.e - 1) * math.e)
    ),
    "one in ten collapses": _collapsing,
    **dict.fromkeys(TOGETHER, lambda rng, shape: rng.standard_normal(shape)),
    TWICE: lambda rng, shape: rng.standard_normal(shape),
}
"""How runs are drawn -> the draw."""


def margins(trials: int) -> list[Row]:
    """The sampling margin of a rate of 30 % that the paper counted on 16 images, by our own images and what is random."""
    rng, rate, rows = np.random.default_rng(1), 0.3, []
    half, variance = float(wilson_half_width(rate, 16)), rate * (1 - rate)
    for between in (0.0, 0.05, 0.15):
        row: Row = {"sd between runs on the same images": between}
        for images in (16, 64, 256, 1024):
            true = np.sqrt(between**2 + variance / images)
            seen = true * np.sqrt(rng.chisquare(PILOTS - 1, trials) / (PILOTS - 1))
            exact = float(sampling_margin(half, true, variance, images))
            found = sampling_margin(half, seen, variance, images)
            before = np.hypot(half, 2 * true)
            row[f"{images} images"] = f"{100 * exact:.1f}, {100 * found.mean():.1f} (once {100 * before:.1f})"
        rows.append(row)
    return rows


def packs(trials: int, claims: int = 47) -> list[Row]:
    """Exit status 1 of packs of 47 claims, all right or one of them off by three margins."""
    rows = []
    for looks in ((3, 5, 10), (3,), (10,)):
        ladder = spending(looks)
        for n in looks:
            for delta in (1.0, LIMIT, 4.0):
                audit = Audit.draw(trials, claims, seed=n)
                right, first = _rejected(audit, n, delta, 0.0, ladder), _rejected(audit, n, delta, 3 * delta, ladder)
                rows.append({
                    "looks": ", ".join(map(str, looks)),
                    "runs": n,
                    "margin, standard deviations": f"{delta:.1f}",
                    "all right, exit 1": percent(right.any(axis=1)),
                    "one off by three margins, found": percent(first[:, 0]),
                })  # fmt: skip
    return rows


def _rejected(audit: Audit, n: int, delta: float, off: float, ladder: Ladder) -> Any:
    """Return which claims stay refuted after Holm; the first of each pack is off."""
    shift = np.zeros(audit.printed.shape)
    shift[:, 0] = off
    sd, df = audit.spread(n, "alike")
    difference = audit.runs[..., :n].mean(axis=-1) + shift - audit.printed
    code = decide(difference, sd, n, within(delta), df=df, ladder=ladder)
    p = np.ones(code.shape)
    for at in zip(*np.nonzero(code == REFUTED), strict=True):
        p[at] = p_value(difference[at], sd[at], n, within(delta), df=df[at])
    return np.array([holm(list(np.minimum(row * LEVEL / alpha(n, ladder), 1))) for row in p])


def opened(trials: int, claims: int) -> list[Row]:
    """How many claims of a pack `plan` says will stay open, and how many do, in packs that are right.

    Two kinds of margins: set by the pilot, as ``sampling`` and ``same_images`` are, and absolute ones that know the true
    spread, from half a standard deviation to twenty, evenly on a logarithmic scale.
    """
    rng, audit, rows = np.random.default_rng(4), Audit.draw(trials, claims, seed=5), []
    kinds = {
        "set by the pilot, 2.8 of its standard deviations": LIMIT * audit.pilot,
        "absolute, half to twenty true standard deviations": np.exp(
            rng.uniform(np.log(0.5), np.log(20), (trials, claims))
        ),
    }
    for kind, margin in kinds.items():
        for n in LADDER:
            known = list(zip(margin[:TOLD].ravel(), audit.pilot[:TOLD].ravel(), strict=True))
            told = sum(foresee(m, sd, n, pilot_runs=PILOTS, number=ONE_RUN).open for m, sd in known) / TOLD
            before = sum(1 - foresee(m, sd, n).reproduced for m, sd in known) / TOLD
            sd, df = audit.spread(n, "alike")
            difference = audit.runs[..., :n].mean(axis=-1) - audit.printed
            seen = np.mean(decide(difference, sd, n, within(margin), df=df) == OPEN) * claims
            rows.append({
                "margins": kind,
                "runs": n,
                "told": f"{told:.1f}",
                "seen": f"{seen:.1f}",
                "told with the printed number as the truth": f"{before:.1f}",
            })  # fmt: skip
    return rows


def chances(trials: int) -> list[Row]:
    """Calibration of "k runs would decide it": of open claims told a chance, how many a later look decides."""
    rng = np.random.default_rng(6)
    delta, off = rng.uniform(1.5, 5, trials), rng.uniform(-2, 2, trials)
    audit, rows = Audit.draw(trials, seed=7), []
    for n, look in ((3, 5), (3, 10), (5, 10)):
        told, came = [], []
        (sd, df), (later_sd, later_df) = audit.spread(n, "alike"), audit.spread(look, "alike")
        for at in range(trials):
            region, shift = within(delta[at]), off[at] * delta[at]
            mean, later = audit.runs[at, :n].mean() + shift, audit.runs[at, :look].mean() + shift
            if decide(mean, sd[at], n, region, df=df[at]) == OPEN:
                told.append(settling_chance(mean, sd[at], n, look, region, df=df[at]))
                came.append(decide(later, later_sd[at], look, region, df=later_df[at]) != OPEN)
        bins = np.digitize(told, (0.2, 0.4, 0.6, 0.8))
        row: Row = {"from": n, "to": look}
        for place, name in enumerate(("under 20 %", "20 to 40 %", "40 to 60 %", "60 to 80 %", "over 80 %")):
            mine = bins == place
            row[name] = (
                f"{percent(np.array(told)[mine])} told, {percent(np.array(came)[mine])} came" if mine.any() else ""
            )
        rows.append(row)
    return rows


OUTCOMES = {REPRODUCED: Outcome.REPRODUCED, REFUTED: Outcome.NOT_REPRODUCED, OPEN: Outcome.INCONCLUSIVE}
READINGS = 10
"""Other readings of a claim, the most of the published audit."""


def readings(trials: int) -> list[Row]:
    """How often ten other readings make a claim choice-dependent or robust: without effect, and one of them with one.

    A reading without effect draws runs of its own from the same distribution: the hardest case, as it cancels nothing.
    """
    rows = []
    for own, theirs in ((3, 3), (10, 3), (10, 10)):
        for delta in (0.1, 0.5, 1.0, LIMIT, 10.0):
            row: Row = {"runs": f"{own} and {theirs}", "margin, standard deviations": f"{delta:.1f}"}
            for name, off in (("right", 0.0), ("at the margin", delta), ("off by two margins", 2 * delta)):
                found = _qualified(trials, own, theirs, delta, off, 0.0)
                row[f"{name}: choice-dependent, robust"] = f"{percent(found == DEPENDENT)}, {percent(found == ROBUST)}"
            row["moved by one margin, robust"] = percent(_qualified(trials, own, theirs, delta, 0.0, delta) == ROBUST)
            row["moved by three margins, choice-dependent"] = percent(
                _qualified(trials, own, theirs, delta, 0.0, 3 * delta) == DEPENDENT
            )
            rows.append(row)
    return rows


def _qualified(trials: int, own: int, theirs: int, delta: float, off: float, moved: float) -> Any:
    """Return the qualifier of claims: the true mean is ``off`` from the printed number, the first reading's ``moved`` more."""
    rng = np.random.default_rng(8)
    audit = Audit.draw(trials, seed=9)
    true = Audit(audit.runs, np.zeros(trials), audit.pilot)
    others = rng.standard_normal((trials, READINGS, theirs))
    others[:, 0] += moved
    chosen = true.decided(own, within(delta), off)
    sd = others.std(axis=-1, ddof=1)
    codes = decide(others.mean(axis=-1) + off, sd, theirs, within(delta))  # a variant's spread is not pooled
    steps = others - audit.runs[:, None, :theirs]
    found = []
    for at in range(trials):
        variants = tuple(
            VariantVerdict(str(k), {}, _verdict(codes[at, k]), Move(dict(enumerate(map(float, steps[at, k])))))
            for k in range(READINGS)
        )
        found.append(Sensitivity(_verdict(chosen[at]), variants, (-delta, delta)).qualifier)
    return np.array(found)


def _verdict(code: int) -> Verdict:
    """Return a verdict of this outcome."""
    return Verdict.model_construct(claim="", outcome=OUTCOMES[int(code)])


def main() -> None:
    """Print every table."""
    asked = asking(__doc__).parse_args()
    share = 20 if asked.quick else 1
    publish(
        asked,
        Table("Pooled spread: power at three runs, errors over all looks, margin 2.8", spreads(200_000 // share)),
        Table("Runs that are not as assumed: errors over all looks, margin 2.8", violations(200_000 // share)),
        Table(
            "Sampling margin in points: of a known spread, and the mean over pilots of five", margins(100_000 // share)
        ),
        Table("Packs of 47 claims", packs(2_000 // share)),
        Table("Claims that stay open, of 47 that are right", opened(2_000 // share, 47)),
        Table("Claims that stay open, of 100 that are right", opened(2_000 // share, 100)),
        Table("Chance that a later look decides, told and seen", chances(6_000 // share)),
        Table("Ten other readings of one claim", readings(10_000 // share)),
    )


if __name__ == "__main__":
    main()

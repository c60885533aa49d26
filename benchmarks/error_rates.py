"""Error rates and power of the verdicts, by simulation with the code that judges: ``python benchmarks/error_rates.py``.

Every table is of runs with a standard deviation of 1 and pilots of five; a printed number is one run of the paper's.
``--quick`` takes a twentieth of the claims.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from figures import Table, asking, publish
from readings import readings
from simulated import LIMIT, PILOTS, POOLINGS, Audit, Row, percent, within
from violations import violations

from harness.judge.foresight import foresee, settling_chance
from harness.judge.looks import LADDER, LEVEL, Ladder, alpha, spending
from harness.judge.pooling import pool
from harness.judge.printed import ONE_RUN
from harness.judge.statistics import (
    OPEN,
    REFUTED,
    REPRODUCED,
    decide,
    holm,
    p_value,
    sampling_margin,
    wilson_half_width,
)

FORETOLD = 0.01
"""Share of packs whose open claims are foretold."""


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
    foretold = math.ceil(FORETOLD * trials)
    kinds = {
        "set by the pilot, 2.8 of its standard deviations": LIMIT * audit.pilot,
        "absolute, half to twenty true standard deviations": np.exp(
            rng.uniform(np.log(0.5), np.log(20), (trials, claims))
        ),
    }
    for kind, margin in kinds.items():
        for n in LADDER:
            known = list(zip(margin[:foretold].ravel(), audit.pilot[:foretold].ravel(), strict=True))
            told = sum(foresee(m, sd, n, pilot_runs=PILOTS, number=ONE_RUN).open for m, sd in known) / foretold
            before = sum(1 - foresee(m, sd, n).reproduced for m, sd in known) / foretold
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

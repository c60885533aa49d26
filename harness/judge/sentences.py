"""The sentence of a verdict: the measured value, the printed one, and the result of the comparison."""

from __future__ import annotations

from harness.judge.directions import Direction
from harness.judge.failing import failures_in_words
from harness.judge.kind_facts import averages_found_only
from harness.judge.looks import alpha, confidence
from harness.judge.numbers import Style, runs, share, short, style
from harness.judge.observed import Observed
from harness.judge.relations import Decision, extra_variance
from harness.judge.stability import FarRun
from harness.judge.statistics import REFUTED, REPRODUCED
from harness.kinds.relation import Told
from harness.kinds.unit import UNITS
from harness.spec.claim import Claim
from harness.spec.paper import Pilot


def verdict(claim: Claim, observed: Observed, decision: Decision, direction: Direction | None) -> str:
    """Return the sentence of a decided claim."""
    measured = _measured(claim, observed, decision)
    return f"{measured}: {_follows(claim, observed, decision, direction)}.{_beside(claim, observed)}"


def indicative(claim: Claim, observed: Observed, decision: Decision, why: str) -> str:
    """Return the sentence of a claim that is not comparable; ``why`` is a clause that follows ``because``."""
    return f"{_measured(claim, observed, decision)}: not comparable, because {why}.{_beside(claim, observed)}"


def number_alone(claim: Claim, observed: Observed, decision: Decision, direction: Direction | None) -> str:
    """Return a sentence on the result of the test of a number that is not comparable; empty if the test is inconclusive."""
    if decision.code not in (REPRODUCED, REFUTED):
        return ""
    return f" The test of the number alone gives: {_follows(claim, observed, decision, direction)}."


def _measured(claim: Claim, observed: Observed, decision: Decision) -> str:
    """Return the measured number and the printed one, or the other measure."""
    relation = claim.expected.relates
    if relation.exception_refutes:
        return _counted(claim, observed)
    written = style(claim.expected, observed.mean)
    if observed.other is not None:
        first = f"Measured {written.value(observed.mean)} against {written.value(observed.other)}"
        steps = f"difference {written.step(observed.difference)}"
        return f"{first}{_over(observed)} ({steps}{_interval(observed, decision, written)})"
    interval = _interval(observed, decision, written).removeprefix(", ")
    shown = f" ({interval})" if interval else ""
    printed = f"printed {relation.before}{written.as_printed()}{_origin(claim, written)}"
    if (best := _best(claim, observed)) is not None and decision.mean is not None:
        of_runs = f"Measured {written.value(observed.mean)}{_over(observed)}"
        return f"{of_runs}, expected best of {best} runs {written.value(decision.mean)}{shown}, {printed}"
    return f"Measured {relation.quantity.article}{written.value(observed.mean)}{_over(observed)}{shown}, {printed}"


def _origin(claim: Claim, written: Style) -> str:
    """Return what the printed number is if it is not a single run: `` as the mean of 5 runs (standard deviation 0.3)``."""
    expected = claim.expected
    if expected.printed_is is not None:
        return f" as the best of {expected.printed_is.best_of} runs"
    if expected.printed_runs is None:
        return ""
    spread = (
        ""
        if expected.printed_sd is None
        else f" (standard deviation {expected.printed_sd}{UNITS[written.unit].after_difference})"
    )
    return f" as the mean of {expected.printed_runs} runs{spread}"


def _best(claim: Claim, observed: Observed) -> int | None:
    """Return the number of runs of which the printed number is the best; None if it is no best, or nothing is random."""
    said = claim.expected.printed_is
    return None if said is None or observed.sd is None else said.best_of


def _over(observed: Observed) -> str:
    if observed.deterministic:
        return " in one deterministic run"
    return " in a single run" if observed.n == 1 else f" over {runs(observed.n)}"


def _interval(observed: Observed, decision: Decision, written: Style) -> str:
    """Return the confidence interval; empty below the first look, because it is too wide to be useful."""
    if decision.interval is None or not observed.tested:
        return ""
    low, high = (written.plain(end) for end in decision.interval)
    return f", {_percent(confidence(observed.n, observed.ladder))} interval {low} to {high}"


def _percent(level: float) -> str:
    """Return a confidence level in percent: ``94 %``, ``97.6 %``."""
    return f"{short(100 * level, 1)} %"


def _chance(probability: float) -> str:
    """Return a probability in whole percent, never rounded to 0 or 100 %."""
    return f"{min(max(round(100 * probability), 1), 99)} %"


def unpooled(claim: Claim, pilot: Pilot, observed: Observed) -> str:
    """Return a sentence on a pilot whose variance was not pooled with that of the judged runs."""
    alone = "only the standard deviation of the judged runs is used"
    if observed.unpooled == "late":
        return (
            f" The pilot runs were made on {pilot.made}, after the first judged run, so they are not pooled: {alone}."
        )
    written = style(claim.expected, observed.mean)
    points = " points" if written.unit == "%" else ""
    ours, theirs = (short(sd, written.decimals) for sd in (observed.sd or 0.0, pilot.sd))
    return (
        f" The {pilot.runs} pilot runs vary less than the judged runs (standard deviation {theirs} against {ours}{points}; "
        f"F-test at 5 %), so they are not pooled: {alone}."
    )


def unstable(claim: Claim, observed: Observed, far: FarRun) -> str:
    """Return a sentence on a run that lies far from all others."""
    written = style(claim.expected, observed.mean)
    paired = observed.other is not None
    reference = 0.0 if paired else claim.expected.number or 0.0
    write = written.step if paired else written.value
    value, mean = (write(number + reference) for number in (far.value, far.mean))
    others = (
        f"{far.others} other runs (pilot runs included)" if far.others >= observed.n else f"{far.others} other runs"
    )
    return (
        f" Run {far.run} ({value}) is an outlier: it lies {short(far.distance, 1)} standard deviations of the {others} from their mean "
        f"({mean}). The verdict may depend on this run."
    )


def _counted(claim: Claim, observed: Observed) -> str:
    """Return for how many images a statement about all images holds."""
    within, what = f"{'over' if observed.n > 1 else 'in'} {runs(observed.n)}", "images"
    if observed.members > 1:
        what = "pairs of image and network" if isinstance(claim.measure.model, tuple) else "images of all splits"
    if observed.holds is None:
        full = "every image" if observed.everywhere else share(observed.mean * claim.expected.scale) + " of the images"
        return f"Holds for {full} {within}"
    count, of = observed.holds
    return f"Holds for {f'all {of}' if count == of else f'{count} of {of}'} {what} {within}"


def _follows(claim: Claim, observed: Observed, decision: Decision, direction: Direction | None) -> str:
    told = _told(claim, observed, decision)
    if decision.code == REPRODUCED:
        return claim.expected.relates.reproduced(told) + _rule_of_three(claim, observed)
    if decision.code == REFUTED:
        words = f", {direction.words}" if direction is not None and direction.words else ""
        return claim.expected.relates.refuted(told) + words
    return _inconclusive(claim, observed, decision, told)


def _rule_of_three(claim: Claim, observed: Observed) -> str:
    """Return the rule of three: without an exception among N sampled images, at most 3/N of all are exceptions, at 95 %.

    Hanley and Lippman-Hand 1983 (J. Am. Med. Assoc. 249, 1743-1745). Empty for whole splits, which are not sampled, and
    for images that are not counted, because N is not known.
    """
    if not claim.expected.relates.exception_refutes or observed.holds is None or not claim.measure.sample.random:
        return ""
    of = observed.holds[1]
    what = "pairs" if observed.members > 1 and isinstance(claim.measure.model, tuple) else "images"
    return f"; no exception among {of}, so at most 3/{of} = {short(300 / of, 1)} % of such {what} are exceptions (at 95 % confidence)"


def _told(claim: Claim, observed: Observed, decision: Decision) -> Told:
    """Return the values that the relation's clauses may use."""
    written, margin = style(claim.expected, observed.mean), decision.margin or 0.0
    width = written.width(margin)
    error = (
        "the standard error of the paper's mean"
        if claim.expected.printed_sd is not None
        else "the paper's sampling error"
    )
    return Told(_says(claim), claim.expected.relates.written(margin, width), width, observed.difference, error)


def _says(claim: Claim) -> str:
    """Return who states the claim: a secondary claim may be a control that is not in the paper."""
    return "the paper says" if claim.primary else "this claim says"


def _inconclusive(claim: Claim, observed: Observed, decision: Decision, told: Told) -> str:
    """Return why the claim is inconclusive, and what would decide it."""
    written, relation = style(claim.expected, observed.mean), claim.expected.relates
    first, last = min(observed.ladder), max(observed.ladder)
    if decision.reason == "too-few-runs":
        return f"too few runs, at least {first} are needed (`--runs {first}`)"
    if observed.deterministic:
        return relation.undecided_exactly(told)
    where = _undecided(claim, observed, decision, written, told)
    if decision.reason == "margin-below-noise" and observed.agree:
        images = "so few images" if observed.images is None else f"{observed.images} images per run"
        return f"{where}; all runs gave the same value, but with {images} even {last} runs cannot resolve this margin"
    if (
        decision.reason == "margin-below-noise"
        and _small_sample(claim, observed)
        and _beyond_prediction(observed, decision)
    ):
        return f"{where}; more runs of ours would not decide it"
    if decision.reason == "noisy":
        odds = f" with a probability of {_chance(decision.chance)}" if decision.chance is not None else ""
        return f"{where}; {decision.settling} runs would decide it{odds} (`--runs {decision.settling}`)"
    if decision.reason == "margin-below-noise":
        deviation = written.width(observed.spread or 0.0, plural=True)
        return f"{where}; the runs vary too much for this margin (standard deviation {deviation}), even {last} runs would not decide it"
    near = relation.near
    if observed.n >= last:
        return f"{where}; {near} for {observed.n} runs to decide it"
    return f"{where}; {near} for {last} runs like these to decide it"


def _undecided(claim: Claim, observed: Observed, decision: Decision, written: Style, told: Told) -> str:
    """Return which edge of the margin the interval overlaps."""
    if decision.prediction is not None and _beyond_prediction(observed, decision):
        low, high = (written.plain(end) for end in decision.prediction)
        edge = claim.expected.relates.edge
        level, sample = _percent(1 - alpha(observed.n, observed.ladder)), _small_sample(claim, observed)
        run = f"a run on the paper's {sample} images" if sample else _further(claim)
        what = "the mean" if _best(claim, observed) is None else "the expected best"
        return (
            f"{what} lies beyond {edge}, but the printed number lies within the {level} prediction interval for {run} "
            f"({low} to {high})"
        )
    if decision.shown_within and observed.agree:
        step = written.step(observed.sd or 0.0)
        return f"all runs gave the same value, but if each changed by one image ({step}), the mean could lie outside the margin"
    if decision.shown_within:
        return "the interval lies within the margin only because it is truncated to the possible values"
    return claim.expected.relates.undecided(told)


def _further(claim: Claim) -> str:
    """Return of what the printed number would be one more draw if the paper is right."""
    expected = claim.expected
    if expected.printed_is is not None:
        return f"the best of {expected.printed_is.best_of} more runs"
    if expected.printed_runs is None:
        return "one more run"
    whose = "more runs" if expected.printed_sd is None else "runs with the paper's standard deviation"
    return f"the mean of {expected.printed_runs} {whose}"


def _small_sample(claim: Claim, observed: Observed) -> int | None:
    """Return the number of the paper's images if its smaller sample widens the prediction interval; else None."""
    if not extra_variance(claim.expected, observed):
        return None
    margin = claim.expected.margin
    return margin.sampling.images if margin is not None and margin.sampling is not None else None


def _beyond_prediction(observed: Observed, decision: Decision) -> bool:
    """Whether only the prediction interval prevents a refutation: the interval lies wholly outside the refuting region."""
    if decision.prediction is None or decision.region is None or decision.interval is None:
        return False
    low, high = (end - (observed.mean - observed.difference) for end in decision.interval)
    least, greatest = decision.region.refute
    return low > greatest or high < least


def _beside(claim: Claim, observed: Observed) -> str:
    """Return sentences on failed attacks and on the distance from the exact minimum; empty if there are none."""
    sentences = ""
    if observed.found is not None and observed.found < 1 and averages_found_only(claim, claim.measure):
        why = failures_in_words(observed.failures)
        sentences += f" The attack succeeded on {share(observed.found)} of the images{f' ({why})' if why else ''}."
    if observed.limit:
        excess = observed.mean / observed.limit - 1
        exact = style(claim.expected, observed.limit).value(observed.limit)
        near = f"{short(100 * excess, 1)} % above" if excess >= 0.0005 else "at"
        sentences += f" This is {near} the exact minimum for the same images, {exact}."
    return sentences

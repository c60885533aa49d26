"""The sentence of a verdict: what was measured, what is printed, and what follows."""

from __future__ import annotations

from harness.judge.directions import Direction
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
    """Return the sentence of a claim that is not comparable; ``why`` is a clause after ``because``."""
    return f"{_measured(claim, observed, decision)}: only an indication, because {why}.{_beside(claim, observed)}"


def taken_by_itself(claim: Claim, observed: Observed, decision: Decision, direction: Direction | None) -> str:
    """Return a sentence on where a number that cannot be compared lies all the same; empty where its runs leave that open."""
    if decision.code not in (REPRODUCED, REFUTED):
        return ""
    return f" Taken by itself, it is {_follows(claim, observed, decision, direction)}."


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
        return f"{of_runs}, whose best of {best} is expected at {written.value(decision.mean)}{shown}, {printed}"
    return f"Measured {relation.quantity.article}{written.value(observed.mean)}{_over(observed)}{shown}, {printed}"


def _origin(claim: Claim, written: Style) -> str:
    """Return what the printed number is where it is no single run: `` as the mean of 5 runs (standard deviation 0.3)``."""
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
    """Return of how many runs the printed number is the best; None where it is not, or nothing is random."""
    said = claim.expected.printed_is
    return None if said is None or observed.sd is None else said.best_of


def _over(observed: Observed) -> str:
    if observed.deterministic:
        return " with nothing left to chance"
    return " in a single run" if observed.n == 1 else f" over {runs(observed.n)}"


def _interval(observed: Observed, decision: Decision, written: Style) -> str:
    """Return the confidence interval; empty below the first rung, where it is too wide to be of use."""
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
    """Return a sentence on a pilot whose spread was not pooled with that of the judged runs."""
    if observed.unpooled == "late":
        return f" Its pilot was made on {pilot.made}, after the first of these runs, so their spread alone decides."
    written = style(claim.expected, observed.mean)
    points = " points" if written.unit == "%" else ""
    ours, theirs = (short(sd, written.decimals) for sd in (observed.sd or 0.0, pilot.sd))
    return (
        f" Its {pilot.runs} pilot runs spread less than these runs (standard deviation {theirs} against {ours}{points}; "
        "F-test at 5 %), so that they are not pooled and the spread of these runs alone decides."
    )


def unstable(claim: Claim, observed: Observed, far: FarRun) -> str:
    """Return a sentence on a run that lies far from all others."""
    written = style(claim.expected, observed.mean)
    paired = observed.other is not None
    reference = 0.0 if paired else claim.expected.number or 0.0
    write = written.step if paired else written.value
    value, mean = (write(number + reference) for number in (far.value, far.mean))
    others = (
        f"{far.others} other runs, pilot runs included," if far.others >= observed.n else f"{far.others} other runs"
    )
    return (
        f" Run {far.run} ({value}) lies {short(far.distance, 1)} standard deviations of the {others} from their mean ({mean}), so that the "
        "verdict depends on whether it is one of them."
    )


def _counted(claim: Claim, observed: Observed) -> str:
    """Return for how many images a statement on all of them is true."""
    within, what = f"{'over' if observed.n > 1 else 'in'} {runs(observed.n)}", "images"
    if observed.members > 1:
        what = "pairs of image and network" if isinstance(claim.measure.model, tuple) else "images of all splits"
    if observed.holds is None:
        full = "every image" if observed.everywhere else share(observed.mean * claim.expected.scale) + " of the images"
        return f"True of {full} {within}"
    count, of = observed.holds
    return f"True of {f'all {of}' if count == of else f'{count} of {of}'} {what} {within}"


def _follows(claim: Claim, observed: Observed, decision: Decision, direction: Direction | None) -> str:
    told = _told(claim, observed, decision)
    if decision.code == REPRODUCED:
        return claim.expected.relates.reproduced(told) + _rule_of_three(claim, observed)
    if decision.code == REFUTED:
        words = f", {direction.words}" if direction is not None and direction.words else ""
        return claim.expected.relates.refuted(told) + words
    return _stays_open(claim, observed, decision, told)


def _rule_of_three(claim: Claim, observed: Observed) -> str:
    """Return what no exception among N drawn images says of all others: at most 3/N of them are exceptions, at 95 %.

    Hanley and Lippman-Hand 1983 (J. Am. Med. Assoc. 249, 1743-1745). Of whole splits, which are the same in every run,
    nothing is drawn, and of images that are not counted N is not known.
    """
    if not claim.expected.relates.exception_refutes or observed.holds is None or not claim.measure.sample.random:
        return ""
    of = observed.holds[1]
    what = "pairs" if observed.members > 1 and isinstance(claim.measure.model, tuple) else "images"
    return f"; without an exception among {of}, at most 3/{of} = {short(300 / of, 1)} % of such {what} are exceptions (95 % bound)"


def _told(claim: Claim, observed: Observed, decision: Decision) -> Told:
    """Return what the relation's clauses may speak of."""
    written, margin = style(claim.expected, observed.mean), decision.margin or 0.0
    width = written.width(margin)
    few = "so few runs" if claim.expected.printed_sd is not None else "so small a sample"
    return Told(_says(claim), claim.expected.relates.written(margin, width), width, observed.difference, few)


def _says(claim: Claim) -> str:
    """Return who states the claim: a secondary one may be a control that the paper does not have."""
    return "the paper says" if claim.primary else "this claim says"


def _stays_open(claim: Claim, observed: Observed, decision: Decision, told: Told) -> str:
    """Return why the claim is open, and what would decide it."""
    written, relation = style(claim.expected, observed.mean), claim.expected.relates
    first, last = min(observed.ladder), max(observed.ladder)
    if decision.reason == "too-few-runs":
        return f"too few runs to tell, {first} are needed (`--runs {first}`)"
    if observed.deterministic:
        return relation.undecided_exactly(told)
    where = _undecided(claim, observed, decision, written, told)
    if decision.reason == "margin-below-noise" and observed.agree:
        images = "so few images" if observed.images is None else f"{observed.images} images each"
        return f"{where}; the runs agree, but on {images} even {last} runs resolve no such margin"
    if (
        decision.reason == "margin-below-noise"
        and _small_sample(claim, observed)
        and _beyond_prediction(observed, decision)
    ):
        return f"{where}; more runs of ours would not settle it"
    if decision.reason == "noisy":
        odds = f" with a probability of {_chance(decision.chance)}" if decision.chance is not None else ""
        return f"{where}; {decision.settling} runs would decide it{odds} (`--runs {decision.settling}`)"
    if decision.reason == "margin-below-noise":
        deviation = written.width(observed.spread or 0.0, plural=True)
        return f"{where}; runs spread too widely for such a margin (standard deviation {deviation}), even {last} would not do"
    near = relation.near
    if observed.n >= last:
        return f"{where}; {near} that even {observed.n} runs do not settle it"
    return f"{where}; {near} that {last} runs like these would not settle it"


def _undecided(claim: Claim, observed: Observed, decision: Decision, written: Style, told: Told) -> str:
    """Return which edge the interval reaches across."""
    if decision.prediction is not None and _beyond_prediction(observed, decision):
        low, high = (written.plain(end) for end in decision.prediction)
        edge = claim.expected.relates.edge
        level, sample = _percent(1 - alpha(observed.n, observed.ladder)), _small_sample(claim, observed)
        run = f"a run on the paper's {sample} images" if sample else _further(claim)
        what = "the mean" if _best(claim, observed) is None else "the expected best"
        return (
            f"{what} lies beyond {edge}, but {run} could fall anywhere from {low} to {high} ({level} prediction "
            "interval), and so could the paper's number"
        )
    if decision.shown_within and observed.agree:
        step = written.step(observed.sd or 0.0)
        return f"the runs agree, but were each to move by one image ({step}), the mean might lie beyond the margin"
    if decision.shown_within:
        return "the interval lies within the margin only because it is cut off where no value can lie"
    return claim.expected.relates.undecided(told)


def _further(claim: Claim) -> str:
    """Return what the paper's number may be taken for, if it is right."""
    expected = claim.expected
    if expected.printed_is is not None:
        return f"the best of {expected.printed_is.best_of} more runs"
    if expected.printed_runs is None:
        return "one more run"
    whose = "more runs" if expected.printed_sd is None else "runs that spread as the paper's"
    return f"the mean of {expected.printed_runs} {whose}"


def _small_sample(claim: Claim, observed: Observed) -> int | None:
    """Return the number of the paper's images where its smaller sample widens the prediction interval; else None."""
    if not extra_variance(claim.expected, observed):
        return None
    margin = claim.expected.margin
    return margin.sampling.images if margin is not None and margin.sampling is not None else None


def _beyond_prediction(observed: Observed, decision: Decision) -> bool:
    """Whether the interval lies wholly outside the refuting region, so that only the prediction interval prevents it."""
    if decision.prediction is None or decision.region is None or decision.interval is None:
        return False
    low, high = (end - (observed.mean - observed.difference) for end in decision.interval)
    least, greatest = decision.region.refute
    return low > greatest or high < least


def _beside(claim: Claim, observed: Observed) -> str:
    """Return sentences on attacks that failed and on the distance from the exact minimum; empty where there are none."""
    sentences = ""
    if observed.found is not None and observed.found < 1 and averages_found_only(claim, claim.measure):
        sentences += f" The attack met its criterion on {share(observed.found)} of the images."
    if observed.limit:
        excess = observed.mean / observed.limit - 1
        exact = style(claim.expected, observed.limit).value(observed.limit)
        near = f"{short(100 * excess, 1)} % above" if excess >= 0.0005 else "at"
        sentences += f" That is {near} the exact minimum for the same images, {exact}."
    return sentences

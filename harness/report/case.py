"""A claim's case: claim, verdict, measurement and sensitivity together, with all numbers formatted for reading."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from harness.judge.clean import CleanValue, clean_in_words
from harness.judge.numbers import Style, numeral, share, style
from harness.judge.outcome import Look, Outcome
from harness.judge.rivals import rivals_in_words
from harness.judge.samples import Span
from harness.judge.sensitivity import Sensitivity
from harness.judge.verdict import FITTED, Verdict
from harness.record.measurement import Measurement
from harness.report import words
from harness.report.runs import RunTable, measure_in_words, tabulate
from harness.spec.claim import Claim
from harness.spec.orders import Printed
from harness.spec.paper import Exhibit
from harness.spec.rivals import Rival


@dataclass(frozen=True)
class Case:
    """All a report shows of one claim; numbers are in the printed unit.

    Attributes:
        claim: the claim of the paper.
        verdict: of the claim.
        measurement: its runs; empty if nothing was measured.
        exhibit: the table or list it belongs to.
        row: label of its row, or its name in a list.
        column: label of its column; empty in a list.
        sensitivity: its verdicts under other readings of the paper.
        order: the order in the paper's own tables; None if the claim states no order, or the tables do not show it.
        rivals: other values that would reproduce it too; None if it has no margin about a printed number.
        clean: the value without an attack next to a transfer rate; None for other claims.
        taken: number of images in the samples of both sides, if these have all images.
    """

    claim: Claim
    verdict: Verdict
    measurement: Measurement
    exhibit: Exhibit
    row: str
    column: str
    sensitivity: Sensitivity
    order: Printed | None
    taken: tuple[Span | None, Span | None] = (None, None)
    rivals: tuple[Rival, ...] | None = None
    clean: CleanValue | None = None

    def under(self, verdict: Verdict) -> Case:
        """Return the case with another verdict."""
        return replace(self, verdict=verdict)

    @property
    def look(self) -> Look:
        """How the outcome is shown."""
        return self.verdict.outcome.look

    @property
    def href(self) -> str:
        """Link to the claim within the page."""
        return words.anchor(self.claim.id)

    @property
    def name(self) -> str:
        """The name of the claim in a sentence."""
        return f"{self.row}, {self.column}" if self.column else self.statement.rstrip(".")

    @property
    def label(self) -> str:
        """Label of the claim in a figure: its row in a table, else the claim in words."""
        return self.row if self.column else self.statement.rstrip(".")

    @property
    def statement(self) -> str:
        """The claim in words."""
        return self.claim.says or (f"{self.row}, {self.column}" if self.column else self.row)

    @property
    def paired(self) -> bool:
        """Whether the numbers are differences between two measures."""
        return self.claim.expected.relates.quantity.signed

    @property
    def universal(self) -> bool:
        """Whether the claim is about every image; its number is then the share of images for which it holds."""
        return self.claim.expected.relates.exception_refutes

    @property
    def decimals(self) -> int:
        """Decimals the case's numbers are shown with."""
        return self._style.decimals

    @cached_property
    def _style(self) -> Style:
        """The number format of the verdict's own sentence."""
        runs = self.measurement.runs
        size = sum(run.measured.value for run in runs) / len(runs) if runs else 0.0
        return style(self.claim.expected, size / self.claim.expected.scale)

    @property
    def unit(self) -> str:
        """Unit of printed and measured numbers."""
        return self.verdict.unit

    @property
    def indicative(self) -> bool:
        """Whether the numbers must not be compared with the paper."""
        return self.verdict.outcome is Outcome.NOT_COMPARABLE

    @property
    def mean(self) -> str | None:
        """Mean over runs."""
        mean = self.verdict.mean
        if mean is None:
            return None
        if self.universal:
            return share(mean * self.claim.expected.scale)
        return words.signed(mean, self.decimals) if self.paired else numeral(mean, self.decimals)

    @property
    def sd(self) -> str | None:
        """Standard deviation over runs; None for a single run."""
        sd = self.verdict.sd
        if sd is None or self.verdict.n < 2 or self.universal:
            return None
        text = numeral(sd, self.decimals)
        return f"<\u202f{10.0**-self.decimals:.{self.decimals}f}" if sd > 0 and not text.strip("0.") else text

    @property
    def interval(self) -> str | None:
        """Both ends of the interval of the mean."""
        if self.verdict.interval is None or self.universal:
            return None
        write = words.signed if self.paired else numeral
        return " … ".join(write(end, self.decimals) for end in self.verdict.interval)

    @property
    def level(self) -> str:
        """Confidence level of the interval."""
        return words.level(self.verdict.level or 0.0)

    @property
    def margin(self) -> str | None:
        """The margin, as the relation writes it."""
        margin = self.verdict.margin
        return None if margin is None else self.claim.expected.relates.written(margin, self._style.width(margin))

    @property
    def band(self) -> tuple[float, float] | None:
        """Ends of the values that agree with the paper; None if there are none to show."""
        if not self.paired:
            centre = reference = self.claim.expected.number
        else:
            others = [run.other.value for run in self.measurement.runs if run.other is not None]
            scale = self.claim.expected.scale
            centre, reference = 0.0, sum(others) / len(others) / scale if others else 0.0
        ends = self.claim.expected.relates.band(self.verdict.margin, reference)
        return None if ends is None or centre is None else (centre + ends[0], centre + ends[1])

    @property
    def rivals_in_words(self) -> str:
        """The rivals with their values; empty if there are none."""
        return rivals_in_words(self.rivals or (), self.claim)

    @property
    def clean_number(self) -> str | None:
        """The value without an attack in numerals; None if none is known, or the claim is about a difference."""
        return None if self.clean is None or self.paired else numeral(self.clean.value, self.decimals)

    @property
    def clean_in_words(self) -> str:
        """The value without an attack, and what it is of; empty if none is known."""
        return "" if self.clean is None else clean_in_words(self.claim, self.clean)

    @property
    def deviation(self) -> float | None:
        """Measured minus printed; None if nothing is printed or measured."""
        number, mean = self.claim.expected.number, self.verdict.mean
        return None if number is None or mean is None or self.paired else mean - number

    @property
    def difference(self) -> str | None:
        """Measured minus printed, in numerals; None if nothing is printed or measured."""
        return None if self.deviation is None else words.signed(self.deviation, self.decimals)

    @property
    def p_value(self) -> str | None:
        """The p-value in words; None if there is none, or nothing is random."""
        p = self.verdict.p_value
        if p is None or self.measurement.deterministic or self.universal:
            return None
        return "below 0.0001" if p < 0.0001 else f"{p:.2g}"

    @property
    def times_limit(self) -> float | None:
        """Measured as a multiple of the exact limit."""
        if not self.verdict.limit or self.verdict.mean is None or self.paired:
            return None
        return self.verdict.mean / self.verdict.limit

    @property
    def printed_times_limit(self) -> float | None:
        """The printed number as a multiple of our models' exact limit."""
        number = self.claim.expected.number
        return None if not self.verdict.limit or number is None else number / self.verdict.limit

    @property
    def why_secondary(self) -> str:
        """Why the claim does not count for the exit status; empty for a primary one."""
        if self.verdict.primary:
            return ""
        if self.claim.same_as:
            return f"the same number as {self.claim.same_as}, counted there"
        if FITTED in self.verdict.qualifiers:
            return "a reading was chosen to match its printed number"
        return "supporting"

    @property
    def measures(self) -> list[tuple[str, str]]:
        """What is measured, and what it is compared with, as (heading, words)."""
        rows = [("measured", measure_in_words(self.claim.measure, self.taken[0]))]
        if self.claim.other is not None:
            rows.append(("compared with", measure_in_words(self.claim.other, self.taken[1])))
        return rows

    @cached_property
    def runs(self) -> RunTable:
        """The values of every run; what is the same in all of them is listed once."""
        return tabulate(self.claim, self.measurement, self.decimals + 1)

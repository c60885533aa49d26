"""The types of verdicts.json; their docstrings are the descriptions of its published JSON Schema.

A name means in it what it means in results.csv, readings.csv and runs.csv.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.judge.outcome import Outcome
from harness.kinds.recipe import Frozen
from harness.kinds.unit import UnitWord
from harness.record.measurement import Missing
from harness.spec.claim import Margin, RelationWord


class ReportedRecord(Frozen):
    """The record that was judged."""

    file: str
    """Path of its file, relative to the report's folder if the file is in it; else absolute."""
    sha256: str | None = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the file in hexadecimal; null if the record was not read from a file."""
    verified: bool
    """Whether the file has a checksum, which shows that its values are those that harness wrote."""
    harness: str
    """Version of harness that wrote it."""


class ReportedDoubt(Frozen):
    """A reason to trust the verdicts less."""

    doubt: str
    """Its id."""
    sentence: str
    """The doubt in a sentence."""
    claims: tuple[str, ...]
    """Ids of the claims it is about; empty if it is about all."""


class ReportedMargin(Frozen):
    """The margin of a claim, and where it comes from."""

    value: float | None
    """The margin that was judged by, in the printed unit; null if nothing was judged by it."""
    means: str
    """What the value is, for this relation."""
    declared: Margin
    """What the pack declares, and why; from ``sampling`` and ``same_images`` the value follows with the pilot runs."""


class ReportedReading(Frozen):
    """A claim under other readings of details that the paper does not state. Numbers are in the printed unit."""

    label: str
    """``assumption=reading``, joined by commas, of those that differ from the chosen ones."""
    readings: dict[str, str]
    """Assumption -> reading, of those."""
    outcome: Outcome
    """Under these readings."""
    reason: str
    """Reason code."""
    qualifiers: tuple[str, ...]
    """Notes on the verdict that do not change it."""
    mean: float | None
    """As of the claim."""
    n: int = Field(ge=0)
    """As of the claim."""
    interval: tuple[float, float] | None
    """As of the claim."""
    margin: float | None
    """The margin that was judged by."""
    change: float | None
    """Change of the judged number by these readings, mean over the runs that both have; null if none is shared."""


class ReportedClaim(Frozen):
    """A claim and its verdict. Numbers are in the printed unit: percent where the paper prints percent."""

    claim: str
    """Id of the claim, and its anchor in index.html."""
    exhibit: str
    """Id of the table, figure or section it belongs to."""
    source: str
    """Where in the paper it is printed."""
    row: str
    """Label of its row in a table, or its name in a list."""
    column: str
    """Label of its column; empty in a list."""
    says: str
    """The claim in words."""
    relation: RelationWord
    """How the measurement was compared."""
    printed: str | None
    """The number exactly as printed; null if the claim has none."""
    unit: UnitWord
    """Unit of the printed number, and of all others here."""
    printed_runs: int | None
    """Number of runs the printed number is the mean of; null for a single run."""
    printed_sd: str | None
    """The standard deviation printed with it."""
    printed_best_of: int | None
    """Of how many runs the printed number is the best; null if it is no such number."""
    primary: bool
    """Whether the exit status counts it."""
    same_as: str | None
    """Id of the claim that states the same number elsewhere and is counted there."""
    outcome: Outcome
    """The verdict, in a word."""
    reason: str
    """Reason code."""
    qualifiers: tuple[str, ...]
    """Notes on the verdict that do not change it."""
    sentence: str
    """The verdict in a sentence."""
    mean: float | None
    """Mean over the judged runs of the quantity that is printed: of the measure, or of its ratio to another where a ratio is
    printed; of the measure, too, where a claim compares it with another one."""
    difference: float | None
    """That minus the printed number; minus the other measure, paired by run, where the claim compares two; else null."""
    judged: Literal["mean", "difference"]
    """Which of the two ``sd``, ``interval`` and ``margin`` refer to."""
    sd: float | None
    """Standard deviation between the judged runs."""
    n: int = Field(ge=0)
    """Number of judged runs."""
    runs: tuple[float, ...]
    """Their values, whose mean is ``mean``."""
    interval: tuple[float, float] | None
    """Confidence interval."""
    level: float | None
    """Its confidence level, a fraction."""
    margin: ReportedMargin | None
    """Null if the claim declares none."""
    p_value: float | None
    """Of a claim that did not reproduce; null if nothing is random."""
    limit: float | None
    """Mean exact limit."""
    times_limit: float | None
    """Mean as a multiple of it."""
    deviates_because: str | None
    """Why the claim is declared not to reproduce."""
    budget: str
    """Budget it was measured under; empty if it was not."""
    measured: str
    """The day its values were measured, or the first and the last; empty if no date is known."""
    attempt: Missing | None
    """Why the latest attempt did not give every run asked for."""
    readings: tuple[ReportedReading, ...]
    """Under other readings; empty if none was measured, or none changes its number."""


class ReportedInexpressible(Frozen):
    """What is printed but not expressible as a claim: it has no verdict."""

    id: str
    """Id, as of a claim."""
    exhibit: str
    """Id of the table, figure or section it belongs to."""
    source: str
    """Where in the paper it is printed."""
    row: str
    """As of a claim."""
    column: str
    """As of a claim."""
    says: str
    """What is printed, in words."""
    relation: RelationWord
    """Whether the number is printed as a bound."""
    printed: str | None
    """The number exactly as printed; null if none is."""
    unit: UnitWord
    """Unit of the printed number."""
    why: str
    """Why no claim is made of it."""


class VerdictsFile(Frozen):
    """The verdicts on all claims of a pack, for programs; written with the report."""

    document: Literal["harness-verdicts"]
    """What the document is."""
    format: Literal[1]
    """Increased if a key changes its name or its meaning, but not for a new key."""
    harness: str
    """Version of harness that judged."""
    pack: str
    """The pack's name."""
    title: str
    """Title of the paper."""
    record: ReportedRecord
    """The record of these verdicts."""
    budget: str
    """Budget the pack was read with."""
    comparable: bool
    """False for a rehearsal, whose numbers are never compared with the paper."""
    exit_status: int
    """That of ``harness judge``."""
    doubts: tuple[ReportedDoubt, ...]
    """Reasons to trust them less; ``--strict`` fails on them."""
    claims: tuple[ReportedClaim, ...]
    """In the order of the pack."""
    not_expressible: tuple[ReportedInexpressible, ...]
    """What is printed and has no claim."""


DOCUMENTS = {"verdicts.schema.json": VerdictsFile}
"""Name of the schema's file -> the document it describes."""

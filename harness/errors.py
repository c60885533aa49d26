"""The errors that harness raises on purpose; each says where, what was expected, what was found and how to repair it.

::

    HarnessError
    ├── UsageError        the command line requests something impossible exit 2
    ├── SpecError         a pack is wrong; carries every Problem found                 exit 2
    ├── RecordError       a record is damaged or from a later format                   exit 2
    ├── StoreError        the store cannot be read or written                          exit 2
    ├── ReportError       a report cannot be written                                   exit 2
    ├── ContractError     a plugin returned what its base forbids  -> NOT_RUN (``invalid``), the rest goes on
    └── NotRun            one job cannot be done here              -> NOT_RUN (``failed``), the rest goes on
        ├── DataMissing                                            -> NOT_RUN (``data-missing``)
        ├── WeightsMissing                                         -> NOT_RUN (``weights-missing``)
        ├── NoDevice                                               -> NOT_RUN (``no-device``)
        ├── Infeasible                                             -> NOT_RUN (``infeasible``)
        └── Invalid       a value is not finite, or below a limit  -> NOT_RUN (``invalid``)

``harness.store.Damaged`` is the StoreError of a single result, which is computed again. ``harness.cli`` turns an error
into an exit status; ``harness.judge.exits`` turns verdicts into one.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from unicodedata import category

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Error numbers for a full disk or an exceeded disk quota."""


class HarnessError(Exception):
    """Any error that harness raises on purpose; its text is for the user, without a traceback."""


class UsageError(HarnessError):
    """The command line, or a call of the Python API, requests something impossible."""


class RecordError(HarnessError):
    """A record is damaged, truncated, or of a later format."""


class StoreError(HarnessError):
    """The store cannot be read or written."""


class ReportError(HarnessError):
    """A report cannot be written."""


class ContractError(HarnessError):
    """A plugin returned a forbidden value: a wrong shape, a pixel outside [0, 1], a number that is not finite."""

    reason: ClassVar[str] = "invalid"


MOST = 600
"""Largest number of characters of an error's text that a sentence quotes; an array in it can have thousands."""


def shown(text: str, kept: str = "") -> str:
    """Return an untrusted text with ``?`` for each control character, bidirectional control or invalid character.

    Args:
        text: any text.
        kept: characters that stay, such as the line feed.
    """
    if text.isprintable():
        return text
    return "".join(each if each in kept or each.isprintable() or category(each) == "Zs" else "?" for each in text)


def brief(text: str) -> str:
    """Return a text on one line, shortened in the middle if it is long, because the end often says what to do."""
    plain = shown(" ".join(text.split()))
    return plain if len(plain) <= MOST else f"{plain[: 2 * MOST // 3]} … {plain[-MOST // 3 :]}"


def plural(number: int, noun: str) -> str:
    """Return ``1 claim``, ``2 claims``."""
    return f"{number:,} {plural_noun(number, noun)}"


def plural_noun(number: int, noun: str) -> str:
    """Return ``claim`` for one and ``claims`` for any other number."""
    return noun if number == 1 else f"{noun}es" if noun.endswith("s") else f"{noun}s"


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake or possible mistake in a pack, with its place.

    Attributes:
        file: the file the mistake is in.
        line: line, counted from 1 (0 when the file as a whole is meant).
        column: column, counted from 1 (0 when the file as a whole is meant).
        where: dotted path of the field, for example ``lbfgs.iterations`` (may be empty).
        message: what was expected, what was found, and how to repair it.
        rule: id of the rule that is broken; `harness lint --explain ID` explains it.
    """

    file: Path
    line: int
    column: int
    where: str
    message: str
    rule: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else str(self.file)
        message = f"{self.where}: {self.message}" if self.where else self.message
        return shown(f"{place}: {message} [{self.rule}]")  # one line, whatever the pack's names contain


class SpecError(HarnessError):
    """A pack is wrong. Carries every problem found, in order of file and line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotRun(HarnessError):
    """One job is impossible on this machine; its claims become NOT_RUN and the rest of the plan continues.

    The message says what would make it run.
    """

    reason: ClassVar[str] = "failed"


class DataMissing(NotRun):
    """A data set is not on this machine and cannot be downloaded."""

    reason = "data-missing"


class WeightsMissing(NotRun):
    """Trained weights that the pack names are not on this machine."""

    reason = "weights-missing"


class NoDevice(NotRun):
    """The requested device is not on this machine."""

    reason = "no-device"


class Infeasible(NotRun):
    """The claim cannot be measured on any available machine."""

    reason = "infeasible"


class Invalid(NotRun):
    """A value is not finite, or is below an exact limit."""

    reason = ContractError.reason

"""Who checked a pack and its audit: a name and optionally an ORCID iD, whose check digit is verified."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from harness.kinds.recipe import Frozen

FORM = r"\d{4}-\d{4}-\d{4}-\d{3}[0-9X]"
"""How an ORCID iD is written."""


def check_digit(digits: str) -> str:
    """Return the last character of an ORCID iD, given the fifteen digits before it (ISO 7064, MOD 11-2)."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def _orcid(text: str) -> str:
    if text and not re.fullmatch(FORM, text, re.ASCII):
        raise ValueError(
            f"expected an ORCID iD such as 0000-0002-1825-0097, without an address before it; found {text!r}"
        )
    digits = text.replace("-", "")
    if text and (last := check_digit(digits[:-1])) != digits[-1]:
        raise ValueError(
            f"{text} is not an ORCID iD: the last character should be {last}; a character is mistyped, copy it again"
        )
    return text


Orcid = Annotated[str, AfterValidator(_orcid), Field(json_schema_extra={"pattern": f"^({FORM})?$"})]
"""An ORCID iD as four groups of four characters; empty for none."""


class Checker(Frozen):
    """A person who compared the pack with the paper and is responsible for it."""

    name: str = Field(min_length=1)
    orcid: Orcid = ""
    """ORCID iD, as in ``0000-0002-1825-0097``; empty for none."""

    @property
    def address(self) -> str:
        """Web address of the ORCID iD; empty if there is none."""
        return f"https://orcid.org/{self.orcid}" if self.orcid else ""

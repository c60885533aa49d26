"""Guesses which number a text means: signs, commas, spaces, units and standard deviations as papers print them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from harness.kinds.relation import relations

NUMBER = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]{1,15})?([eE][-+]?[0-9]{1,2})?")
"""A number as claims write it."""
_DASHES = dict.fromkeys(map(ord, "−‐‑‒–—﹣－"), "-")
_POWER = re.compile(r"(.+?) ?[×x*·] ?10\^?\{?(-?[0-9]{1,2})\}?")
_SPREAD = re.compile(r"(.+?) ?(?:(?:±|\+/-|\+-).*|\([^()]*\))")
_GROUPS = re.compile(r"[0-9]{1,3}(?:[ '’_][0-9]{3})+(?:[.,][0-9]+)?")


@dataclass(frozen=True)
class Meant:
    """What a text may mean.

    Attributes:
        numbers: each way to read it, as claims write numbers; empty if it is not a number.
        asides: what else was written with it, and which key takes that.
    """

    numbers: tuple[str, ...]
    asides: tuple[str, ...]

    @property
    def repair(self) -> str:
        """What to write, as the end of a message; empty if that cannot be guessed."""
        if not self.numbers:
            return ""
        if len(self.numbers) == 2:
            first, second = self.numbers
            write = f"write {first!r} if the comma groups thousands, {second!r} if it is a decimal comma"
        else:
            write = f"write {self.numbers[0]!r}"
        return "; " + ", ".join([write, *self.asides])


def meant(text: str) -> Meant:
    """Return the numbers a text may mean."""
    plain = " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())
    asides: dict[str, None] = {}
    while True:
        shorter, aside = _peeled(plain)
        if shorter == plain:
            break
        plain = shorter
        asides |= {aside: None} if aside else {}
    power = _POWER.fullmatch(plain)
    body, exponent = (power[1], f"e{power[2]}") if power else (plain, "")
    sign, body = (body[0], body[1:].lstrip()) if body[:1] in {"-", "+"} else ("", body)
    numbers = [f"{sign}{number}{exponent}" for number in _interpretations(body)]
    return Meant(tuple(number for number in numbers if NUMBER.fullmatch(number)), tuple(asides))


def _peeled(text: str) -> tuple[str, str]:
    """Return a text without one part that does not belong to its number, and where to write that part."""
    if text.endswith("%"):
        return text[:-1].rstrip(), "and give the unit as 'unit: \"%\"'"
    if bound := next((each.word for each in relations().values() if text[:1] in each.signs), ""):
        return text[1:].lstrip(" ="), f"and give the bound as 'relation: {bound}'"
    if found := _SPREAD.fullmatch(text):
        return found[1], "give the standard deviation as 'printed_sd', and the number of runs as 'printed_runs'"
    return re.sub(r"^(?:[~≈∼=]|ca\.|about ) ?|[*†‡§]+$", "", text), ""


def _interpretations(text: str) -> list[str]:
    """Return the ways to read digits with points, commas and spaces, without a sign."""
    if _GROUPS.fullmatch(text):
        text = re.sub(r"[ '’_]", "", text).replace(",", ".")
    points, commas = text.count("."), text.count(",")
    if commas == 1 and points == 0 and re.fullmatch(r"[1-9][0-9]{0,2},[0-9]{3}", text):
        return [text.replace(",", ""), text.replace(",", ".")]
    if commas and re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text) and commas + points > 1:
        text = text.replace(",", "")
    elif points and re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?", text) and commas + points > 1:
        text = text.replace(".", "").replace(",", ".")
    elif commas == 1 and points == 0:
        text = text.replace(",", ".")
    text = re.sub(r"^\.(?=[0-9])", "0.", text)
    return [re.sub(r"(?<=[0-9])\.$", "", text)]

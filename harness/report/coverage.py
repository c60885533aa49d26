"""Coverage: how many of the paper's printed numbers and sentences have a claim. Needs the paper in the record alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import plural, plural_noun
from harness.report.words import listed
from harness.spec.paper import Exhibit, NotExpressible, Paper
from harness.spec.selection import set_aside


@dataclass(frozen=True)
class CoverageCounts:
    """Printed numbers, each counted once.

    Attributes:
        claimed: those with a claim.
        not_expressible: those no claim can be made of.
        repeated: those that repeat another number, and are counted with it.
    """

    claimed: int
    not_expressible: int
    repeated: int

    @property
    def printed(self) -> int:
        """All that are counted."""
        return self.claimed + self.not_expressible


def count_coverage(paper: Paper, exhibits: Sequence[Exhibit], said: Sequence[NotExpressible] = ()) -> CoverageCounts:
    """Count the printed numbers of some exhibits, and of what is said elsewhere and not expressible."""
    claims = paper.by_id
    numbers = [claims[claim] for exhibit in exhibits for claim in exhibit.claims if claim in claims]
    printed = [claim.same_as for claim in numbers if claim.expected.printed is not None]
    lost = [*(each for exhibit in exhibits for each in exhibit.not_expressible), *said]
    without = [each.same_as for each in lost if each.printed is not None]
    return CoverageCounts(
        printed.count(None), without.count(None), sum(same is not None for same in (*printed, *without))
    )


def coverage_of_exhibit(paper: Paper, exhibit: Exhibit) -> str:
    """Return in a sentence how many of an exhibit's printed numbers have a claim; empty if it prints none."""
    found = count_coverage(paper, [exhibit])
    if not found.printed:
        return ""
    repeated = f"; {found.repeated} more {'repeats' if found.repeated == 1 else 'repeat'} a number that is counted once"
    return f"{listed(_parts(found, found.printed, ''))}{repeated if found.repeated else ''}."


def coverage_of(paper: Paper) -> str:
    """Return in a sentence how many printed numbers have a claim.

    Of all the paper's numbers where the pack says what it leaves out; else of those in its exhibits.
    """
    said = [each.not_expressible for each in paper.sentences if each.not_expressible is not None]
    found, left_out = count_coverage(paper, paper.exhibits, said), paper.printed_numbers
    missing = sum(left_out.values())
    if not found.printed and not missing:
        return "no claim of this pack is about a printed number."
    parts = _parts(
        found,
        found.printed + missing,
        "" if missing else f" listed in the exhibits{' and sentences' if said else ''} of this pack",
    )
    if missing:
        parts.append(
            f"{missing} {'is' if missing == 1 else 'are'} in {_exhibits(left_out)}, which this pack leaves out"
        )
    return f"{listed(parts)}."


def sentences_covered(paper: Paper) -> str:
    """Return in a sentence how many sentences have a claim; empty if the pack lists none."""
    said, claims = paper.sentences, paper.by_id
    if not said:
        return ""
    judged = [each for each in said if any(claim in claims for claim in each.claims)]
    repeated = [each for each in said if each.same_as is not None]
    lost = len(said) - len(judged) - len(repeated)
    which = f"{plural(len(said), 'sentence')} that {'states' if len(said) == 1 else 'state'} a number or an order"
    parts = [f"{len(judged) or 'none'} of {which} {'has' if len(judged) < 2 else 'have'} a claim"]
    parts += [f"{len(repeated)} {'repeats' if len(repeated) == 1 else 'repeat'} another"] if repeated else []
    parts += [f"{lost} {'is' if lost == 1 else 'are'} not expressible"] if lost else []
    return f"{listed(parts)}."


def without_claim(paper: Paper) -> Iterator[str]:
    """Yield a sentence for each reason why something that is printed has no claim, by exhibit."""
    for exhibit in paper.exhibits:
        place = exhibit.place
        reasons = dict.fromkeys(each.why for each in exhibit.not_expressible)
        for why in reasons:
            those = [each for each in exhibit.not_expressible if each.why == why]
            numbers = sum(each.printed is not None for each in those)
            kinds = ((numbers, "printed number"), (len(those) - numbers, "statement"))
            what = listed([plural(count, noun) for count, noun in kinds if count])
            yield f"{what} of {place} cannot be expressed: {why.rstrip('.')}."


def set_aside_claims(paper: Paper) -> Iterator[str]:
    """Yield a sentence for each reason why claims wait to be asked for: the budget sets them aside, or they are infeasible."""
    for why in dict.fromkeys(paper.sets_aside.values()):
        count = sum(set_aside(claim, paper) == why for claim in paper.by_id)
        if count:
            yield f"{plural(count, 'claim')} set aside by the budget {paper.budget}: {why.rstrip('.')}."
    reasons = [claim.infeasible for claim in paper.claims if claim.infeasible is not None]
    for why in dict.fromkeys(reasons):
        yield f"{plural(reasons.count(why), 'claim')} infeasible: {why.strip().rstrip('.')}."


def _parts(found: CoverageCounts, of: int, where: str) -> list[str]:
    """Return in clauses how many of the numbers have a claim, and how many cannot have one."""
    lost = found.not_expressible
    one, all_of_them = f"the one printed number{where}", f"{of} printed numbers{where}"
    if lost == of:
        return [f"{one} is not expressible" if of == 1 else f"none of the {all_of_them} is expressible"]
    if found.claimed == of:
        return [f"{one} has a claim" if of == 1 else f"all {all_of_them} have a claim"]
    verb = "has" if found.claimed < 2 else "have"
    share = f"{found.claimed or 'none'} of {all_of_them if of > 1 else one} {verb} a claim"
    return [share, *([f"{lost} {'is' if lost == 1 else 'are'} not expressible"] if lost else [])]


def _exhibits(names: Mapping[str, int]) -> str:
    """Return ``Tables 5 and 6 and Figure 3`` of ``table-5``, ``table-6`` and ``figure-3``."""
    groups: dict[str, list[str]] = {}
    for name in names:
        kind, _, number = name.partition("-")
        groups.setdefault(kind.capitalize(), []).append(number.replace("-", "." if kind == "section" else " "))
    named = [f"{plural_noun(len(numbers), kind)} {listed(numbers)}".strip() for kind, numbers in groups.items()]
    return listed(named)

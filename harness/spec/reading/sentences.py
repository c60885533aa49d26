"""Reads sentences.yaml: each sentence of the paper that states a number or an order, and how the pack covers it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness.naming import unknown
from harness.spec.paper import NotExpressible, Sentence
from harness.spec.reading.claims import Known
from harness.spec.reading.exhibits import Read, check_source
from harness.spec.reading.expectations import number
from harness.spec.reading.keys import SentenceKeys
from harness.spec.reading.names import check_names
from harness.spec.reading.node import Node, Problems
from harness.spec.reading.validate import validate
from harness.spec.rules.claims import COUNTED_ALREADY, NOT_A_REPEAT, SAYS_NOTHING
from harness.spec.rules.entries import UNKNOWN_NAME
from harness.spec.rules.sentences import ACCOUNTED_ONCE, UNACCOUNTED_CLAIM
from harness.spec.rules.texts import BAD_NAME

GROUP = "sentences"
"""Prefix of the ids of sentences, as the file's name is the prefix of the ids of claims."""
ONE_OF = ("claims", "not_expressible", "same_as")
"""Each sentence has exactly one of these keys."""
NUMBERS = ("printed", "unit", "relation")
"""The keys of a number that is not expressible."""


def sentences(node: Node | None, read: Iterable[Read], known: Known, problems: Problems) -> tuple[Sentence, ...]:
    """Read the sentences, and check that they and the claims agree in both directions.

    Every claim that a sentence names must exist. A sentence must name every claim that is not a cell of a table.

    Args:
        node: sentences.yaml as written; None where the pack has none.
        read: the files of claims.
        known: the ids of all claims.
        problems: receives every mistake.
    """
    if node is None:
        return ()
    read = list(read)
    if any(part.shown is not None and part.shown.id == GROUP for part in read):
        problems.at(
            node, BAD_NAME, f"claims/{GROUP}.yaml gives its claims the same ids as these sentences; rename that file"
        )
    check_names(node, "a sentence", problems)
    targets = Known(known.ids | {gap.id for part in read for gap in part.gaps}, known.unsure)
    before = len(problems)
    built = {name: _sentence(name, entry, targets, problems) for name, entry in node.entries.items()}
    found = tuple(each for each in built.values() if each is not None)
    _check_repeats(node.entries, {each.name: each for each in found}, problems)
    if len(problems) == before:
        _refuse_unaccounted(found, read, problems)
    return found


def _sentence(name: str, node: Node, targets: Known, problems: Problems) -> Sentence | None:
    keys = validate(SentenceKeys, node, problems)
    said = [key for key in ONE_OF if key in node.entries and not node.entries[key].unset]
    if isinstance(node.value, dict) and len(said) != 1:
        has = f"found {' and '.join(said)}" if said else "found none"
        problems.at_key(
            node, ACCOUNTED_ONCE, f"expected one of claims, not_expressible and same_as; {has}; keep or write one"
        )
    for key in ("says", "not_expressible"):
        if key in node.entries and node.entries[key].text.isspace():
            problems.at(node.entries[key], SAYS_NOTHING, "expected a sentence; found nothing")
    if "source" in node.entries:
        check_source(node.entries["source"], problems)
    named = {key: tuple(_named(node.entries.get(key), targets, problems)) for key in ("claims", "ours")}
    if keys is None:
        return None
    return Sentence(
        name=name,
        source=keys.source,
        says=keys.says,
        same_as=keys.same_as,
        not_expressible=_without_claim(name, node, keys, problems),
        **named,
    )


def _named(patterns: Node | None, targets: Known, problems: Problems) -> Iterator[str]:
    """Yield the ids that match the patterns, each once, in the order written."""
    matches = (sorted(targets.matching(pattern, problems)) for pattern in (patterns.members if patterns else ()))
    yield from dict.fromkeys(claim for each in matches for claim in each)


def _without_claim(name: str, node: Node, keys: SentenceKeys, problems: Problems) -> NotExpressible | None:
    """Return the number that is not expressible; report a number that a claim or another sentence states."""
    if keys.not_expressible is None:
        for key in NUMBERS:
            if key in node.entries:
                problems.at_key(
                    node.entries[key],
                    ACCOUNTED_ONCE,
                    "is only for a sentence that is not expressible; the numbers of other sentences are in their "
                    "claims; delete it",
                )
        return None
    printed = number(
        {key: node.entries[key] for key in NUMBERS if key in node.entries}, node, lambda _: node.key, None, problems
    )
    if printed is None:
        return None
    return NotExpressible(
        id=f"{GROUP}/{name}",
        source=keys.source,
        says=keys.says,
        printed=printed.printed,
        unit=printed.unit,
        relation=printed.relation,
        why=" ".join(keys.not_expressible.split()),
    )


def _check_repeats(written: Mapping[str, Node], found: Mapping[str, Sentence], problems: Problems) -> None:
    """Report a 'same_as' that names the sentence itself, no sentence, or one that repeats another."""
    for each in found.values():
        if each.same_as is None:
            continue
        node = written[each.name].entries["same_as"]
        if each.same_as not in written:
            problems.at(node, UNKNOWN_NAME, unknown("sentence", each.same_as, written))
        elif each.same_as == each.name:
            problems.at(node, NOT_A_REPEAT, "names the sentence itself; name the one that states the same elsewhere")
        elif (original := found.get(each.same_as)) is not None and original.same_as is not None:
            problems.at(
                node,
                NOT_A_REPEAT,
                f"{each.same_as!r} is itself the same as {original.same_as!r}; name that one instead",
            )


def _refuse_unaccounted(found: Iterable[Sentence], read: Iterable[Read], problems: Problems) -> None:
    """Report every claim of a list that no sentence names; the cells of tables need no sentence."""
    named = {claim for each in found for claim in (*each.claims, *each.ours)}
    for part in read:
        if part.shown is None or part.shown.shape == "table":
            continue
        for draft in part.drafts:
            if draft.id not in named:
                problems.at_key(
                    draft.home,
                    UNACCOUNTED_CLAIM,
                    f"no sentence of sentences.yaml names {draft.id!r}; add it to the claims of the sentence that states "
                    "it, or to 'ours' of one if the paper does not",
                )


def refuse_counted(found: Iterable[Sentence], left_out: Node | None, problems: Problems) -> None:
    """Report an exhibit in ``printed_numbers`` if a sentence already counts one of its numbers.

    Args:
        found: the sentences.
        left_out: ``printed_numbers`` of paper.yaml as written; None where there is none.
        problems: receives every mistake.
    """
    stated = left_out.entries if left_out else {}
    for each in found:
        if each.not_expressible is None or each.not_expressible.printed is None:
            continue
        places = {"table": each.source.table, "figure": each.source.figure}
        names = {f"{kind}-{place}".lower() for kind, place in places.items() if place is not None}
        for name in sorted(names & stated.keys()):
            problems.at_key(
                stated[name],
                COUNTED_ALREADY,
                f"sentences.yaml already counts a number of it ({each.name}); delete this line, or the sentence's "
                "'printed'",
            )

"""Turns drafts into claims, and checks the references between claims."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from harness.kinds.metric import MEANS, PROPORTION
from harness.kinds.registry import kinds
from harness.kinds.relation import Relation, relations
from harness.kinds.top_images import TopImages
from harness.naming import unknown
from harness.spec.claim import Claim, Expected, Measure, Source
from harness.spec.reading.draft import Draft
from harness.spec.reading.exhibits import check_source
from harness.spec.reading.expectations import expected
from harness.spec.reading.keys import MEASURE, OWN, Own
from harness.spec.reading.measures import Measured, measure
from harness.spec.reading.node import Node, Problems
from harness.spec.reading.orders import check_orders
from harness.spec.reading.pack_entries import PackEntries
from harness.spec.reading.validate import unknown_field, validate
from harness.spec.rules.claims import CANNOT_BE_PRIMARY, NEEDS_ATTACK, NEEDS_TOP_IMAGES, SAYS_NOTHING
from harness.spec.rules.entries import MISSING_FIELD, UNKNOWN_FIELD, UNKNOWN_NAME
from harness.spec.rules.numbers import (
    ALL_IS_FOR_RATES,
    MEASURES_NOT_COMPARABLE,
    NEEDS_MEMBERS,
    RELATION_DOES_NOT_USE,
    RELATION_NEEDS,
    SAMPLING_MARGIN,
)
from harness.spec.sample import Sample
from harness.spec.selection import fits


@dataclass(frozen=True)
class Written:
    """A claim, and the nodes of its keys."""

    claim: Claim
    draft: Draft


def build_claim(
    draft: Draft, source: Source | None, groups: PackEntries, sample: Sample, problems: Problems
) -> Written | None:
    """Build one claim.

    Args:
        draft: the claim as written.
        source: the source at the head of its file; None if that is wrong.
        groups: the entries that names refer to.
        sample: the paper's sample.
        problems: receives every mistake.

    Returns:
        The claim, or None if it could not be built; a claim that was built may still have had mistakes reported.
    """
    own = _own(draft, problems)
    measured = measure(draft.keys, draft.home, draft.missing, groups, sample, problems)
    wanted = expected(draft.keys, draft.home, draft.missing, measured.metric, problems)
    relation = wanted.relates if wanted else None
    other = _other(draft, measured, relation, groups, sample, problems)
    if (
        relation is not None
        and relation.exception_refutes
        and measured.metric is not None
        and measured.metric.statistic != PROPORTION
    ):
        what = f"{relation.word!r} is for a rate; {measured.metric.kind} is none"
        problems.at(draft.keys["relation"], ALL_IS_FOR_RATES, what)
    averages = measured.metric is not None and measured.metric.statistic in MEANS and _averages(measured.measure)
    if wanted is not None and wanted.margin is not None and averages:
        _refuse_sampling(draft.keys["margin"], problems)
    if "gallery" in draft.keys and not draft.keys["gallery"].unset:
        _check_gallery(draft.keys["gallery"], [measured.measure, other], problems)
    if wanted is not None and measured.measure is not None:
        _check_members(draft, wanted, measured, other, problems)
    source = (own.source if own else None) or source
    if own is None or measured.measure is None or wanted is None or source is None:
        return None
    built = Claim(
        id=draft.id,
        source=source,
        says=own.says or draft.says,
        measure=measured.measure,
        expected=wanted,
        other=other,
        primary=own.primary,
        deviates_because=own.deviates_because,
        another=own.another,
        infeasible=own.infeasible,
        same_as=own.same_as,
        picture=own.picture,
        gallery=own.gallery,
    )
    return Written(built, draft)


def _averages(measure: Measure | None) -> bool:
    """Whether a measure is a mean over several models or splits."""
    return measure is not None and any(
        isinstance(names, tuple) for names in (measure.model, measure.crafted_on, measure.data)
    )


def _check_members(
    draft: Draft, wanted: Expected, measured: Measured, other: Measure | None, problems: Problems
) -> None:
    """Report a claim on each member of a list if there is no list, or if its members are not measured separately."""
    key = "relation" if wanted.relates.neighbours else "each"
    if not (wanted.relates.neighbours or wanted.each) or measured.measure is None:
        return
    count, why = len(measured.measure.members), ""
    if wanted.each and (wanted.relates.neighbours or wanted.relates.exception_refutes):
        key, why = "each", f"the relation {wanted.relates.word} already applies to each member; delete it"
    elif count < 2:
        why = "compares the members of a list; found no list of models or data"
    elif measured.metric is not None and "victims" in measured.metric.needs:
        why = f"compares the members of a list, but {measured.metric.kind} measures all its models at once"
    elif other is not None and len(other.members) not in {1, count}:
        why = (
            f"compares {count} members one by one with {len(other.members)} of the other measure; list as many, or one"
        )
    if why:
        problems.at_key(draft.keys[key], NEEDS_MEMBERS, why)


def _check_gallery(gallery: Node, measures: Iterable[Measure | None], problems: Problems) -> None:
    """Report a gallery for a metric without top-activating images, or for a measure with an attack."""
    for one in measures:
        metric = kinds("metrics").get(one.metric) if one else None
        if one is None or metric is None:  # reported elsewhere
            continue
        if not issubclass(metric, TopImages):
            what = f"needs top-activating images, which {one.metric} does not find; unset it with 'gallery: null'"
            problems.at_key(gallery, NEEDS_TOP_IMAGES, what)
        elif one.attack is not None:
            problems.at_key(gallery, NEEDS_TOP_IMAGES, "shows clean images; unset the attack with 'attack: null'")


def _refuse_sampling(margin: Node, problems: Problems) -> None:
    """Report a sampling margin of a mean over models, which has no single standard deviation over images."""
    if "sampling" in margin.entries:
        problems.at_key(
            margin.entries["sampling"],
            SAMPLING_MARGIN,
            "a sampling margin of a mean over images is for a single model; found a list; write an absolute or relative margin",
        )


def _own(draft: Draft, problems: Problems) -> Own | None:
    """Return the keys that belong neither to the measure nor to the expectation."""
    mine = {key: node for key, node in draft.keys.items() if key in OWN and not node.unset}
    if draft.needs_words and "says" not in mine:
        problems.at_place(draft.missing("says").within("says"), MISSING_FIELD, "missing; write the claim as a sentence")
    for key in ("says", "deviates_because", "infeasible"):
        if key in mine and mine[key].text.isspace():
            problems.at(mine[key], SAYS_NOTHING, "expected a sentence; found nothing")
    if "source" in mine:
        check_source(mine["source"], problems)
    attack = draft.keys.get("attack")
    if "picture" in mine and (attack is None or attack.unset):
        problems.at_key(
            mine["picture"], NEEDS_ATTACK, "needs an attack; add 'attack', or unset it with 'picture: null'"
        )
    return validate(Own, draft.home.with_entries(mine), problems, draft.missing)


def _other(
    draft: Draft, measured: Measured, relation: Relation | None, groups: PackEntries, sample: Sample, problems: Problems
) -> Measure | None:
    """Build the measure to compare with: the claim's measure with some keys replaced."""
    node = draft.keys.get("other")
    if node is None or node.unset:
        if relation is not None and relation.paired:
            place = draft.missing("other").within("other")
            problems.at_place(
                place,
                RELATION_NEEDS,
                f"missing; the relation {relation.word} compares with another measure; write the keys that differ",
            )
        return None
    if relation is not None and not relation.paired:
        choices = ", ".join(each.word for each in relations().values() if each.paired)
        problems.at_key(
            node,
            RELATION_DOES_NOT_USE,
            f"the relation {relation.word} does not use another measure; delete it, or choose {choices}",
        )
        return None
    replaceable = MEASURE - {"limit"}
    strange = {key: value for key, value in node.entries.items() if key not in replaceable}
    for key, value in strange.items():
        problems.at_key(value, UNKNOWN_FIELD, unknown_field(key, sorted(replaceable)))
    if strange or not isinstance(node.value, dict):
        return None
    keys = {key: value for key, value in draft.keys.items() if key in replaceable} | dict(node.entries)
    if "attack" in node.entries and keys["attack"].unset and "crafted_on" in draft.keys.keys() - node.entries.keys():
        problems.at_key(node, NEEDS_ATTACK, "has no attack, but is still crafted on a model; add 'crafted_on: null'")
        return None
    built = measure(keys, draft.home, draft.missing, groups, sample, problems)
    if built.metric is not None and measured.metric is not None and built.metric.unit != measured.metric.unit:
        problems.at(
            node,
            MEASURES_NOT_COMPARABLE,
            f"{measured.metric.kind} ({measured.metric.unit}) cannot be compared with {built.metric.kind} ({built.metric.unit})",
        )
    if measured.measure is not None and built.measure == measured.measure.model_copy(update={"limit": None}):
        problems.at_key(node, MEASURES_NOT_COMPARABLE, "compares the measure with itself; write the keys that differ")
    return built.measure


@dataclass(frozen=True)
class Known:
    """The ids of all claims, valid or not.

    Attributes:
        ids: the ids.
        unsure: the files of claims that could not be read completely and may contain further claims.
    """

    ids: frozenset[str]
    unsure: frozenset[str]

    def matching(self, pattern: Node, problems: Problems) -> set[str]:
        """Return the ids an id or a glob matches; report one that matches none."""
        text = str(pattern.value)
        matches = {claim for claim in self.ids if fits(claim, text)}
        stem = text.partition("/")[0]
        if not matches and not any(fits(name, stem) for name in self.unsure):
            problems.at(pattern, UNKNOWN_NAME, unknown("claim", text, self.ids))
        return matches


def check_set_aside(budgets: Node | None, known: Known, problems: Problems) -> None:
    """Report an id that a budget sets aside and that matches no claim."""
    for budget in budgets.entries.values() if budgets else ():
        aside = budget.entries.get("sets_aside")
        for pattern, node in aside.entries.items() if aside else ():
            known.matching(replace(node, value=pattern), problems)


def settle(written: Iterable[Written], known: Known, assumptions: Node | None, problems: Problems) -> tuple[Claim, ...]:
    """Check the references between claims, and make claims secondary that are counted elsewhere or were fitted.

    Args:
        written: the claims that could be built.
        known: the ids of all claims, built or not.
        assumptions: the mapping of assumptions as written; their ``fitted_on`` names claims.
        problems: receives every mistake.
    """
    claims = {one.claim.id: one for one in written}
    fitted = {
        claim
        for assumption in (assumptions.entries if assumptions else {}).values()
        for pattern in (assumption.entries["fitted_on"].members if "fitted_on" in assumption.entries else ())
        for claim in known.matching(pattern, problems)
    }
    check_orders([(one.claim, one.draft.keys.get("relation")) for one in claims.values()], problems)
    settled = []
    for one in claims.values():
        why = "it is the same as another" if one.claim.same_as else "an assumption was fitted on it"
        why = "it is not measured as in the paper" if one.claim.another else why
        secondary = one.claim.same_as is not None or one.claim.id in fitted or one.claim.another is not None
        explicit = one.draft.keys.get("primary")
        if secondary and explicit is not None and explicit.value is True:
            problems.at(explicit, CANNOT_BE_PRIMARY, f"this claim cannot be primary: {why}; delete 'primary'")
        settled.append(one.claim.model_copy(update={"primary": False}) if secondary else one.claim)
    return tuple(settled)

"""Open choices stand by their effect, those not measured last, and name the claims they were fitted to."""

from records import NEAR, read_otherwise

from harness.judge import judge
from harness.report.cases import cases_of
from harness.report.choices import fitted_to, ranked
from harness.report.sensitivity import assumption_effects
from harness.spec.claim import Source
from harness.spec.paper import Assumption, Exhibit, Reading

AWAY, LITTLE = (0.0941, 0.0939, 0.0943), (0.0751,) * 3


def choice(**given):
    readings = {"one": Reading(says="One."), "other": Reading(says="Another.")}
    return Assumption(question="Which?", readings=readings, chosen="one", because="It is.", **given)


def made(**assumptions):
    kept = read_otherwise(NEAR, decay_whole=(LITTLE, {}), stop_early=(AWAY, {}))
    exhibit = Exhibit(id="t", title="A list", source=Source(table=1), shape="list", claims=("t/c",))
    paper = kept.paper.model_copy(update={"exhibits": (exhibit,), "assumptions": assumptions})
    kept = kept.model_copy(update={"paper": paper})
    return kept, cases_of(kept, judge(kept))


def test_the_choice_with_the_largest_effect_stands_first_and_one_without_another_reading_last():
    kept, cases = made(colour=choice(), decay=choice(), stop=choice())
    found = ranked(kept.paper, assumption_effects(cases.values()))
    assert [name for name, _, _ in found] == ["stop", "decay", "colour"]
    assert [effect is None for _, _, effect in found] == [False, False, True]


def test_a_pattern_names_the_claims_that_fit_it_and_one_that_fits_none_stands_as_it_is():
    kept, cases = made(decay=choice(fitted_on=("t/*", "gone/*")))
    fitting, rest = fitted_to(kept.paper.assumptions["decay"], cases)
    assert [case.claim.id for case in fitting] == ["t/c"]
    assert rest == ["gone/*"]

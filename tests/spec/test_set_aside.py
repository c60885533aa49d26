"""A budget sets claims aside that cost too much for it: they are measured where they are asked for."""

from records import claim, measured, record

from harness.judge import judge
from harness.pipeline import select
from harness.report.coverage import set_aside_claims

PAPER, AUDIT = "paper.yaml", "audit: {runs: 3}"
WHY = "its network takes 20 hours"


def aside(pack, pattern):
    return pack.edit(PAPER, AUDIT, f'audit: {{runs: 3, sets_aside: {{"{pattern}": {WHY}}}}}')


def selected(spec, *patterns):
    ((_, found),) = select([spec], patterns)
    return {each.id for each in found}


def test_what_a_budget_sets_aside_is_measured_only_where_it_is_asked_for(pack):
    every = selected(pack.load())
    one, *rest = sorted(every)
    spec = aside(pack, one).load()
    assert selected(spec) == set(rest)
    assert selected(spec, one) == {one}
    assert selected(pack.load(budget="full")) == every


def test_what_is_set_aside_must_be_a_claim(pack):
    (mistake,) = aside(pack, "table-9/*").mistakes()
    assert mistake.startswith(f"{PAPER}:")
    assert "table-9/*" in mistake


def test_a_claim_that_is_set_aside_is_not_run_and_says_why_and_what_measures_it():
    made = record((claim("t/a"), None), (claim("t/b"), None), sets_aside={"t/b": f"{WHY}."})
    other, verdict = judge(made)
    assert (other.reason, verdict.outcome.value, verdict.reason) == ("not-yet-run", "NOT_RUN", "set-aside")
    assert verdict.sentence == (
        f"Set aside by the budget audit: {WHY}; `harness verify specs/paper -k t/b` measures it."
    )


def test_one_that_was_asked_for_is_judged_as_any_other():
    each = claim("t/b")
    asked = record((each, measured(each.id, (0.074, 0.0741, 0.0739))), sets_aside={"t/*": WHY})
    plain = record((each, measured(each.id, (0.074, 0.0741, 0.0739))))
    assert judge(asked) == judge(plain)


def test_plan_and_verify_count_what_is_set_aside_for_each_reason():
    made = record(*[(claim(f"t/{name}"), None) for name in "abc"], sets_aside={"t/a": WHY, "t/b": WHY, "u/*": "no"})
    assert list(set_aside_claims(made.paper)) == [f"2 claims set aside by the budget audit: {WHY}."]


def test_infeasible_claims_are_counted_beside_them():
    made = record(
        (claim("t/a", infeasible="A year.\n"), None), (claim("t/b", infeasible="A year.\n"), None), (claim("t/c"), None)
    )
    assert list(set_aside_claims(made.paper)) == ["2 claims infeasible: A year."]


def test_a_pack_that_sets_nothing_aside_is_recorded_as_before():
    assert "sets_aside" not in record((claim("t/a"), None)).paper.model_dump(mode="json")

"""A pack's claims that stand beside the paper's: on another network, or on none that a machine at hand could train."""

import pytest
from records import claim, record

from harness.judge import judge
from harness.pipeline import select

TABLE = "claims/table-1.yaml"


def test_what_is_measured_otherwise_is_said_once_and_makes_the_claim_secondary(pack):
    spec = pack.edit(TABLE, "model: small, printed", "model: small, another: {network: a small one}, printed").load()
    (row, *_) = [each for each in spec.paper.claims if each.another is not None]
    assert row.another.described == "a small one"
    assert not row.primary


@pytest.mark.parametrize("written", ["{}", "{network: a, data: b}", "{network: null}", "{size: a}"])
def test_just_one_of_network_data_and_metric_is_another(pack, written):
    mistakes = pack.edit(TABLE, "model: small, printed", f"model: small, another: {written}, printed").mistakes()
    assert any("another" in mistake for mistake in mistakes)


def test_an_infeasible_claim_is_not_run_unless_it_is_asked_for_and_says_what_it_would_cost(pack):
    spec = pack.edit(TABLE, "model: small, printed", "model: small, infeasible: it takes a year., printed").load()
    names = {each.id for each in spec.paper.claims if each.infeasible}
    ((_, chosen),) = select([spec], ())
    ((_, asked),) = select([spec], (min(names),))
    assert names
    assert {each.id for each in chosen} == {each.id for each in spec.paper.claims} - names
    assert [each.id for each in asked] == [min(names)]
    made = record((claim(infeasible="it takes a year."), None))
    (verdict,) = judge(made)
    assert (verdict.outcome.value, verdict.reason) == ("NOT_RUN", "infeasible")
    assert verdict.sentence == (
        "Infeasible: it takes a year. On a machine that can do it, `harness verify specs/paper -k t/c` measures it."
    )

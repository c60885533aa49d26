"""A newer record over an older one: nothing that was proved is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NEAR, claim, measured, record

from harness.kinds.gallery import Gallery
from harness.kinds.picture import Picture
from harness.record.measurement import Measurement, Missing
from harness.record.merging import merge
from harness.record.model import Drawn, Record
from harness.spec.paper import Paper

STOPPED = Missing(reason="time-limit", sentence="Out of time; run again.")


def audit(*ids: str, values=NEAR, inputs: str = "one", **given) -> Record:
    return record(*[(claim(i), measured(i, values, budget="audit", inputs=inputs)) for i in ids], **given)


def rehearsal(*ids: str, inputs: str = "small", **given) -> Record:
    runs = [measured(i, [0.09], budget="rehearsal", comparable=False, inputs=inputs) for i in ids]
    pairs = [(claim(run.claim), run) for run in runs]
    return record(*pairs, budget="rehearsal", runs=1, comparable=False, **given)


ids = st.lists(st.sampled_from(["t/a", "t/b", "t/c", "t/d"]), unique=True)


@st.composite
def records_made(draw) -> Record:
    """Any record of some of four claims, measured or not, in any of three budgets."""
    budget = draw(st.sampled_from(["rehearsal", "audit", "full"]))
    comparable = budget != "rehearsal"

    def one(name: str) -> Measurement | None:
        if not draw(st.booleans()):
            return None
        values = draw(st.lists(st.sampled_from([0.07, 0.08]), max_size=4))
        missing = None if values else STOPPED
        inputs = draw(st.sampled_from(["one", "two"]))
        return measured(
            name, values, budget=budget, comparable=comparable, inputs=inputs, missing=missing, provenance=budget
        )

    listed = [(claim(name, model=draw(st.sampled_from(["m", "n"]))), one(name)) for name in draw(ids)]
    places = {budget: {"device": "CPU"}} if any(measurement for _, measurement in listed) else {}
    made = record(*listed, budget=budget, runs=3, comparable=comparable, provenance=places)
    keys = [key for m in made.measurements.values() for run in m.runs for key in run.measured.keys]
    recipes = {"models": {"m": {"kind": budget}}}
    return made.model_copy(
        update={"jobs": {key: {"inputs": [], "provenance": budget} for key in keys}, "recipes": recipes}
    )


@given(records_made(), records_made())
def test_merging_the_same_record_again_changes_nothing(old, new):
    once = merge(old, new)
    assert merge(once, new) == once


@given(records_made())
def test_a_record_merged_with_itself_is_itself(made):
    assert merge(made, made) == made


@given(records_made(), records_made())
def test_the_claims_are_the_newer_papers_in_its_order(old, new):
    merged = merge(old, new)
    assert [each.id for each in merged.paper.claims] == [each.id for each in new.paper.claims]
    order = list(merged.measurements)
    assert order == [each.id for each in new.paper.claims if each.id in order]


@given(records_made(), records_made())
def test_a_measurement_of_the_same_thing_never_gets_weaker(old, new):
    merged = merge(old, new)
    before, after = old.paper.by_id, new.paper.by_id
    for name, earlier in old.measurements.items():
        later = new.measurements.get(name)
        outdated = later is not None and later.budget == earlier.budget and later.inputs != earlier.inputs
        if name in after and before[name].measure == after[name].measure and not outdated:
            assert merged.measurements[name].strength >= earlier.strength


@given(records_made(), records_made())
def test_nothing_is_kept_that_nothing_refers_to_and_nothing_referred_to_is_lost(old, new):
    merged = merge(old, new)
    keys = {key for m in merged.measurements.values() for run in m.runs for key in run.measured.keys}
    assert set(merged.jobs) == keys
    referred = {m.provenance for m in merged.measurements.values()}
    assert set(merged.provenance) == referred | {job["provenance"] for job in merged.jobs.values()}


def test_a_claim_not_selected_this_time_keeps_its_measurement():
    old = audit("t/a", "t/b")
    new = record((claim("t/a"), measured("t/a", [0.08] * 3, budget="audit", inputs="one")), (claim("t/b"), None))
    merged = merge(old, new)
    assert merged.measurements == {"t/a": new.measurements["t/a"], "t/b": old.measurements["t/b"]}


def test_a_claim_the_pack_no_longer_makes_is_dropped():
    assert list(merge(audit("t/a", "t/b"), audit("t/b")).measurements) == ["t/b"]


def test_a_claim_that_now_measures_something_else_loses_its_old_measurement():
    new = record((claim("t/a", data="d/train"), None))
    assert merge(audit("t/a"), new).measurements == {}


def test_a_new_printed_number_is_held_against_the_old_measurement():
    merged = merge(audit("t/a"), record((claim("t/a", printed="9.9"), None)))
    assert merged.paper.claim("t/a").expected.printed == "9.9"
    assert len(merged.measurements["t/a"].runs) == 3


def test_a_rehearsal_never_replaces_an_audit_and_keeps_its_budget():
    merged = merge(audit("t/a"), rehearsal("t/a", "t/b"))
    assert merged.measurements["t/a"].budget == "audit"
    assert merged.measurements["t/b"].budget == "rehearsal"
    assert (merged.paper.budget, merged.paper.runs, merged.paper.comparable) == ("audit", 3, True)


def test_a_rehearsal_leaves_the_audits_recipes_and_adds_its_own():
    old = audit("t/a", recipes={"models": {"m": {"iterations": 300}}})
    new = rehearsal("t/a", recipes={"models": {"m": {"iterations": 3}, "n": {"iterations": 3}}})
    assert merge(old, new).recipes == {"models": {"m": {"iterations": 300}, "n": {"iterations": 3}}}


def test_an_audit_replaces_a_rehearsal_whole():
    old, new = rehearsal("t/a", recipes={"models": {"m": {"iterations": 3}}}), audit("t/a", recipes={"models": {}})
    assert merge(old, new) == new


@pytest.mark.parametrize("values", [(), (0.09,), (0.09, 0.09)])
def test_fewer_runs_or_none_never_replace_more(values):
    new = record((claim("t/a"), measured("t/a", values, budget="audit", inputs="one", missing=STOPPED)))
    assert len(merge(audit("t/a"), new).measurements["t/a"].runs) == 3


def test_as_many_runs_replace_the_older_ones():
    assert merge(audit("t/a"), audit("t/a", values=[0.08] * 3)).measurements["t/a"].runs[0].measured.value == 0.08


def test_within_a_budget_changed_inputs_put_an_old_measurement_out_of_date_even_if_nothing_takes_its_place():
    new = record((claim("t/a"), measured("t/a", (), budget="audit", inputs="two", missing=STOPPED)))
    assert merge(audit("t/a"), new).measurements["t/a"].missing == STOPPED


def test_jobs_behind_a_kept_measurement_are_kept_through_their_inputs():
    jobs = {
        "t/a 1": {"inputs": ["train"], "provenance": "here"},
        "train": {"inputs": ["fetch"], "provenance": "there"},
        "fetch": {"inputs": []},
        "stale": {"inputs": ["fetch"], "provenance": "gone"},
    }
    places = {name: {"device": "CPU"} for name in ("here", "there", "gone")}
    old = record((claim("t/a"), measured("t/a", [0.07])), jobs=jobs, provenance=places)
    merged = merge(old, record((claim("t/a"), None)))
    assert set(merged.jobs) == {"t/a 1", "train", "fetch"}
    assert set(merged.provenance) == {"here", "there"}


def test_digests_of_data_the_pack_no_longer_uses_are_dropped():
    old = audit("t/a", digests={"d": "1", "e": "2"})
    assert merge(old, audit("t/a", recipes={"data": {"d": {}}})).digests == {"d": "1"}


GRID = Picture(rows=2, columns=2)


def drawn(key: str) -> Drawn:
    return Drawn(png="iVBORw0KGgo=", shown=4, key=key)


def pictured(made: Record, key: str | None, grid: Picture | None = GRID) -> Record:
    """The record with a picture of each claim, drawn by a job of this key; None: asked for but not drawn."""
    claims = tuple(each.model_copy(update={"picture": grid}) for each in made.paper.claims)
    pictures = {each.id: drawn(key) for each in claims} if key else {}
    return made.model_copy(update={"paper": made.paper.model_copy(update={"claims": claims}), "pictures": pictures})


def test_a_picture_is_kept_where_it_was_not_drawn_again():
    assert merge(pictured(audit("t/a"), "old"), pictured(audit("t/a"), None)).pictures == {"t/a": drawn("old")}


def test_a_newer_picture_of_the_same_takes_the_place():
    assert merge(pictured(audit("t/a"), "old"), pictured(audit("t/a"), "new")).pictures == {"t/a": drawn("new")}


def test_a_picture_goes_with_the_measurement_whose_images_it_shows():
    assert merge(pictured(audit("t/a"), "old"), pictured(audit("t/a", inputs="two"), None)).pictures == {}


def test_a_picture_of_a_grid_no_longer_asked_for_is_dropped():
    old = pictured(audit("t/a"), "old")
    assert merge(old, pictured(audit("t/a"), None, Picture(rows=3, columns=2))).pictures == {}
    assert merge(old, pictured(audit("t/a"), None, None)).pictures == {}


def test_a_gallery_stays_as_a_picture_does_and_goes_once_it_is_to_show_more():
    old, same, more = (
        pictured(audit("t/a"), key, None).model_copy(
            update={"paper": with_gallery(pictured(audit("t/a"), key, None), rows)}
        )
        for key, rows in (("old", 4), (None, 4), (None, 5))
    )
    assert merge(old, same).pictures == {"t/a": drawn("old")}
    assert merge(old, more).pictures == {}


def with_gallery(made: Record, rows: int) -> Paper:
    claims = tuple(each.model_copy(update={"gallery": Gallery(rows=rows)}) for each in made.paper.claims)
    return made.paper.model_copy(update={"claims": claims})


def test_a_rehearsals_picture_does_not_stand_beside_an_audits_number():
    assert merge(pictured(audit("t/a"), None), pictured(rehearsal("t/a"), "new")).pictures == {}
    assert merge(pictured(audit("t/a"), "old"), pictured(rehearsal("t/a"), "new")).pictures == {"t/a": drawn("old")}


def test_the_job_that_drew_a_picture_is_kept_with_it():
    jobs = {"drew": {"inputs": ["made"]}, "made": {"inputs": []}, "other": {"inputs": []}, "t/a 1": {"inputs": []}}
    old = pictured(audit("t/a"), "drew").model_copy(update={"jobs": jobs})
    merged = merge(old, pictured(audit("t/a"), None))
    assert {"drew", "made"} <= set(merged.jobs)
    assert "other" not in merged.jobs

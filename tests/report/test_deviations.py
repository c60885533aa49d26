"""What deviates as declared stands by date, each reason once; changes after judged runs stand beneath."""

import re

from records import claim, measured, record

from harness.judge import judge
from harness.record.protocol import CLAIM, DEVIATION, WHOLE, Amendment, Promise, Protocol
from harness.report.cases import cases_of
from harness.report.deviations import dated_amendments, declared_deviations
from harness.report.page import compose
from harness.spec.claim import Source
from harness.spec.paper import Exhibit

AWAY = (0.0941, 0.0939, 0.0943)


def made(*because, amendments=()):
    """A record of a claim for each reason (None: none is declared), promised on the first of March."""
    claims = [claim(f"t/{n}", says=f"Claim {n}.", deviates_because=why) for n, why in enumerate(because)]
    kept = record(*[(each, measured(each.id, AWAY)) for each in claims])
    promises = {
        each.id: Promise(
            since="2026-03-01T10:00:00+00:00", terms={CLAIM: "made", DEVIATION: each.deviates_because or ""}
        )
        for each in claims
    }
    whole = Promise(since="2026-03-01T10:00:00+00:00", terms={"seed": "0"})
    exhibit = Exhibit(id="t", title="T", source=Source(table=1), shape="list", claims=tuple(each.id for each in claims))
    paper = kept.paper.model_copy(update={"exhibits": (exhibit,)})
    protocol = Protocol(promises={WHOLE: whole, **promises}, amendments=amendments)
    return kept.model_copy(update={"paper": paper, "protocol": protocol})


def declared(kept):
    return declared_deviations(kept, cases_of(kept, judge(kept)).values())


def test_claims_that_share_a_reason_stand_together_and_those_without_one_not_at_all():
    (((date, _, _), group),) = declared(made("the moon", None, "the moon", "the sun"))
    assert date == "2026-03-01"
    assert [(each.because, [case.claim.id for case in each.cases]) for each in group] == [
        ("the moon", ["t/0", "t/2"]),
        ("the sun", ["t/3"]),
    ]


def test_a_reason_written_later_has_the_date_and_the_runs_of_then():
    late = Amendment(
        claim="t/0", what=DEVIATION, old="", new="the moon", when="2026-04-02T08:00:00+00:00", after_runs=3
    )
    kept = made("the moon", "the sun", amendments=(late,))
    assert [(date, runs) for (date, _, runs), _ in declared(kept)] == [("2026-03-01", 0), ("2026-04-02", 3)]
    (((date, what, after), (change,)),) = dated_amendments(kept, cases_of(kept, judge(kept)))
    assert (date, what, after, change.case.claim.id) == ("2026-04-02", DEVIATION, 3, "t/0")
    page = compose(kept, judge(kept), "0" * 64)["index.html"]
    section = re.sub("<[^>]*>", "", page.partition('id="deviations"')[2].partition('id="assumptions"')[0])
    assert section.index("2026-03-01") < section.index("2026-04-02, ")
    words = " ".join(section.split())
    assert "after 3 judged runs: deviation of 1." in words
    assert "Claim 0: from “nothing” to “the moon”" in words


def test_without_a_protocol_a_date_is_not_known():
    kept = made("the moon").model_copy(update={"protocol": None})
    (((date, _, _), _),) = declared(kept)
    assert date == ""
    page = compose(kept, judge(kept), "0" * 64)["index.html"]
    assert "Date not known" in page


def test_a_pack_that_declares_none_says_so():
    assert declared(made(None)) == []
    assert "No deviation from the paper is declared." in compose(made(None), judge(made(None)), "0" * 64)["index.html"]

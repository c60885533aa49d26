"""The report, the terminal and `explain` say of every sentence of the paper what became of it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from records import claim, measured
from records import record as record_of

from harness.judge import judge
from harness.report.cases import cases_of
from harness.report.coverage import coverage_of, sentences_covered
from harness.report.explain import story_of
from harness.report.page import compose
from harness.report.sentences import sentence_lines, sentence_views
from harness.spec.claim import Source
from harness.spec.paper import Exhibit, NotExpressible, Sentence

PLACE = Source(section="4.2")


def sentence(name, **what):
    return Sentence(name=name, source=PLACE, says=f"The paper says {name}.", **what)


def lost(name, printed=None):
    gap = NotExpressible(
        id=f"sentences/{name}", source=PLACE, says="It is so.", printed=printed, why="needs `ImageNet`"
    )
    return sentence(name, not_expressible=gap)


LISTED = (
    sentence("found", claims=("t/a", "t/b", "t/c"), ours=("t/d",)),
    lost("far", "0.006"),
    lost("seen"),
    sentence("again", same_as="found"),
)


@pytest.fixture
def listed():
    """A record of four claims on one exhibit, with four sentences."""
    claims = [claim(f"t/{name}", says=f"Claim {name}.") for name in "dcba"]
    made = record_of(*[(each, measured(each.id, (0.0741, 0.0739, 0.0743))) for each in claims])
    shown = Exhibit(id="t", title="T", source=PLACE, shape="list", claims=tuple(each.id for each in claims))
    return made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (shown,), "sentences": LISTED})})


def page_of(record):
    return compose(record, judge(record), "digest")["index.html"]


def test_sentences_are_counted_by_what_became_of_them(listed):
    told = "1 of 4 sentences that state a number or an order has a claim, 1 repeats another and 2 are not expressible."
    assert sentences_covered(listed.paper) == told
    assert [(line.about, line.anchor) for line in sentence_lines(listed.paper)] == [("Sentences", "sentences")]


def test_a_pack_without_a_list_says_nothing_and_has_no_section(listed):
    bare = listed.model_copy(update={"paper": listed.paper.model_copy(update={"sentences": ()})})
    assert sentences_covered(bare.paper) == ""
    assert list(sentence_lines(bare.paper)) == []
    assert 'id="sentences"' not in page_of(bare)


def test_a_number_that_only_a_sentence_prints_is_counted_with_the_printed_numbers(listed):
    assert coverage_of(listed.paper) == (
        "4 of 5 printed numbers listed in the exhibits and sentences of this pack have a claim and 1 is not expressible."
    )


def test_a_sentence_shows_its_claims_in_the_order_of_the_pack(listed):
    found, far, _, again = sentence_views(listed.paper, cases_of(listed, judge(listed)))
    assert [case.claim.id for case in found.judged] == ["t/c", "t/b", "t/a"]
    assert [case.claim.id for case in found.beside] == ["t/d"]
    assert [item.printed for item in far.without] == ["0.006"]
    assert again.repeats.name == "found"


def test_the_page_lists_every_sentence_with_links_that_lead_somewhere(listed):
    page = page_of(listed)
    section = page.split('<section id="sentences">')[1].split("</section>")[0]
    rows = re.findall(r'<tr id="sentences/(\w+)">(.*?)</tr>', section, re.DOTALL)
    assert [name for name, _ in rows] == ["found", "far", "seen", "again"]
    text = {name: unescape(re.sub(r"<[^>]+>", " ", row)) for name, row in rows}
    assert text["found"].split()[6:13] == ["claims", "2", "✓", "reproduced", ",", "3", "✓"]
    assert "Related claims of ours" in text["found"]
    assert "not expressible" in text["far"]
    assert "printed 0.006" in text["far"]
    assert "ImageNet" in text["far"]
    assert "printed" not in text["seen"]
    assert "same as" in text["again"]
    assert "The paper says found." in text["again"]
    links = re.findall(r'href="#([^"]+)"', section)
    assert len(links) == 5
    assert all(f'id="{link}"' in page for link in links)


def test_what_an_exhibit_marks_as_not_expressible_is_told_with_its_reason_too(listed):
    gap = NotExpressible(id="t/torn", source=PLACE, printed="3", why="the page is torn")
    shown = listed.paper.exhibits[0].model_copy(update={"not_expressible": (gap,)})
    paper = listed.paper.model_copy(update={"exhibits": (shown,), "sentences": (sentence("x", claims=("t/torn",)),)})
    (view,) = sentence_views(paper, {})
    assert [item.stated.why for item in view.without] == ["the page is torn"]
    assert sentences_covered(paper) == (
        "none of 1 sentence that states a number or an order has a claim and 1 is not expressible."
    )


def test_explain_tells_which_sentence_a_claim_judges_and_beside_which_it_stands(listed):
    assert ("sentence", "Section 4.2: The paper says found.") in story_of(listed, "t/a").entries
    (ours,) = [text for heading, text in story_of(listed, "t/d").entries if heading == "ours"]
    assert ours == "not a claim of the paper; related to its sentence (Section 4.2): The paper says found."


def test_a_sentence_that_is_not_expressible_is_answered_with_its_reason(listed):
    with pytest.raises(Exception, match="paper/sentences/far has no claim, because it is not expressible: needs"):
        story_of(listed, "sentences/far")

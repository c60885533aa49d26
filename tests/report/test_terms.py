"""Each word a reader may not know is explained once, where it first stands."""

import re

import pytest
from records import NEAR, claim, measured, record

from harness.judge import judge
from harness.report.cases import cases_of
from harness.report.page import compose
from harness.report.terms import MARGIN, first_terms, summary_terms
from harness.spec.claim import Source
from harness.spec.doubts import Doubt
from harness.spec.paper import Exhibit

FAR = 700
"""Letters within which a word is explained once it has been used."""


def text_of(page):
    body = re.sub(r"<(svg|style).*?</\1>", " ", page.partition("<main>")[2], flags=re.DOTALL)
    return " ".join(re.sub("<[^>]*>", " ", body).split())


@pytest.mark.parametrize("word", ["primary", "secondary", "fitted", "margin", "interval", "reading"])
def test_a_word_is_explained_once_and_where_it_first_stands(page, word):
    explained = re.findall(rf"<dfn>{word}</dfn>: ([^;.]*)", page)
    assert len(explained) == 1
    text = text_of(page)
    first = re.search(rf"\b{word}s?\b", text)
    assert 0 <= text.index(f"{word} : {explained[0][:20]}") - first.start() < FAR


def test_the_interval_is_explained_with_the_levels_of_the_record_s_looks(page):
    assert "at a level of 94 % at 3 runs, 97.6 % at 5 runs and 98.4 % at 10 runs" in page


def made(primary=True, fitted=()):
    one = claim("t/c", primary=primary)
    kept = (
        record((one, measured(one.id, NEAR)), fitted_on=list(fitted))
        if fitted
        else record((one, measured(one.id, NEAR)))
    )
    exhibit = Exhibit(id="t", title="T", source=Source(table=1), shape="list", claims=("t/c",))
    return kept.model_copy(update={"paper": kept.paper.model_copy(update={"exhibits": (exhibit,)})})


def words(kept, doubts=()):
    return [term.word for term in first_terms(list(cases_of(kept, judge(kept)).values()), doubts)]


def test_a_word_that_does_not_occur_is_not_explained(make):
    assert words(made()) == ["primary"]
    assert words(made(primary=False)) == ["primary", "secondary"]
    assert "fitted" in words(made(fitted=["t/c"]))
    assert [term.word for term in summary_terms(made(), ())] == ["margin", "interval"]
    assert "reading" in [term.word for term in summary_terms(make(), ())]


def test_a_word_of_a_doubt_that_the_certificate_names_is_explained_there_and_not_again():
    doubt = Doubt(id="wide-margin", sentence="It is wide.", claims=("t/c",))
    assert words(made(), [doubt]) == ["primary", "margin"]
    assert [term.word for term in summary_terms(made(), [MARGIN])] == ["interval"]


def test_a_page_explains_the_words_it_uses_and_no_others():
    page = compose(made(), judge(made()), "0" * 64)["index.html"]
    assert set(re.findall("<dfn>(.*?)</dfn>", page)) == {"primary", "margin", "interval"}

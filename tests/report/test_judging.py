"""The chapter on how it was judged says the numbers that the rules use, and which runs are unstable."""

import pytest
from records import NEAR, claim, measured, record
from tables import clean, fed, table
from transfer import cases

from harness.judge import judge
from harness.report import judging as chapter
from harness.report.judging import judging
from harness.report.names import network_labels, short_name, with_names
from harness.report.page import compose
from harness.spec.claim import Source
from harness.spec.paper import Exhibit


def made(**given):
    one = claim("t/c", says="A long statement, which goes on and on until nobody would want to read it a second time.")
    kept = record((one, measured(one.id, NEAR)), **given)
    exhibit = Exhibit(id="t", title="T", source=Source(table=1), shape="list", claims=("t/c",))
    return kept.model_copy(update={"paper": kept.paper.model_copy(update={"exhibits": (exhibit,)})})


def rules(kept):
    return dict(judging(kept, cases(kept)))


def test_the_looks_of_the_record_are_told_with_the_alpha_each_spends():
    kept = made()
    assert rules(kept)["Looks and alpha"].endswith("5 %: 3 % at 3 runs, 1.2 % at 5 runs and 0.8 % at 10 runs.")
    other = kept.model_copy(update={"paper": kept.paper.model_copy(update={"looks": (5, 10)})})
    assert rules(other)["Looks and alpha"].endswith("5 %: 3 % at 5 runs and 2 % at 10 runs.")
    assert "97 % and 98 % for these looks" in rules(other)["Prediction interval"]


@pytest.mark.parametrize(("name", "value", "rule", "said"), [
    ("ALIKE", 0.07, "Pooled spread", "F-test at 7 %"),
    ("LEVEL", 0.1, "Readings", "the 90 % confidence interval"),
    ("FAR", 6.0, "Stability", "more than 6 standard deviations"),
])  # fmt: skip
def test_a_rule_s_sentence_follows_its_constant(monkeypatch, name, value, rule, said):
    monkeypatch.setattr(chapter, name, value)
    assert said in rules(made())[rule]


def test_no_unstable_run_is_said_and_one_is_named():
    kept = made()
    assert rules(kept)["Stability"].endswith("no run is unstable.")
    shown = {
        name: case.under(case.verdict.model_copy(update={"qualifiers": ("unstable",)}))
        for name, case in cases(kept).items()
    }
    assert dict(judging(kept, shown))["Stability"].endswith(
        f"1 of the claims has such a run: {short_name(cases(kept)['t/c'])}."
    )


def test_the_page_has_the_chapter_before_the_exhibits():
    kept = made()
    page = compose(kept, judge(kept), "0" * 64)["index.html"]
    assert page.index('id="summary"') < page.index('id="judging"') < page.index('id="exhibits"')


def test_ids_in_a_sentence_become_names_and_a_long_statement_its_beginning():
    shown = cases(made())
    assert short_name(shown["t/c"]) == "“A long statement, which goes on and on until nobody would want…”"
    assert with_names("Of t/c, t/c2 and x/t/c one is late (t/c).", shown) == (
        f"Of {short_name(shown['t/c'])}, t/c2 and x/t/c one is late ({short_name(shown['t/c'])})."
    )
    assert with_names("Of t/c.", {}) == "Of t/c."


def test_a_network_has_the_label_of_the_row_that_measures_it_without_an_attack():
    alone = clean("7").model_copy(update={"id": "t/plain/x"})
    kept = table(alone, fed("9", "one"), values={alone.id: NEAR})
    assert network_labels(cases(kept)) == {"m": "row plain"}
    assert network_labels(cases(table(fed("9", "one"), values={}))) == {}

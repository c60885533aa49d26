import pytest
from records import NEAR, read_otherwise

from harness.judge import judge
from harness.report.cases import cases_of
from harness.report.choices import lines, overview, reaches, told
from harness.spec.claim import Source
from harness.spec.paper import Exhibit

AWAY = (0.0941, 0.0939, 0.0943)
WIDE = (0.074, 0.060, 0.088)


def cases(chosen, **points):
    """The cases of one claim under chosen readings and under others."""
    kept = read_otherwise(chosen, **points)
    exhibit = Exhibit(id="t", title="A list", source=Source(table=1), shape="list", claims=("t/c",))
    kept = kept.model_copy(update={"paper": kept.paper.model_copy(update={"exhibits": (exhibit,)})})
    return list(cases_of(kept, judge(kept)).values())


def test_a_line_tells_the_number_how_far_it_moved_and_the_verdict():
    (line,) = lines(cases(NEAR, decay_whole=(AWAY, {}))[0])
    assert (line.label, line.mean, line.moved, line.look.word) == ("decay=whole", "9.41", "+2.00", "not reproduced")


@pytest.mark.parametrize(
    ("chosen", "points", "sentence"),
    [
        (NEAR, {"decay_whole": (NEAR, {})}, "The verdict is the same under every other reading tried (1)."),
        (AWAY, {"decay_whole": (NEAR, {})}, "the claim reproduces with `decay=whole`."),
        (NEAR, {"decay_whole": (AWAY, {})}, "the claim reproduces with none."),
        (WIDE, {"decay_whole": (WIDE, {})}, "It stays undecided under every other reading tried (1)."),
        (NEAR, {"decay_whole": (AWAY, {"comparable": False})}, "No other reading gave a number"),
        (NEAR, {}, ""),
    ],
)
def test_a_sentence_says_whether_the_verdict_holds(chosen, points, sentence):
    said = told(cases(chosen, **points)[0])
    assert sentence in said
    assert bool(said) == bool(sentence)


def test_choices_are_ranked_over_the_paper_by_how_far_they_move_numbers_in_margins():
    found = reaches(cases(NEAR, decay_whole=((0.0751,) * 3, {}), stop_early=(AWAY, {})))
    assert [each.name for each in found] == ["stop", "decay"]
    assert found[0].margins == pytest.approx(2.0 / 0.5)
    assert found[1].margins == pytest.approx(0.1 / 0.5)
    assert [each.changed for each in found] == [1, 0]
    assert found[0].farthest[1].reading == "early"


def test_the_overview_counts_what_holds_and_what_depends():
    assert "1 claim was measured" in overview(cases(NEAR, decay_whole=(NEAR, {})))
    assert "1 of the verdicts hold under all of them, 0 depend" in overview(cases(NEAR, decay_whole=(NEAR, {})))
    assert overview(cases(NEAR)) == ""

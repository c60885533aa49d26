"""The line on multiple testing counts what the exit status counts, and says what a declaration takes out of it."""

import pytest
from records import NEAR, claim, verdict

from harness.judge import exit_status
from harness.judge.exits import holding
from harness.report.multiplicity import multiplicity_lines

FAR, DOUBTFUL = (0.09, 0.0901, 0.0902), (0.081, 0.082, 0.083)


def verdicts(*groups, **given):
    return [verdict(claim(f"t/{place}", **given), values) for place, values in enumerate(groups)]


def line(found):
    (only,) = multiplicity_lines(found)
    return only.text


def test_nothing_refuted_has_no_line():
    assert not list(multiplicity_lines(verdicts(NEAR, NEAR)))
    assert not list(multiplicity_lines(verdicts(FAR, primary=False)))


def test_refutations_that_chance_may_have_given_among_so_many_claims_do_not_remain():
    found = verdicts(FAR, DOUBTFUL, *[NEAR] * 9)
    assert holding(found) == {"t/0": True, "t/1": False}
    assert line(found) == "1 of 2 primary refutations remains after Holm’s correction."
    assert line([found[1], *found[2:]]) == "none of 1 primary refutation remains after Holm’s correction."


@pytest.mark.parametrize(
    ("mark", "said"), [("explained-afterwards", "explained afterwards"), ("predicted", "predicted")]
)
def test_a_declaration_takes_a_refutation_out_of_the_exit_status_and_not_out_of_the_correction(mark, said):
    bad = verdict(claim("t/bad"), FAR).model_copy(update={"qualifiers": (mark,)})
    found = [bad, *verdicts(*[NEAR] * 3)]
    assert exit_status(found) == 0
    assert line(found) == (
        "1 of 1 primary refutation remains after Holm’s correction. The exit status does not count 1 refutation whose "
        f"deviation is declared (1 {said}), 1 of which remains after Holm: the exit status is 0, with them it would be 1."
    )

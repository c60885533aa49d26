"""The report's first lines say what the verdicts say, and nothing else."""

from itertools import product

from records import NEAR, claim, measured, read_otherwise, record
from transfer import MODELS, cases, table

from harness.judge import judge
from harness.record.measurement import Missing
from harness.report.cases import cases_of
from harness.report.opening import choice_lines, earlier_lines, opening_lines
from harness.spec.claim import Source
from harness.spec.paper import Exhibit

OFF_DIAGONAL = [(source, model) for source, model in product(MODELS, MODELS) if source != model]


def lines(made):
    return {line.about: line.text for line in opening_lines(made.paper.exhibits, cases(made))}


def listed(*pairs, source, name="p"):
    """A record whose claims stand in one list."""
    made = record(*pairs)
    exhibit = Exhibit(id=name, title="P", source=source, shape="list", claims=tuple(each.id for each, _ in pairs))
    return made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})


def test_a_table_whose_cells_all_reproduce_says_so_and_how_many_are_secondary():
    assert lines(table({}))["Table 2"] == "all 20 cells reproduce (12 of the 20 are secondary)."


def test_cells_that_transfer_less_are_told_with_their_median_in_points():
    moved = dict(zip(OFF_DIAGONAL, [-4.0, -6.0, -5.0], strict=False))
    assert lines(table(moved))["Table 2"] == (
        "17 of 20 cells reproduce (12 of the 20 are secondary) and 3 do not (FC-a, fed to b; FC-a, fed to c; FC-a, fed to e). "
        "Of those that do not reproduce, the 3 transfer rates show less transfer than printed (median −5.0 points)."
    )


def test_cells_that_differ_both_ways_are_told_as_that():
    moved = dict(zip(OFF_DIAGONAL, [-4.0, -6.0, -5.0, 7.0], strict=False))
    assert lines(table(moved))["Table 2"] == (
        "16 of 20 cells reproduce (12 of the 20 are secondary) and 4 do not. Of those that do not reproduce, 3 transfer rates show less transfer than "
        "printed and 1 shows more (from −6.0 points to +7.0 points)."
    )


def test_cells_that_are_not_about_transfer_are_told_beside_those_that_are():
    moved = dict(zip(OFF_DIAGONAL, [-4.0, 7.0, -5.0], strict=False))
    some = moved | {(model, model): -9.0 for model in MODELS[:2]}
    few = "Of those that do not reproduce, 1 is under fed to a, 1 is under fed to b, 2 transfer rates show less"
    assert few in lines(table(some))["Table 2"]
    assert (
        "Of those that do not reproduce, 2 transfer rates show less"
        in (lines(table(moved | {(model, model): -9.0 for model in MODELS}))["Table 2"])
    )


def test_more_cells_than_can_be_named_are_counted_by_column_where_those_are_few():
    moved = {(source, "a"): -9.0 for source in MODELS}
    assert "and 4 do not (4 under fed to a)." in lines(table(moved))["Table 2"]


def test_a_network_s_own_examples_do_not_transfer():
    own = {(model, model): -9.0 for model in MODELS}
    assert "transfer" not in lines(table(own))["Table 2"]


def test_a_table_that_was_not_run_is_told_in_two_words():
    missing = table(dict.fromkeys([*product(MODELS, MODELS), *((model, "distortion") for model in MODELS)]))
    assert lines(missing)["Table 2"] == "not run."


def test_an_exhibit_measured_with_a_substitute_names_it():
    def one(name, **given):
        return claim(name, **given), measured(name, NEAR)

    made = listed(
        one("p/a", another={"network": "SqueezeNet."}),
        one("p/b", another={"network": "SqueezeNet."}),
        source=Source(table=5),
    )
    assert list(lines(made)) == ["Table 5 (SqueezeNet)"]
    mixed = listed(one("p/a", another={"network": "SqueezeNet."}), one("p/b"), source=Source(table=5))
    assert list(lines(mixed)) == ["Table 5"]


def test_what_is_open_and_what_was_not_run_is_counted():
    moved = {OFF_DIAGONAL[0]: None, OFF_DIAGONAL[1]: 2.0}
    assert (
        lines(table(moved))["Table 2"]
        == "18 of 20 cells reproduce (12 of the 20 are secondary), 1 is inconclusive and 1 was not run."
    )


def test_prose_has_one_line_and_contrasts_another_which_names_those_that_do_not_hold():
    holds, fails = (claim(f"p/{name}", relation="greater_than", says=f"It {name}.") for name in ("holds", "fails"))
    plain = claim("p/plain")
    made = listed(
        (holds, measured(holds.id, [0.5, 0.51, 0.49], [0.1, 0.11, 0.09])),
        (fails, measured(fails.id, [0.1, 0.11, 0.09], [0.5, 0.51, 0.49])),
        (plain, measured(plain.id, NEAR)),
        source=Source(section="4.2"),
    )
    assert lines(made) == {
        "Section 4.2": "2 of 3 claims reproduce and 1 does not.",
        "Declared contrasts": "1 of 2 holds and 1 does not: “It fails”.",
    }


def test_contrasts_none_of_which_holds_are_named_a_few_and_said_to_be_declared_if_they_are():
    three = [claim(f"p/{n}", relation="greater_than", says=f"No {n}.", deviates_because="known") for n in "xyz"]
    made = listed(
        *[(each, measured(each.id, [0.1, 0.11, 0.09], [0.5, 0.51, 0.49])) for each in three],
        source=Source(section="4.2"),
    )
    assert lines(made)["Declared contrasts"] == "none of 3 holds (3 explained afterwards): “No x”, “No y” and 1 more."


def test_the_choice_that_moves_most_is_named_with_the_claim_it_moves_farthest():
    made = read_otherwise(NEAR, decay_whole=([0.09, 0.0901, 0.0899], {}))
    exhibit = Exhibit(id="p", title="P", source=Source(section="4"), shape="list", claims=("t/c",))
    made = made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})
    ((about, told),) = [(line.about, line.text) for line in choice_lines(cases(made))]
    assert about == "Open choices"
    assert "1 depends on the reading" in told
    assert told.endswith(
        "The assumption with the largest effect is decay: `whole` changes the numbers by 3.2 margins in the median, and the "
        "largest change is that of “c” with `whole`, +1.59 points."
    )


def test_a_paper_of_six_exhibits_opens_in_eight_lines_at_most():
    kinds = [{"table": n} for n in (1, 2, 3, 4)] + [{"figure": 7}, {"section": "4.1"}, {"section": "4.2"}]
    claims = [claim(f"e{n}/c", relation="greater_than") for n in range(len(kinds))]
    exhibits = tuple(
        Exhibit(id=f"e{n}", title="E", source=Source(**kind), shape="list", claims=(f"e{n}/c",))
        for n, kind in enumerate(kinds)
    )
    made = record(*[(each, measured(each.id, [0.5, 0.51, 0.49], [0.1, 0.11, 0.09])) for each in claims])
    made = made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": exhibits})})
    told = list(opening_lines(exhibits, cases_of(made, judge(made))))
    assert [line.about for line in told][-2:] == ["Sections 4.1 and 4.2", "Declared contrasts"]
    assert len(told) <= 8


def test_verdicts_of_an_earlier_record_are_counted_first_with_the_reasons():
    late = Missing(reason="time-limit", sentence="The time was up.")
    lost = Missing(reason="data-missing", sentence="No data.")
    attempts = [late, late, lost, None]
    pairs = [(one := claim(f"p/{at}"), measured(one.id, NEAR, attempt=attempt)) for at, attempt in enumerate(attempts)]
    made = listed(*pairs, source=Source(section="4.2"))
    (line,) = earlier_lines(cases(made))
    assert line.text == (
        "3 of 4 verdicts are from an earlier record: the latest attempt to measure them failed: "
        "time limit (2 claims) and data missing (1 claim)."
    )
    (line,) = earlier_lines(cases(listed(*pairs[2:], source=Source(section="4.2"))))
    assert line.text.startswith("1 of 2 verdicts is from an earlier record: the latest attempt to measure it failed")
    assert not list(earlier_lines(cases(listed(pairs[3], source=Source(section="4.2")))))

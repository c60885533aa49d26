import pytest
from records import NEAR, claim, distortion, measured, record
from tables import clean, fed, noisy, table

from harness.errors import UsageError
from harness.record.file import write
from harness.record.measurement import Missing
from harness.record.model import MeasuredVariant
from harness.report.explain import find_case, story
from harness.spec.claim import Source
from harness.spec.paper import Assumption, Exhibit, NotExpressible, Reading


def shown(kept):
    """The record with its claims in an exhibit, as a pack has them."""
    ids = tuple(each.id for each in kept.paper.claims)
    exhibit = Exhibit(id="t", title="A list", source=Source(table=1), shape="list", claims=ids)
    return kept.model_copy(update={"paper": kept.paper.model_copy(update={"exhibits": (exhibit,)})})


@pytest.fixture
def reports(tmp_path):
    def put(kept, name="paper"):
        write(shown(kept), tmp_path / name / "record")
        return tmp_path

    return put


def told(words, place):
    return list(story(*find_case(words, [place])).entries)


def beside(lines, heading):
    return " ".join(text for name, text in lines if name == heading)


def test_it_tells_what_is_printed_measured_and_concluded(reports):
    lines = told("t/c", reports(record((claim(), measured("t/c", NEAR)))))
    assert "7.4 %" in beside(lines, "expected")
    assert "7.41 ± 0.02 % over 3 runs; 94 % interval" in beside(lines, "measured")
    assert beside(lines, "verdict").startswith("REPRODUCED (within margin)")
    assert "a test" in beside(lines, "margin")


def test_a_part_of_an_id_is_enough_where_it_fits_one_claim(reports):
    place = reports(record((claim(), measured("t/c", NEAR)), (distortion(), None)))
    assert "paper/t/d" in beside(told("t/d", place), "claim")
    with pytest.raises(UsageError, match="expected one claim; 2 match: paper/t/c, paper/t/d"):
        told("paper/t", place)


def test_a_claim_that_is_not_there_is_said_with_the_nearest(reports):
    with pytest.raises(UsageError, match="did you mean"):
        told("t/x", reports(record((claim(), None))))


@pytest.mark.parametrize("words", ["t/maxout", "maxout", "paper/t/maxout", "*/maxout"])
def test_what_has_no_claim_is_answered_with_the_reason(tmp_path, words):
    kept = shown(record((claim(), None)))
    gap = NotExpressible(id="t/maxout", source=Source(table=1), printed="0.9", why="no maxout units")
    exhibits = tuple(each.model_copy(update={"not_expressible": (gap,)}) for each in kept.paper.exhibits)
    paper = kept.paper.model_copy(update={"exhibits": exhibits})
    write(kept.model_copy(update={"paper": paper}), tmp_path / "paper" / "record")
    with pytest.raises(UsageError, match="paper/t/maxout has no claim, because it is not expressible: no maxout units"):
        told(words, tmp_path)


def test_where_no_record_is_there_it_says_how_to_make_one(tmp_path):
    with pytest.raises(UsageError, match="`harness verify` makes one"):
        told("t/c", tmp_path)


def test_the_exact_limit_is_set_beside_measured_and_printed(reports):
    kept = record((distortion(), measured("t/d", (0.06, 0.061, 0.062), limits=(0.05, 0.05, 0.05), counted=False)))
    assert "0.05; measured is 1.220 times that, printed 1.240 times" in beside(
        told("t/d", reports(kept)), "exact limit"
    )


def test_an_open_claim_says_what_would_settle_it_and_at_what_cost(reports):
    values = (0.0741, 0.0770, 0.0712)
    keys = [f"t/c {n}" for n in (1, 2, 3)]
    jobs = {
        key: {"verb": "measure", "name": "m", "run": None, "seconds": 0.0, "inputs": [f"train {key}"]} for key in keys
    } | {
        f"train {key}": {"verb": "train", "name": "m", "run": n, "seconds": 60.0, "inputs": []}
        for n, key in enumerate(keys, 1)
    }
    lines = told("t/c", reports(record((claim(), measured("t/c", values)), jobs=jobs)))
    assert "INCONCLUSIVE" in beside(lines, "verdict")
    assert "--runs 5" in beside(lines, "to settle") or "--runs 10" in beside(lines, "to settle")
    more = 2 if "--runs 5" in beside(lines, "to settle") else 7
    assert f"about {more} min 0 s of computing" in beside(lines, "to settle")


def test_other_readings_and_why_one_was_chosen_are_told(reports):
    one = claim()
    kept = record(
        (one, measured(one.id, NEAR)),
        variants={
            "decay=whole": MeasuredVariant(
                readings={"decay": "whole"}, measurements={one.id: measured(one.id, (0.1, 0.101, 0.099))}
            )
        },
    )
    decay = Assumption(
        question="?", readings={"half": Reading(), "whole": Reading()}, chosen="half", because="it is customary"
    )
    kept = kept.model_copy(update={"paper": kept.paper.model_copy(update={"assumptions": {"decay": decay}})})
    lines = told("t/c", reports(kept))
    assert "depends on the reading" in beside(lines, "sensitivity")
    assert "chosen is half, because: it is customary" in beside(lines, "decay")
    assert any("decay=whole: 10.00" in text and "not reproduced" in text for _, text in lines)


def test_where_no_other_reading_was_tried_it_says_how_to_try_them(reports):
    assert "--readings all" in beside(told("t/c", reports(record((claim(), measured("t/c", NEAR))))), "sensitivity")


AGAIN = "`harness verify specs/paper -k t/c`"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({"settled": False}, "increase the iterations"),
        ({"missing": Missing(reason="data-missing", sentence="Bring it.")}, "provide the data"),
        ({"missing": Missing(reason="no-device", sentence="No GPU.")}, "choose a device"),
        ({"missing": Missing(reason="failed", sentence="It broke.")}, "repair what"),
    ],
    ids=["not-converged", "data-missing", "no-device", "failed"],
)
def test_what_the_same_command_would_not_settle_names_what_must_change_first(reports, given, hint):
    values = NEAR if "settled" in given else ()
    line = beside(told("t/c", reports(record((claim(), measured("t/c", values, **given))))), "to settle")
    assert hint in line
    assert line.endswith(f", then {AGAIN}")


@pytest.mark.parametrize(
    "given",
    [{"missing": Missing(reason="time-limit", sentence="Late.")}, {"comparable": False}, {}],
    ids=["time-limit", "rehearsal", "not-yet-run"],
)
def test_what_the_command_may_settle_is_answered_with_it_alone(reports, given):
    values = [0.09] if "comparable" in given else ()
    line = beside(told("t/c", reports(record((claim(), measured("t/c", values, **given))))), "to settle")
    assert line == f"{AGAIN} measures it"


def test_what_else_the_margin_holds_and_what_is_without_an_attack_is_told(tmp_path):
    values = {"t/fed/m": (0.085, 0.086, 0.087), "other/m/clean": (0.0679, 0.068, 0.0681)}
    write(table(fed("9.0"), noisy("8.0"), clean("7"), values=values), tmp_path / "paper" / "record")
    lines = told("t/fed/m", tmp_path)
    assert beside(lines, "rivals") == (
        "also inside the margin: 7 % as printed without an attack (other/m/clean); 6.80 % over our runs without an attack "
        "(other/m/clean); 8 % as printed under a control (row noise)"
    )
    assert beside(lines, "no attack") == "6.80 % over 3 runs, on the whole split, not only on these images"
    assert not beside(told("other/m/clean", tmp_path), "rivals")
    assert not beside(told("t/noise/m", tmp_path), "no attack")

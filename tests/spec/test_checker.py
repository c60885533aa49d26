"""Who checked: ORCID iDs are taken only with the check digit that ISO 7064 gives them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.spec.checker import Checker, check_digit

ROOT = Path(__file__).resolve().parents[2]
KNOWN = ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"]
"""iDs that ORCID's own documentation prints."""


@pytest.mark.parametrize("orcid", KNOWN)
def test_the_ids_that_orcid_prints_are_taken(orcid):
    assert Checker(name="Josiah Carberry", orcid=orcid).address == f"https://orcid.org/{orcid}"


def test_a_checker_may_have_no_id():
    assert Checker(name="Somebody").address == ""


@given(st.text("0123456789", min_size=15, max_size=15))
def test_the_check_digit_makes_the_whole_congruent_to_one_modulo_eleven(digits):
    """The definition of MOD 11-2, on the whole number: the i-th digit from the right weighs 2 to the i."""
    values = [int(digit) for digit in digits] + [10 if (last := check_digit(digits)) == "X" else int(last)]
    assert sum(value * 2**place for place, value in enumerate(reversed(values))) % 11 == 1


@given(st.sampled_from(KNOWN), st.integers(0, 15), st.integers(1, 9))
def test_any_one_digit_mistyped_is_refused(orcid, place, by):
    digits = orcid.replace("-", "")
    if digits[place] == "X":
        wrong = digits[:place] + str(by)
    else:
        wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    with pytest.raises(ValidationError, match="mistyped"):
        Checker(name="A", orcid="-".join(wrong[n : n + 4] for n in range(0, 16, 4)))


@pytest.mark.parametrize(
    "orcid",
    ["https://orcid.org/0000-0002-1825-0097", "0000000218250097", "0000-0002-1694-233x", "٠000-0002-1825-0097", " "],
)
def test_another_form_is_refused_with_an_example(orcid):
    with pytest.raises(ValidationError, match="such as 0000-0002-1825-0097"):
        Checker(name="A", orcid=orcid)


def test_a_pack_names_who_checked_it_and_a_mistyped_id_is_refused_at_its_place(pack):
    assert pack.load().paper.checked_by == ()
    pack.edit("paper.yaml", "seed: 7\n", f"seed: 7\nchecked_by: [{{name: A. B., orcid: {KNOWN[2]}}}, {{name: C.}}]\n")
    one, other = pack.load().paper.checked_by
    assert (one.name, one.orcid, other.name, other.orcid) == ("A. B.", KNOWN[2], "C.", "")
    (mistake,) = pack.edit("paper.yaml", KNOWN[2], "0000-0002-1694-2331").mistakes()
    assert "paper.yaml:" in mistake
    assert "checked_by[0].orcid" in mistake
    assert "the last character should be X" in mistake


def test_the_schema_that_editors_read_knows_the_form_of_an_id():
    schema = json.loads((ROOT / "schemas" / "paper.schema.json").read_text())
    assert "checked_by" in schema["properties"]
    assert r"\\d{4}-" in json.dumps(schema)

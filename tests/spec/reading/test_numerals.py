import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.spec.reading.numerals import NUMBER, meant

ONE_WAY = {
    "−4.5": "-4.5", "–4.5": "-4.5", "－4.5": "-4.5", "- 4.5": "-4.5", "+.5": "+0.5",
    ".5": "0.5", "-.5": "-0.5", "−.062": "-0.062", "5.": "5",
    "4.5 ± 0.3": "4.5", "4.5±0.3": "4.5", "4.5 +/- 0.3": "4.5", "4.5 +- .3": "4.5", "4.5 (0.3)": "4.5", "4.5(3)": "4.5",
    "4.5 %": "4.5", "4.5％": "4.5", "4.5% ± 0.3%": "4.5", "4.5 ± 0.3 %": "4.5", "−4,5 %": "-4.5",
    "7,4": "7.4", "0,123": "0.123", "12,3456": "12.3456", "0,5 ± 0,1": "0.5",
    "1,234.5": "1234.5", "1.234,5": "1234.5", "1,234,567": "1234567", "1.234.567": "1234567", "12,345.67": "12345.67",
    "1 234": "1234", "1\u202f234\u202f567": "1234567", "1'234.5": "1234.5", "1 234,5": "1234.5", "1_234": "1234",
    "４.５": "4.5", "1.2×10^-4": "1.2e-4", "1.2 × 10⁻⁴": "1.2e-4", "3·10−4": "3e-4", "1,2 x 10^3": "1.2e3",
    "~4.5": "4.5", "≈ 4.5": "4.5", "ca. 4.5": "4.5", "4.5*": "4.5", "4.5†": "4.5", "<0.1": "0.1", "≥ 99 %": "99",
    " 7.40 ": "7.40", "1e-4": "1e-4",
}  # fmt: skip


@pytest.mark.parametrize(("text", "number"), ONE_WAY.items(), ids=ONE_WAY)
def test_a_number_in_the_way_of_a_paper_is_offered_as_a_claim_writes_it(text, number):
    assert meant(text).numbers == (number,)
    assert meant(text).repair.startswith(f"; write {number!r}")


@pytest.mark.parametrize("text", ["1,234", "−1,234", "12,345 %", "999,000"])
def test_a_comma_before_three_digits_can_be_read_in_two_ways_and_both_are_said(text):
    thousands, decimal = meant(text).numbers
    assert float(thousands) == pytest.approx(1000 * float(decimal))
    assert (
        f"write {thousands!r} if the comma groups thousands, {decimal!r} if it is a decimal comma" in meant(text).repair
    )


@pytest.mark.parametrize(
    ("text", "aside"),
    [
        ("4.5 ± 0.3", "give the standard deviation as 'printed_sd'"),
        ("4.5%", "and give the unit as 'unit: \"%\"'"),
        ("<0.1", "and give the bound as 'relation: at_most'"),
        ("≥ 99 %", "and give the bound as 'relation: at_least'"),
        ("≥ 99 %", "and give the unit as 'unit: \"%\"'"),
    ],
)
def test_what_is_written_with_a_number_is_sent_to_its_place(text, aside):
    assert aside in meant(text).repair


@pytest.mark.parametrize(
    "text", ["", "n/a", "nan", "inf", "-", "±", "1-2", "1,23,4", "1e999", "four", "1/2", "…", "9" * 16]
)
def test_for_what_is_no_number_nothing_is_offered(text):
    assert meant(text).numbers == ()
    assert meant(text).repair == ""


@given(st.text("0123456789.,-−+±%<≥ ()×x^e'*~ab\n", max_size=12) | st.text(max_size=8))
@example("\x00")
def test_whatever_is_offered_is_a_number_that_a_claim_may_print(text):
    assert all(NUMBER.fullmatch(number) for number in meant(text).numbers)
    assert len(meant(text).numbers) <= 2

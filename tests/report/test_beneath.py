"""The sentences beneath a table, and what stands beside a transfer rate, as the page shows them."""

import re
from html import unescape

from tables import clean, fed, noisy, table

from harness.judge import judge
from harness.report.page import compose
from harness.spec.claim import Source
from harness.spec.paper import Axis, Exhibit

VALUES = {
    "t/one/m": (0.0849, 0.085, 0.0851),
    "t/two/m": (0.2999, 0.3, 0.3001),
    "t/noise/m": (0.0749, 0.075, 0.0751),
    "other/m/clean": (0.0679, 0.068, 0.0681),
}


def page(*claims, values=VALUES):
    record = table(*claims, values=values)
    return unescape(compose(record, judge(record), "0" * 64)["index.html"])


def beneath(text):
    return re.findall(r'<p class="fine beneath">(.*?)</p>', text)


def test_a_table_says_what_shuffled_numbers_reproduce_which_margins_hold_rivals_and_what_is_without_an_attack():
    text = page(fed("9.0", "one"), fed("30", "two"), noisy("8.0"), clean("7"))
    dealt, rivals, clean_rates = beneath(text)
    assert dealt == (
        "Permutation test: 2 of 2 cells (error rate of examples fed to another network) reproduce with the printed numbers in "
        "their cells, 0.0 on average if these are shuffled."
    )
    assert rivals == (
        "The margins of 2 of 3 cells also include alternative values, which would reproduce too: the value without an attack (2), a printed control "
        "(1)."
    )
    assert clean_rates == (
        "The error rate without an attack (ours, over 3 runs, on the whole split, not only on the attacked images): m 6.8 %."
    )


def test_networks_without_an_attack_stand_in_the_table_s_order_by_their_labels_and_deterministic_values_are_called_that():
    claims = fed("9.0", "one", model="n", made_for="m"), fed("9.0", "one"), clean("7"), clean("5", "n")
    values = VALUES | {"other/n/clean": (0.05, 0.05, 0.05), "t/one/n": VALUES["t/one/m"]}
    record = table(*claims, values=values)
    still = record.measurements["other/n/clean"].model_copy(update={"deterministic": True})
    record = record.model_copy(update={"measurements": {**record.measurements, "other/n/clean": still}})
    alone = Exhibit(
        id="other",
        title="Others",
        source=Source(table=2),
        shape="table",
        rows=(Axis(name="m", label="Network M"), Axis(name="n", label="Network N")),
        columns=(Axis(name="clean", label="Error"),),
        cells={"m/clean": "other/m/clean", "n/clean": "other/n/clean"},
        claims=("other/m/clean", "other/n/clean"),
    )
    shown, _ = record.paper.exhibits
    turned = shown.model_copy(update={"columns": tuple(sorted(shown.columns, key=lambda column: column.name))})
    paper = record.paper.model_copy(update={"exhibits": (turned, alone)})
    record = record.model_copy(update={"paper": paper})
    text = unescape(compose(record, judge(record), "0" * 64)["index.html"])
    assert (
        "(ours, over 3 runs or in one deterministic run, on the whole split, not only on the attacked images): Network M 6.80 %, Network N 5.00 %."
        in text
    )
    assert "5.00 % in one deterministic run, on the whole split" in text
    assert "; 6.80 % over our runs without an attack" in text


def test_a_table_without_any_of_these_has_no_sentence_beneath_it():
    assert beneath(page(fed("30", "two"), values={"t/two/m": VALUES["t/two/m"]})) == []


def test_the_value_without_an_attack_is_told_on_the_cell_of_a_transfer_rate_and_on_no_other():
    text = page(fed("9.0", "one"), noisy("8.0"), clean("7"))
    assert re.findall(r'title="[^"]*without an attack ([0-9.]+)', text) == ["6.80"]


def test_a_claim_lists_its_rivals_with_their_values():
    text = page(fed("9.0", "one"), noisy("8.0"), clean("7"))
    assert text.count("<dt>rivals</dt>") == 2
    assert "also inside the margin: 7 % as printed without an attack (other/m/clean); 6.80 % over our runs" in text

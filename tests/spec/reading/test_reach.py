"""An attack reaches a number without one only where that is written."""

from __future__ import annotations

from itertools import product

import pytest

from harness.errors import SpecError
from harness.spec.reading.load import load
from harness.spec.sample import Sample

TABLE, ATTACKS = "claims/table-1.yaml", "attacks.yaml"
ERROR = 'metric: toy-rate, unit: "%", margin: {absolute: 1, because: b}'
SIZE = "metric: toy-size, unit: distortion, margin: {relative: 0.1, because: b}"
HEAD = "title: A table\nsource: {table: 1}\n"
NO_FIT = ('    fitted_on: ["table-1/small/*"]\n', "")


@pytest.fixture
def bare(pack):
    """The pack without claims of its own that lean on its table."""
    pack.edit("paper.yaml", *NO_FIT)
    (pack.folder / "claims" / "prose.yaml").unlink()
    return pack


def table(pack, columns, rows):
    """Write a table from its columns and rows, each a list of lines."""
    body = "\n".join(["columns:", *(f"  {line}" for line in columns), "rows:", *(f"  {line}" for line in rows)])
    return pack.write(TABLE, f"{HEAD}{body}\n")


def mixed(pack, row="attack: push", error="", size=""):
    """A row's errors without and its distortions with an attack, as papers print them side by side."""
    columns = [f"error: {{data: toy/test, {ERROR}{error}}}", f"size: {{data: toy/train, {SIZE}{size}}}"]
    return table(pack, columns, [f'small: {{model: small, {row}, printed: ["7.4", "0.062"]}}'])


def measure(pack, claim):
    return load(pack.folder).paper.claim(claim).measure


def test_a_row_s_attack_does_not_reach_a_column_of_clean_numbers_in_silence(bare):
    (mistake,) = mixed(bare).mistakes()
    assert mistake == (
        "claims/table-1.yaml:4:3: columns.error.attack: 'attack' of row 'small' silently applies to this column: its metric "
        "toy-rate needs no attack; write 'attack: none' here if its images are not attacked, 'attack: row' if they are"
    )


def test_none_in_a_column_keeps_the_row_s_attack_and_all_that_belongs_to_it_out(bare):
    row = "attack: push, crafted_on: large, limit: solve, sample: {count: 3, which: correct}, picture: {rows: 1, columns: 1}"
    mixed(bare, row, error=", attack: none")
    clean, attacked = (measure(bare, f"table-1/small/{column}") for column in ("error", "size"))
    assert (clean.attack, clean.crafted_on, clean.limit, clean.sample) == (None, None, None, Sample())
    assert (attacked.attack, attacked.crafted_on, attacked.limit) == ("push", "large", "solve")
    assert attacked.sample == Sample(count=3, which="correct")


def test_row_in_a_column_takes_the_row_s_attack_with_its_sample(bare):
    mixed(bare, "attack: push, crafted_on: large, sample: {count: 3}", error=", attack: row")
    taken = measure(bare, "table-1/small/error")
    assert (taken.attack, taken.crafted_on, taken.sample) == ("push", "large", Sample(count=3))


def test_rows_that_are_attacks_may_have_one_without(bare):
    rows = [
        'clean: {attack: none, printed: ["1"]}',
        'push: {attack: push, printed: ["2"]}',
        'alike: {attack: alike, printed: ["3"]}',
    ]
    table(bare, [f"error: {{data: toy/test, model: small, attack: row, {ERROR}}}"], rows)
    assert [measure(bare, f"table-1/{row}/error").attack for row in ("clean", "push", "alike")] == [
        None,
        "push",
        "alike",
    ]


def test_a_row_that_forgot_its_attack_is_not_taken_for_clean(bare):
    rows = ['push: {attack: push, printed: ["2"]}', 'forgot: {printed: ["3"]}']
    table(bare, [f"error: {{data: toy/test, model: small, attack: row, {ERROR}}}"], rows)
    (mistake,) = bare.mistakes()
    assert mistake == (
        "claims/table-1.yaml:7:3: rows.forgot.attack: missing; column 'error' takes the attack of its row, and row "
        "'forgot' names none; name one there, or write 'attack: none'"
    )


def test_the_other_way_round_a_column_s_attack_does_not_reach_a_row_of_clean_numbers(bare):
    columns = ["small: {model: small, data: toy/test, attack: push}"]
    rows = [f'error: {{{ERROR}, printed: ["7.4"]}}', f'size: {{{SIZE}, printed: ["0.06"]}}']
    (mistake,) = table(bare, columns, rows).mistakes()
    assert mistake.startswith(
        "claims/table-1.yaml:6:3: rows.error.attack: 'attack' of column 'small' silently applies to this row"
    )
    assert mistake.endswith("write 'attack: none' here if its images are not attacked, 'attack: column' if they are")
    for word, attack in (("none", None), ("column", "push")):
        table(bare, columns, [rows[0].replace("error: {", f"error: {{attack: {word}, "), rows[1]])
        assert measure(bare, "table-1/error/small").attack == attack
        assert measure(bare, "table-1/size/small").attack == "push"


def test_none_in_a_row_keeps_the_column_s_attack_and_sample_out(bare):
    columns = [f"error: {{data: toy/test, model: small, attack: push, sample: {{count: 3}}, {ERROR}}}"]
    table(bare, columns, ['clean: {attack: none, printed: ["1"]}', 'pushed: {printed: ["2"]}'])
    clean, pushed = (measure(bare, f"table-1/{row}/error") for row in ("clean", "pushed"))
    assert (clean.attack, clean.sample) == (None, Sample())
    assert (pushed.attack, pushed.sample) == ("push", Sample(count=3))


def test_a_sample_beside_a_clean_metric_is_that_metric_s(bare):
    columns = [f"error: {{data: toy/test, model: small, sample: {{count: 3}}, {ERROR}}}"]
    table(bare, columns, ['clean: {attack: none, printed: ["1"]}'])
    assert measure(bare, "table-1/clean/error").sample == Sample(count=3)


@pytest.mark.parametrize(
    "key", ["crafted_on: large", "limit: solve", "sample: {count: 3}", "picture: {rows: 1, columns: 1}"]
)
def test_what_belongs_to_an_attack_does_not_reach_clean_numbers_from_a_row_without_one(bare, key):
    name = key.partition(":")[0]
    mixed(bare, key, size=", attack: push")
    (mistake,) = bare.mistakes()
    assert mistake.startswith(
        f"claims/table-1.yaml:4:3: columns.error.attack: '{name}' of row 'small' silently applies to this column"
    )
    assert "write 'attack: none' here to exclude it, or move it to the intended cells" in mistake
    mixed(bare, key, size=", attack: push", error=", attack: none")
    assert bare.mistakes() == []


def test_an_attack_beside_its_metric_is_not_silent(bare):
    rows = [f'attacked: {{attack: push, {ERROR}, printed: ["7.4"]}}']
    table(bare, ["small: {model: small, data: toy/test}"], rows)
    assert measure(bare, "table-1/attacked/small").attack == "push"


def test_a_cell_with_a_metric_of_its_own_says_whose_attack_it_takes(bare):
    columns = [f"size: {{data: toy/train, {SIZE}}}"]
    cell = '{printed: "7.4", metric: toy-rate, unit: "%", margin: {absolute: 1, because: b}}'
    row = f"small: {{model: small, attack: push, printed: [{cell}]}}"
    (mistake,) = table(bare, columns, [row]).mistakes()
    assert "rows.small.printed[0].metric.attack: 'attack' of row 'small' silently applies to this cell" in mistake
    for word, attack in (("none", None), ("row", "push"), ("alike", "alike"), ("null", None)):
        table(bare, columns, [row.replace("metric: toy-rate", f"metric: toy-rate, attack: {word}")])
        assert measure(bare, "table-1/small/size").attack == attack


def test_many_rows_that_reach_a_column_are_named_in_one_message(bare):
    rows = [f'r{n}: {{model: small, attack: push, printed: ["{n}"]}}' for n in range(6)]
    (mistake,) = table(bare, [f"error: {{data: toy/test, {ERROR}}}"], rows).mistakes()
    assert "'attack' of rows 'r0', 'r1', 'r2' and 3 more silently applies to this column" in mistake


def test_a_cell_without_a_claim_is_reached_by_nothing(bare):
    mixed(bare)
    text = (bare.folder / TABLE).read_text().replace('"7.4"', "null")
    assert bare.write(TABLE, text).mistakes() == []


def test_null_does_not_keep_an_attack_out_and_is_answered_with_none(bare):
    mixed(bare, error=", attack: null")
    (mistake,) = bare.mistakes()
    assert "columns.error.attack: set by this column and by row 'small' (line 7); write 'attack: none'" in mistake


def test_none_is_refused_where_the_metric_needs_an_attack(bare):
    mixed(bare, error=", attack: none", size=", attack: none")
    (mistake,) = bare.mistakes()
    assert mistake.endswith("columns.size.attack: found none; the metric toy-size needs an attack")


@pytest.mark.parametrize(
    ("where", "word", "told"),
    [
        ("row", "row", "a row can only take the attack of its column; write 'column'"),
        ("column", "column", "a column can only take the attack of its row; write 'row'"),
        ("column", "None", "found 'None'; write 'none'"),
        ("row", "Column", "found 'Column'; write 'column'"),
    ],
)
def test_a_word_in_the_wrong_place_or_spelling_is_answered_with_the_right_one(bare, where, word, told):
    row, error = ("model: small", f", attack: {word}") if where == "column" else (f"model: small, attack: {word}", "")
    table(bare, [f"error: {{data: toy/test, {ERROR}{error}}}"], [f'small: {{{row}, printed: ["7.4"]}}'])
    assert any(mistake.endswith(told) for mistake in bare.mistakes())


@pytest.mark.parametrize("word", ["none", "row", "column"])
def test_no_attack_is_named_by_a_word_that_stands_in_place_of_one(bare, word):
    (mistake,) = bare.edit(ATTACKS, "alike:", f"{word}:").mistakes()
    assert (
        mistake
        == f"attacks.yaml:2:1: {word}: {word!r} cannot be the name of an attack: claims use this word instead of a name"
    )


def test_a_list_s_claim_may_say_none_and_so_may_the_measure_compared_with(pack):
    pack.edit("claims/prose.yaml", "    model: small\n", "    model: small\n    attack: none\n")
    pack.edit("claims/prose.yaml", "other: {attack: alike}", "other: {attack: none}")
    spec = pack.load()
    assert spec.paper.claim("prose/printed-again").measure.attack is None
    other = spec.paper.claim("prose/worse-than-alike").other
    assert (other.attack, other.crafted_on, other.sample) == (None, None, Sample())


@pytest.mark.parametrize(
    "edit", [("    model: small\n", "    model: small\n    attack: row\n"), ("{attack: alike}", "{attack: column}")]
)
def test_a_list_has_no_row_or_column_to_take_an_attack_from(pack, edit):
    (mistake,) = pack.edit("claims/prose.yaml", *edit).mistakes()
    assert "here to take an attack from; name an attack, or write 'none'" in mistake


AXIS = ("", "push", "none", "across")
CELL = ("", "push", "null", "none", "row", "column")


def cross(row, column, own, metric):
    """A table of one cell; ``metric`` says who names it: row, column or cell."""
    words = {"row": row.replace("across", "column"), "column": column.replace("across", "row"), "cell": own}
    keys = {
        who: ([f"attack: {word}"] if word else []) + ([ERROR] if who == metric else []) for who, word in words.items()
    }
    inner = {who: "".join(f", {key}" for key in given) for who, given in keys.items()}
    return [f"c: {{data: toy/test{inner['column']}}}"], [
        f'r: {{model: small{inner["row"]}, printed: [{{printed: "1"{inner["cell"]}}}]}}'
    ]


@pytest.mark.parametrize(("metric", "own"), list(product(("row", "column", "cell"), CELL)))
def test_whoever_names_it_the_attack_of_a_clean_metric_is_written_beside_it_or_taken_by_name(bare, metric, own):
    for row, column in product(AXIS, AXIS):
        table(bare, *cross(row, column, own, metric))
        try:
            attack = measure(bare, "table-1/r/c").attack
        except SpecError:
            continue
        said = {"row": row, "column": column, "cell": own}
        if attack is None:
            named = [who for who in ("row", "column") if said[who] == "push"]
            assert own in {"null", "none"} or not named or "none" in {row, column}
        else:
            assert own == "push" or "push" in {row, column}
            silent = own == "" and "across" not in {row, column}
            assert not silent or said[metric] == "push"

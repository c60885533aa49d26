from __future__ import annotations

import json
import os
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import SpecError, UsageError
from harness.spec.reading import entries
from harness.spec.reading.load import load, load_all
from harness.spec.reading.node import Problems
from harness.spec.reading.yaml import read
from harness.spec.sample import Sample

TABLE, PROSE, PAPER, MODELS = "claims/table-1.yaml", "claims/prose.yaml", "paper.yaml", "models.yaml"


def claim(spec, claim_id):
    return spec.paper.claim(claim_id)


def test_a_pack_becomes_recipes_by_name(pack):
    spec = pack.load()
    assert {name: recipe.kind for name, recipe in spec.models.items()} == {"small": "toy-net", "large": "toy-net"}
    assert (spec.models["large"].width, spec.models["large"].features) == (9, "small")
    assert list(spec.attacks) == ["push", "alike", "solve"]
    assert list(spec.data) == ["toy", "wide", "part"]


def test_a_pack_is_named_after_its_folder(pack):
    assert pack.load().paper.name == "toys"


def test_a_cell_of_a_table_is_row_and_column_and_cell(pack):
    measured = claim(pack.load(), "table-1/large/error")
    assert (measured.measure.model, measured.measure.metric, measured.measure.data) == ("large", "toy-rate", "toy/test")
    assert (measured.expected.printed, measured.expected.unit, measured.expected.decimals) == ("10", "%", 1)


def test_a_cell_s_own_key_stands_before_its_column_s(pack):
    margins = [claim(pack.load(), f"table-1/{row}/error").expected.margin for row in ("small", "large")]
    assert [(margin.absolute, margin.because) for margin in margins] == [(0.5, "b"), (1, "c")]


def test_a_null_in_a_cell_unsets_what_its_column_gives(pack):
    pack.edit(TABLE, '{printed: "10", margin: {absolute: 1, because: c}}', "{margin: null, relation: all}")
    expected = claim(pack.load(), "table-1/large/error").expected
    assert (expected.relation, expected.margin, expected.printed) == ("all", None, None)


def test_a_null_cell_is_no_claim(pack):
    ids = [claim.id for claim in pack.load().paper.claims]
    assert "table-1/small/size" in ids
    assert "table-1/large/size" not in ids


def test_an_exhibit_keeps_the_shape_of_its_table(pack):
    shown = {exhibit.id: exhibit for exhibit in pack.load().paper.exhibits}["table-1"]
    assert [(axis.name, axis.label) for axis in shown.rows] == [("small", "Small"), ("large", "large")]
    assert [(axis.name, axis.label) for axis in shown.columns] == [("error", "Error"), ("size", "size")]
    assert set(shown.cells) == {"small/error", "small/size", "large/error"}
    assert shown.cells["small/size"] == "table-1/small/size"


def test_a_cell_s_claim_is_said_by_the_labels_of_row_and_column(pack):
    assert claim(pack.load(), "table-1/small/error").says == "Small, Error"


def test_claims_stand_in_the_order_of_the_files_with_numbers_by_size(pack):
    text = (pack.folder / PROSE).read_text().replace("    same_as: table-1/small/error\n", "")
    for name in ("table-10", "table-2"):
        pack.write(f"claims/{name}.yaml", text)
    names = [exhibit.id for exhibit in pack.load().paper.exhibits]
    assert names == ["table-1", "prose", "table-2", "table-10"]


def test_a_claim_stands_where_its_file_says_unless_it_says_otherwise(pack):
    pack.edit(PROSE, "    says: Found for all.", "    says: Found for all.\n    source: {figure: 7, page: 3}")
    spec = pack.load()
    assert str(claim(spec, "prose/all-found").source) == "Figure 7, p. 3"
    assert str(claim(spec, "prose/worse-than-alike").source) == "Section 4.2"


def test_only_a_measure_with_an_attack_takes_the_paper_s_sample(pack):
    spec = pack.load()
    assert claim(spec, "table-1/small/size").measure.sample == Sample(count=12, which="correct")
    assert claim(spec, "table-1/small/error").measure.sample == Sample()


def test_a_claim_s_own_sample_stands_before_the_paper_s(pack):
    pack.edit(TABLE, "attack: push,", "attack: push, sample: {count: 5},")
    assert claim(pack.load(), "table-1/small/size").measure.sample == Sample(count=5)


def test_the_other_measure_is_the_claim_s_with_some_keys_replaced(pack):
    ordered = claim(pack.load(), "prose/worse-than-alike")
    assert ordered.other == ordered.measure.model_copy(update={"attack": "alike"})


def test_null_unsets_a_key_of_the_other_measure_and_its_sample_with_the_attack(pack):
    pack.edit(PROSE, "other: {attack: alike}", "other: {attack: null, crafted_on: null}")
    other = claim(pack.load(), "prose/worse-than-alike").other
    assert (other.attack, other.crafted_on, other.sample) == (None, None, Sample())


def test_the_limit_belongs_to_the_measure_and_not_to_the_other(pack):
    pack.edit(PROSE, "relation: greater_than", "limit: solve\n    relation: greater_than")
    ordered = claim(pack.load(), "prose/worse-than-alike")
    assert (ordered.measure.limit, ordered.other.limit) == ("solve", None)


def test_a_list_of_models_is_kept_as_a_mean_over_them(pack):
    assert claim(pack.load(), "prose/all-found").measure.model == ("small", "large")


def test_the_options_of_a_metric_are_validated_and_kept(pack):
    pack.edit(
        PROSE,
        'unit: "%"\n    margin: {sampling: {images: 256}, because: counted on so many}',
        "margin: {absolute: 1, because: b}",
    )
    pack.edit(PROSE, "same_as: table-1/small/error", "primary: false")
    pack.edit(
        PROSE,
        "metric: toy-rate\n    data: toy/test\n    model: small\n",
        "metric: {kind: toy-count, weights: [1, 2]}\n    data: toy/test\n    model: small\n",
    )
    measure = claim(pack.load(), "prose/printed-again").measure
    assert (measure.metric, measure.options) == ("toy-count", {"weights": (1.0, 2.0)})


def test_the_unit_is_the_metric_s_own_unless_one_is_given(pack):
    spec = pack.load()
    assert claim(spec, "table-1/small/size").expected.unit == "distortion"
    assert claim(spec, "prose/all-found").expected.unit == "fraction"


def test_a_number_keeps_its_last_zero(pack):
    pack.edit(TABLE, '"0.062"', '"0.060"')
    assert claim(pack.load(), "table-1/small/size").expected.printed == "0.060"


def test_fitted_and_repeated_claims_are_not_primary(pack):
    primary = {claim.id: claim.primary for claim in pack.load().paper.claims}
    assert [claim_id for claim_id, counts in primary.items() if not counts] == [
        "table-1/small/error",
        "table-1/small/size",
        "prose/printed-again",
    ]


def test_a_claim_may_be_secondary_by_its_own_word(pack):
    pack.edit(PROSE, "relation: all", "relation: all\n    primary: false")
    assert claim(pack.load(), "prose/all-found").primary is False


def test_the_chosen_reading_sets_its_fields(pack):
    assert {model.rate for model in pack.load().models.values()} == {0.25}


def test_another_reading_may_be_asked_for_and_is_recorded_as_chosen(pack):
    spec = pack.load(readings={"speed": "fast"})
    assert {model.rate for model in spec.models.values()} == {0.75}
    assert spec.paper.assumptions["speed"].chosen == "fast"


def test_a_glob_sets_a_field_only_where_the_kind_has_it(pack):
    pack.edit(PAPER, "models.*.rate: 0.25", "models.*.rate: 0.25, attacks.*.iterations: 3")
    attacks = pack.load().attacks
    assert (attacks["push"].iterations, attacks["alike"].iterations) == (3, 3)
    assert "iterations" not in type(attacks["solve"]).model_fields


def test_of_two_paths_the_later_one_wins(pack):
    pack.edit(PAPER, "models.*.rate: 0.25", "models.*.rate: 0.25, models.small.rate: 4.0")
    models = pack.load().models
    assert (models["small"].rate, models["large"].rate) == (4.0, 0.25)


def test_a_budget_sets_its_fields_after_the_readings(pack):
    pack.edit(PAPER, "models.*.width: 2", "models.*.width: 2, models.*.rate: 8.0")
    spec = pack.load(budget="rehearsal")
    assert {(model.width, model.rate) for model in spec.models.values()} == {(2, 8.0)}
    assert (spec.paper.budget, spec.paper.runs, spec.paper.comparable) == ("rehearsal", 1, False)


def test_a_budget_may_set_the_sample_to_null(pack):
    spec = pack.load(budget="full")
    assert claim(spec, "table-1/small/size").measure.sample == Sample(count=None, which="correct")


def test_a_path_may_set_a_field_of_a_sample_that_is_not_written(pack):
    pack.edit(PAPER, "sample: {count: 12, which: correct}\n", "")
    spec = pack.load(budget="rehearsal")
    assert claim(spec, "table-1/small/size").measure.sample == Sample(count=4)


def test_a_data_set_s_field_may_be_set(pack):
    pack.edit(PAPER, "  wide:", "  again: {kind: toy}\n  wide:")
    pack.edit(PAPER, "sets: {models.*.rate: 0.75}", "sets: {data.part.of: again}")
    assert pack.load(readings={"speed": "fast"}).data["part"].of == "again"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"readings": {"sped": "fast"}}, "unknown assumption 'sped'; did you mean 'speed'?"),
        ({"readings": {"speed": "fats"}}, "unknown reading 'fats' of 'speed'; did you mean 'fast'?"),
    ],
)
def test_a_reading_asked_for_that_is_none_is_a_mistake_of_usage(pack, how, told):
    with pytest.raises(UsageError) as raised:
        pack.load(**how)
    assert told in str(raised.value)


def test_a_budget_asked_for_that_is_none_is_answered_with_the_one_that_was_meant(pack):
    with pytest.raises(SpecError) as raised:
        pack.load(budget="ful")
    assert "unknown budget 'ful'; did you mean 'full'?" in str(raised.value)


def test_a_pack_without_attacks_needs_no_file_of_attacks(pack):
    (pack.folder / "attacks.yaml").unlink()
    text = (pack.folder / PROSE).read_text()
    head, last = text.partition("  all-found:")[0], text.partition("  printed-again:")[2]
    pack.write(PROSE, f"{head}  printed-again:{last}")
    pack.edit(
        TABLE,
        "  size: {metric: toy-size, data: toy/train, attack: push, decimals: 3, margin: {relative: 0.1, because: b}}\n",
        "",
    )
    pack.edit(TABLE, ', "0.062"]', "]").edit(TABLE, ", null]", "]")
    assert pack.load().attacks == {}


def test_an_order_of_means_is_held_against_every_number_printed(pack):
    pack.edit(
        PROSE,
        "  printed-again:",
        """\
  mean:
    says: On average the error is above that of the large one.
    metric: toy-rate
    data: toy/test
    model: [small, large]
    relation: greater_than
    other: {model: large}
    unit: "%"
  printed-again:""",
    )
    assert [line for line in pack.mistakes() if "the printed numbers say the opposite: 8.7 here, 10 for" in line]
    pack.edit(
        PROSE,
        "    other: {model: large}\n",
        "    other: {model: large}\n    deviates_because: the table says otherwise\n",
    )
    assert pack.mistakes() == []


def test_several_packs_are_loaded_with_the_mistakes_of_all(pack, tmp_path):
    pack.edit(PAPER, "seed: 7", "seed: x")
    second = tmp_path / "second"
    second.mkdir()
    with pytest.raises(SpecError) as raised:
        load_all([pack.folder, second])
    assert {problem.file.parent.name for problem in raised.value.problems} == {"toys", "second"}


def test_a_folder_that_is_not_there_is_a_mistake_of_usage(tmp_path):
    with pytest.raises(UsageError, match="there is no such folder"):
        load(tmp_path / "absent")


ODD = (None, 3, -1.5, True, "x", "", [], {}, [1], ["x", "x"], {"a": 1}, [[]], [None], {"kind": None})


def steps(value, before=()):
    """Yield the path of every value below, and of the value itself."""
    yield before
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield from steps(inner, (*before, key))


def replaced(value, path, odd):
    if not path:
        return odd
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = replaced(value[path[0]], path[1:], odd)
    return copied


@given(st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_the_place_of_a_value_loading_gives_a_spec_or_problems_with_places(pack, data):
    path = pack.folder / data.draw(st.sampled_from(FILES))
    original = path.read_text(encoding="utf-8")
    root = read(path, Problems()).plain()
    odd = replaced(root, data.draw(st.sampled_from(sorted(steps(root), key=repr))), data.draw(st.sampled_from(ODD)))
    problems = ()
    try:
        path.write_text(json.dumps(odd), encoding="utf-8")
        pack.load()
    except SpecError as error:
        problems = error.problems
    finally:
        path.write_text(original, encoding="utf-8")
    assert all(problem.message and problem.line <= 1 for problem in problems if problem.file == path)


FILES = (PAPER, MODELS, "attacks.yaml", TABLE, PROSE)
WORDS = (
    "null", "{}", "[]", "yes", "-1", "1e999", ".nan", "'", '"', "[", "{a: b}", "&a", "*a", "!!x y", "...", "---", "%", "\t",
    "x: 1", "? x", "|", "models.*.rate", "small", "toy/train", "1" * 40, "\x00", "😀", "- ", "<<: {a: 1}", "#",
)  # fmt: skip


@st.composite
def damage(draw):
    """Return a function that damages a file's bytes in one way."""
    way, seed = draw(st.sampled_from(["flip", "drop", "swap", "cut", "word", "copy"])), draw(st.integers(0, 2**32))
    word = draw(st.sampled_from(WORDS))

    def change(data):
        rng = random.Random(seed)  # noqa: S311  damage, not secrets
        lines = data.splitlines(keepends=True) or [b""]
        at = rng.randrange(len(lines))
        if way == "flip":
            flipped = bytearray(data or b" ")
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
            return bytes(flipped)
        if way == "cut":
            return data[: rng.randrange(len(data) + 1)]
        if way == "drop":
            return b"".join(lines[:at] + lines[at + 1 :])
        if way == "copy":
            return b"".join([*lines[:at], lines[at], *lines[at:]])
        tokens = data.replace(b"{", b"{ ").replace(b",", b" ,").split(b" ")
        spot = rng.randrange(len(tokens))
        tokens[spot] = word.encode() if way == "word" else tokens[rng.randrange(len(tokens))]
        return b" ".join(tokens)

    return change


@given(st.lists(st.tuples(st.sampled_from(FILES), damage()), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_damaged_loading_gives_a_spec_or_problems_with_places(pack, damages):
    originals = {name: (pack.folder / name).read_bytes() for name in FILES}
    try:
        for name, change in damages:
            path = pack.folder / name
            path.write_bytes(change(path.read_bytes()))
        pack.load()
    except SpecError as error:
        for problem in error.problems:
            assert problem.message
            written = problem.file.read_bytes() if problem.file.is_file() else b""
            assert 0 <= problem.line <= written.count(b"\n") + written.count(b"\r") + 2
            str(problem).encode()
    finally:
        for name, data in originals.items():
            (pack.folder / name).write_bytes(data)


def test_tables_stand_before_figures_and_figures_before_prose(pack):
    figure = (pack.folder / TABLE).read_text().replace("{table: 1, page: 6}", "{figure: 3}")
    (pack.folder / PROSE).rename(pack.folder / "claims/a-prose.yaml")
    paper = pack.write("claims/b-figure.yaml", figure).load().paper
    assert [shown.id for shown in paper.exhibits] == ["table-1", "b-figure", "a-prose"]
    assert list(dict.fromkeys(claim.id.split("/")[0] for claim in paper.claims)) == ["table-1", "b-figure", "a-prose"]


@pytest.mark.parametrize("name", ["models.yaml", "claims/table-1.yaml"])
def test_a_pipe_in_place_of_a_file_is_a_mistake_not_a_wait(pack, name):
    (pack.folder / name).unlink()
    os.mkfifo(pack.folder / name)
    assert any(mistake.startswith(f"{name}: expected a regular file") for mistake in pack.mistakes())


def test_an_entry_is_built_once_for_all_readings_and_budgets_that_leave_it_as_it_is(pack, monkeypatch):
    seen, build = Counter(), entries.recipe

    def counted(group, entry, problems):
        seen[group, entry.place.where, json.dumps(entry.plain())] += 1
        return build(group, entry, problems)

    monkeypatch.setattr(entries, "recipe", counted)
    pack.load()
    assert set(seen.values()) == {1}
    models = [where for group, where, _ in seen if group == "models"]
    assert Counter(models) == {"small": 3, "large": 3}  # as chosen, under the other reading, and in a rehearsal
    assert len(seen) - len(models) == 6


def test_a_mistake_in_an_entry_is_found_under_each_reading_and_told_once(pack):
    pack.edit(MODELS, "width: 1", "width: x")
    pack.edit(PAPER, "models.*.rate: 0.75", "models.*.rate: y")
    with pytest.raises(SpecError) as refused:
        pack.load()
    assert len(refused.value.problems) == 2

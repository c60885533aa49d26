"""What ``harness kinds`` and ``harness lint --explain`` print."""

from __future__ import annotations

import fakes
import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.kinds.relation import relations
from harness.kinds.unit import UNITS
from harness.spec.reading.describe import claim_form
from harness.spec.reading.keys import KEYS
from harness.spec.rules import RULES

pytestmark = pytest.mark.usefixtures("fake_kinds")


@pytest.fixture
def fake_kinds(monkeypatch):
    with fakes.registered(monkeypatch):
        yield


def shown(*words, status=0):
    ended = CliRunner().invoke(main, words)
    assert ended.exit_code == status, ended.output
    return " ".join((ended.stdout if status == 0 else ended.stderr).split())


def test_a_kind_is_shown_with_its_whole_text():
    text = shown("kinds", "lbfgs")
    assert text.count("lbfgs ") >= 2  # an attack and a training have that name
    assert "attacks" in text
    assert "trainings" in text


def test_a_kind_s_text_beyond_its_first_line_is_shown_where_it_is_named_alone():
    more = "on another model, the transfer rate"
    assert more in shown("kinds", "error-rate")
    assert more not in shown("kinds", "metrics")


def test_a_group_lists_its_kinds_and_no_others():
    text = shown("kinds", "metrics")
    assert "error-rate" in text
    assert "fake-brightness" not in text


@pytest.mark.parametrize(
    ("name", "meant"), [("fake-brightnes", "fake-brightness"), ("modles", "models"), ("claims", "claim")]
)
def test_an_unknown_name_is_answered_with_the_one_that_was_meant(name, meant):
    assert f"'{name}' is neither a group nor a kind; did you mean '{meant}'?" in shown("kinds", name, status=2)


def test_the_form_of_a_claim_has_every_key_relation_and_unit():
    form = claim_form()
    assert {field.name for fields in form.keys.values() for field in fields} == KEYS
    assert {relation.name for relation in form.relations} == set(relations())
    assert set(form.units) == set(UNITS)


@pytest.mark.parametrize(
    ("relation", "needs", "may"),
    [
        ("close_to", {"printed", "margin"}, set()),
        ("at_most", {"printed", "margin"}, set()),
        ("less_than", {"other"}, {"margin"}),
        ("equivalent_to", {"other", "margin"}, set()),
        ("all", set(), set()),
    ],
)
def test_a_relation_says_which_keys_it_needs(relation, needs, may):
    (found,) = (each for each in claim_form().relations if each.name == relation)
    assert (set(found.needs), set(found.may)) == (needs, may)


def test_a_claim_s_keys_relations_units_and_margins_are_shown():
    text = shown("kinds", "claim")
    for told in ("printed: text, or null", "close_to: the mean over runs", "sampling.images", "%: percent of images"):
        assert told in text


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_explained_with_what_why_repair_and_example(name):
    text, rule = shown("lint", "--explain", name), RULES[name]
    assert text.startswith(f"{name} ({'warning' if rule.warning else 'mistake'})")
    for told in (rule.what[1:], rule.why, rule.repair, rule.example.wrong, rule.example.right):
        assert " ".join(told.split()) in text


def test_a_rule_that_there_is_not_is_answered_with_the_one_that_was_meant():
    assert "did you mean 'unknown-field'?" in shown("lint", "--explain", "unknown-feild", status=2)


def test_all_rules_are_listed_a_line_each():
    text, at = shown("lint", "--explain", "all"), 0
    for rule in RULES.values():
        at = text.index(" ".join(f"{rule.id} {rule.what}".split()), at)


def test_explaining_a_rule_reads_no_pack():
    assert "reads no pack" in shown("lint", "--explain", "unknown-field", "specs", status=2)


def test_a_finding_ends_with_the_id_of_its_rule(tmp_path):
    pack = fakes.write_pack(tmp_path / "pack", models=fakes.MODELS.replace("noise", "noize"))
    assert "did you mean 'noise'? [unknown-field]" in shown("lint", str(pack), status=2)

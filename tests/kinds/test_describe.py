from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.kinds.describe import describe


def net():
    (described,) = describe("models")
    return described


def field(name):
    return next(field for field in net().fields if field.name == name)


def test_a_room_s_kinds_are_described_in_alphabetical_order():
    assert [kind.kind for kind in describe("attacks")] == ["toy-push", "toy-solve"]


def test_without_a_group_every_kind_is_described():
    assert {kind.group for kind in describe()} == {"datasets", "models", "attacks", "metrics"}


def test_a_kind_is_described_by_the_first_line_and_the_rest_of_its_docstring():
    assert (net().kind, net().doc, net().more) == ("toy-net", "A network.", "It has no weights.")


def test_a_required_field_has_no_default():
    assert (field("train_on").required, field("train_on").default) == (True, "")


@pytest.mark.parametrize(
    ("name", "told", "default"),
    [
        ("train_on", "a split, as data-set/split", ""),
        ("width", "a whole number from 1 to 9", "3"),
        ("rate", "a number above 0", "0.5"),
        ("layers", "a list, each member a whole number of at least 1", "[]"),
        ("biased", "true or false", "true"),
        ("mode", "one of steep, smooth", "smooth"),
        ("features", "the name of a model, or null", "null"),
        ("against", "a list, each member the name of an attack", "[]"),
        ("decay", "a number, or a list, each member a number", "0.0"),
    ],
)
def test_a_field_says_in_words_what_it_takes_and_its_default_as_in_yaml(name, told, default):
    assert (field(name).type, field(name).default) == (told, default)


def test_a_field_s_docstring_is_its_text():
    assert field("width").doc == "Units of each layer."


def test_a_reference_to_a_whole_data_set_is_told_from_one_to_a_split():
    part = next(kind for kind in describe("datasets") if kind.kind == "toy-part")
    assert part.fields[0].type == "the name of a data set"


def test_a_room_that_is_none_is_answered_with_the_one_that_was_meant():
    with pytest.raises(UsageError, match="unknown group 'model'; did you mean 'models'"):
        describe("model")

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from harness.spec.reading.node import Node, Place
from harness.spec.reading.wording import repair

AT = Place(Path("models.yaml"), 1, 1)
DECAY = Annotated[float, Field(ge=0)] | tuple[Annotated[float, Field(ge=0)], ...]


def text(value):
    return Node(value, AT, AT, value, quoted=True)


@pytest.mark.parametrize(
    ("value", "annotation", "number"),
    [
        ("1e-4", DECAY, "1e-4"),
        ("200", DECAY, "200"),
        (" 7 ", int | None, "7"),
        ("1e-4", Annotated[float, Field(gt=0)], "1e-4"),
        ("−1,5", float, "-1.5"),
        (".5", float, ".5"),
        ("1 000", int, "1000"),
    ],
)
def test_a_quoted_number_is_offered_without_its_quotes_wherever_a_field_takes_one(value, annotation, number):
    assert repair(text(value), annotation) == f"; write {number}, without quotes"


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        ("1.5", int),
        ("1e3", int),
        ("nan", float),
        ("1e999", float),
        ("1,234", int),
        ("four", float),
        ("", float),
        ("7", bool),
    ],
)
def test_what_the_field_would_refuse_again_is_not_offered(value, annotation):
    assert "without quotes" not in repair(text(value), annotation)

"""A report has the paper's tables, figures and sections in the order in which the paper numbers them."""

import itertools

import pytest
from records import claim, record

from harness.report.sequence import as_the_paper_numbers
from harness.spec.claim import Another, Source
from harness.spec.paper import Exhibit

IN_ORDER = [
    ("table-2", Source(table=2)),
    ("table-4", Source(table=4)),
    ("table-4-cifar-10", Source(table=4)),
    ("table-10", Source(table=10)),
    ("figures-3-4", Source(figure="3 and 4", section="3")),
    ("figure-5", Source(figure=5)),
    ("section-3", Source(section="3")),
    ("adversarial-training", Source(section="4.2")),
    ("section-4-2", Source(section="4.2")),
    ("section-4-10", Source(section="4.10")),
    ("section-a", Source(section="A")),
    ("section-vii", Source(section="VII")),
    ("closing-words", Source()),
]


def paper_of(exhibits, **given):
    """A paper with one claim in each exhibit; the claims stand in the reverse order."""
    shown = tuple(
        Exhibit(id=name, title=name, source=source, shape="list", claims=(f"{name}/a",)) for name, source in exhibits
    )
    claims = [claim(each.claims[0], **given.get(each.id, {})) for each in reversed(shown)]
    return record(*((each, None) for each in claims)).paper.model_copy(update={"exhibits": shown})


@pytest.mark.parametrize("shift", range(0, len(IN_ORDER), 3))
def test_exhibits_and_their_claims_stand_as_the_paper_numbers_them(shift):
    files = sorted(name for name, _ in IN_ORDER)
    mixed = sorted(IN_ORDER, key=lambda each: (files.index(each[0]) + shift) % len(files))
    arranged = as_the_paper_numbers(paper_of(mixed))
    assert [each.id for each in arranged.exhibits] == [name for name, _ in IN_ORDER]
    assert [each.id for each in arranged.claims] == [f"{name}/a" for name, _ in IN_ORDER]


def test_what_measures_another_network_comes_after_what_measures_the_papers_own():
    exhibits = [(name, Source(table=5)) for name in ("table-5-a", "table-5-b", "table-5-c")]
    for order in itertools.permutations(exhibits):
        paper = paper_of(order, **{"table-5-b": {"another": Another(network="a smaller one"), "primary": False}})
        names = [each.id for each in as_the_paper_numbers(paper).exhibits]
        assert names == ["table-5-a", "table-5-c", "table-5-b"]


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (Source(table=1), "Table 1"),
        (Source(figure="3 and 4", section="3"), "Figures 3 and 4, Section 3"),
        (Source(table="2, 3"), "Tables 2, 3"),
        (Source(section="4.1 to 4.3"), "Sections 4.1 to 4.3"),
        (Source(table="S1a"), "Table S1a"),
    ],
)
def test_several_tables_are_named_in_the_plural(source, place):
    assert source.place == place

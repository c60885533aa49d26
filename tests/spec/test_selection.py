import pytest

from harness.errors import UsageError
from harness.spec.selection import matching

NAMES = ["one/table-1/a", "one/table-1/ab", "one/table-1/abc", "two/table-1/a", "two/prose/a-table-1/a"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("one/table-1/a", [0]),
        ("table-1/a", [0, 3]),
        ("table-1/ab", [1]),
        ("able-1/ab", [1, 2]),
        ("table-1/a*", [0, 1, 2, 3]),
        ("two/*", [3, 4]),
        ("one", [0, 1, 2]),
    ],
)
def test_a_whole_id_means_its_claims_alone_and_a_part_or_glob_all_that_fit(pattern, found):
    assert matching(pattern, NAMES, {}) == [NAMES[place] for place in found]


def test_a_pattern_that_fits_none_names_the_claim_that_was_probably_meant():
    with pytest.raises(UsageError, match="tabel-1/ab: no claim of 5 matches; did you mean 'table-1/ab'"):
        matching("tabel-1/ab", NAMES, {})

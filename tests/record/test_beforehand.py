"""What workers promise before they measure is kept in the store, and is as old as it is there as long as its words stand."""

from datetime import UTC, datetime

import pytest
from records import claim, measured, record

from harness.record.beforehand import FOLDER, dated, keep_promises
from harness.record.protocol import WHOLE, promised

FIRST, SECOND, THIRD = (datetime(2026, 11, day, 9, tzinfo=UTC) for day in (1, 5, 9))
ONE, OTHER = claim(), claim("t/other")
REWORDED = claim(deviates_because="The data differ.")


def paper(*claims, **given):
    return record(*((each, None) for each in claims), **given).paper


def since(found):
    return {claim: each.since[:10] for claim, each in found.promises.items()}


@pytest.fixture
def keep(tmp_path):
    return lambda kept, now, inputs=None: keep_promises(tmp_path, kept, inputs or {}, now)


@pytest.fixture
def found(tmp_path):
    """Returns a function that gives the dates of what a paper promises on the third day."""
    return lambda asked, inputs=None: since(dated(promised(asked, inputs or {}, {}, None, THIRD), tmp_path, asked))


def test_a_promise_is_as_old_as_its_words_and_one_that_is_changed_as_the_change(keep, found):
    keep(paper(ONE, OTHER), FIRST)
    keep(paper(ONE, OTHER), SECOND)
    assert found(paper(ONE, OTHER)) == {WHOLE: "2026-11-09", "t/c": "2026-11-01", "t/other": "2026-11-01"}
    assert found(paper(REWORDED, OTHER))["t/c"] == "2026-11-09"
    keep(paper(REWORDED, OTHER), SECOND)
    assert found(paper(REWORDED, OTHER)) == {WHOLE: "2026-11-09", "t/c": "2026-11-05", "t/other": "2026-11-01"}


def test_a_margin_that_is_changed_back_is_as_young_as_that(keep, found):
    keep(paper(ONE), FIRST)
    keep(paper(REWORDED), SECOND)
    assert found(paper(ONE))["t/c"] == "2026-11-09"


def test_of_other_inputs_nothing_was_promised(keep, found):
    keep(paper(ONE), FIRST, {"t/c": "a"})
    assert found(paper(ONE), {"t/c": "a"})["t/c"] == "2026-11-01"
    assert found(paper(ONE), {"t/c": "b"})["t/c"] == "2026-11-09"


def test_a_date_that_is_no_earlier_one_does_not_count(tmp_path, keep, found):
    keep(paper(ONE), datetime(2027, 1, 1, tzinfo=UTC))
    assert found(paper(ONE))["t/c"] == "2026-11-09"
    (file,) = (tmp_path / FOLDER).iterdir()
    file.write_text(file.read_text().replace("2027-01-01T00:00:00+00:00", "soon"))
    assert found(paper(ONE))["t/c"] == "2026-11-09"


@pytest.mark.parametrize("content", ["", "[]", '{"promises": 1}', "[" * 5000, "\0" * 10])
def test_a_file_that_holds_no_promises_counts_as_none_and_is_replaced(tmp_path, keep, found, content):
    keep(paper(ONE), FIRST)
    (file,) = (tmp_path / FOLDER).iterdir()
    file.write_text(content)
    assert found(paper(ONE))["t/c"] == "2026-11-09"
    keep(paper(ONE), SECOND)
    assert found(paper(ONE))["t/c"] == "2026-11-05"


def test_what_was_judged_before_is_counted_in_the_record_alone(tmp_path, keep):
    keep(paper(ONE), FIRST)
    seen = {"t/c": measured("t/c", (0.1, 0.1, 0.1))}
    late = dated(promised(paper(ONE), {}, seen, None, THIRD), tmp_path, paper(ONE)).promises["t/c"]
    assert (late.since[:10], late.after_runs) == ("2026-11-01", 3)


def test_a_rehearsal_promises_nothing(tmp_path, keep):
    keep(paper(ONE).model_copy(update={"comparable": False}), FIRST)
    assert not (tmp_path / FOLDER).exists()

"""The value without an attack beside a transfer rate: which one, of what, and in which words."""

import pytest
from records import claim
from tables import clean, fed, noisy, table

from harness.judge import judge
from harness.judge.clean import CleanValue, clean_in_words, clean_value, transfers

PLAIN, FED = "other/m/clean", "t/fed/m"
RUNS = {PLAIN: (0.07, 0.071, 0.072), FED: (0.2, 0.21, 0.22)}


def test_a_transfer_rate_is_one_of_examples_fed_to_a_network_they_were_not_made_for():
    record = table(fed("9"))
    assert transfers(fed("9"), record)
    assert not transfers(fed("9", made_for="m"), record)
    assert not transfers(noisy("9"), record)
    assert not transfers(clean(), record)
    assert transfers(fed("9", model=("m", "n"), made_for=("m", "n")), record)


def test_where_the_record_holds_no_other_it_is_our_mean_on_the_whole_split():
    found = clean_value(fed("9"), table(fed("9"), clean(), values=RUNS))
    assert found == CleanValue(pytest.approx(7.1), 3, False, 1)
    assert clean_in_words(fed("9.0"), found) == "7.10 % over 3 runs, on the whole split, not only on these images"


def test_a_value_into_which_nothing_random_enters_is_called_deterministic_and_not_a_single_run():
    record = table(fed("9"), clean(), values=RUNS | {PLAIN: (0.07,)})
    still = record.measurements[PLAIN].model_copy(update={"deterministic": True})
    found = clean_value(fed("9"), record.model_copy(update={"measurements": {**record.measurements, PLAIN: still}}))
    assert clean_in_words(fed("9.0"), found).startswith("7.00 % in one deterministic run, on the whole split")
    assert clean_in_words(fed("9.0"), clean_value(fed("9"), record)).startswith("7.00 % in a single run")
    both = CleanValue(7.0, 3, False, 2, 1)
    assert clean_in_words(fed("9.0"), both).startswith("7.00 % in one deterministic run or over 3 runs")


def test_where_it_was_not_measured_or_only_rehearsed_it_is_the_printed_one():
    record = table(fed("9"), clean("7"), values=RUNS)
    rehearsed = record.measurements[PLAIN].model_copy(update={"comparable": False})
    for measurements in ({}, {PLAIN: rehearsed}):
        found = clean_value(fed("9"), record.model_copy(update={"measurements": measurements}))
        assert found == CleanValue(pytest.approx(7.0), 0, False, 1)
        assert clean_in_words(fed("9.0"), found).startswith("7 % as printed, on the whole split")


def test_the_very_same_images_come_before_the_whole_split():
    same = claim("t/same/m", printed="5", sample={"count": 256})
    record = table(fed("9"), clean(), same, values={**RUNS, "t/same/m": (0.05, 0.05, 0.05)})
    jobs = {
        key: {"verb": "measure", "inputs": [f"select {key.rpartition(' ')[2]}"]}
        for name in ("t/same/m", FED)
        for key in record.measurements[name].keys
    }
    drawn = {f"select {run}": {"verb": "select", "inputs": []} for run in (1, 2, 3)}
    found = clean_value(fed("9"), record.model_copy(update={"jobs": {**jobs, **drawn}}))
    assert found == CleanValue(pytest.approx(5.0), 3, True, 1)
    assert clean_in_words(fed("9"), found).endswith("on the same images")
    others = {key: {**job, "inputs": ["another"]} if key.startswith("t/same") else job for key, job in jobs.items()}
    elsewhere = {**others, **drawn, "another": {"verb": "select", "inputs": []}}
    assert clean_value(fed("9"), record.model_copy(update={"jobs": elsewhere})).same_images is False


def test_of_several_networks_it_is_the_mean_of_all_and_of_none_where_one_lacks_it():
    several = fed("9", model=("m", "n"), made_for=("m", "n"))
    assert clean_value(several, table(several, clean("6", "m"), clean("8", "n"))).value == pytest.approx(7.0)
    assert clean_value(several, table(several, clean("6", "m"))) is None


def test_the_sentence_of_a_transfer_rate_says_it_and_no_other_does():
    record = table(fed("9"), noisy("9"), clean(), values={**RUNS, "t/noise/m": (0.09, 0.09, 0.091)})
    said = {verdict.claim: verdict.sentence for verdict in judge(record)}
    assert said[FED].endswith(
        "Without an attack the error rate of the same network is 7.1 % over 3 runs, on the whole split, not only on these "
        "images."
    )
    assert "Without an attack" not in said["t/noise/m"] + said[PLAIN]

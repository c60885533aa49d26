from records import claim, record

from harness.report.provenance import latest_commit


def kept(**when):
    """A record of jobs by commit, each with the time it ended."""
    jobs = {commit: {"when": time, "provenance": f"by {commit}"} for commit, time in when.items()}
    return record((claim(), None), jobs=jobs, provenance={f"by {commit}": {"commit": commit} for commit in when})


def test_the_commit_named_is_that_of_the_latest_job():
    assert latest_commit(kept(aaa="2026-11-25T02:00:00+00:00", bbb="2026-11-25T01:00:00+00:00")) == "aaa"
    assert latest_commit(kept(aaa="2026-11-25T02:00:00+00:00", bbb="2026-11-25T03:00:00+00:00")) == "bbb"


def test_without_jobs_or_outside_a_checkout_no_commit_is_named():
    assert latest_commit(record((claim(), None))) is None
    assert latest_commit(record((claim(), None), provenance={"p": {"commit": None}})) is None

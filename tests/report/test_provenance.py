from records import claim, record

from harness.report import packages
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


def by_source(*sources, **facts):
    """A record of as many trainings of one kind, each computed by the source given."""
    jobs = {str(at): {"verb": "train", "kind": "net", "source": source} | facts for at, source in enumerate(sources)}
    return record((claim(), None), jobs=jobs)


def test_jobs_of_one_kind_by_two_sources_are_told_from_the_record_alone():
    (told,) = packages.sources(by_source("aaa", "bbb", "aaa"))
    assert (
        told
        == "The jobs of train net were computed by different source under the same edition: 2 jobs by aaa and 1 job by bbb."
    )
    assert packages.sources(by_source("aaa", "aaa")) == []
    assert packages.sources(by_source(None, 3, [])) == []


def test_outside_packages_are_named_and_none_where_there_are_none():
    assert list(packages.opening(by_source("aaa"))) == []
    (line,) = packages.opening(by_source("aaa", package="nets 2"))
    assert line.text.startswith("nets 2 supplies the model net (source aaa)")

"""Which source computed the numbers is counted by jobs, and said in words."""

from records import claim, record

from harness.report import packages
from harness.report.provenance import (
    Revision,
    environments,
    main_revision,
    revisions,
    uncommitted,
    value_in_words,
    versions,
)


def kept(**jobs: int):
    """A record of so many jobs by each commit; ``_dirty`` for a tree with uncommitted changes."""
    commits = {name: name.replace("_", "-") for name in jobs}
    return record(
        (claim(), None),
        jobs={
            f"{name}{n}": {"verb": "measure", "provenance": name} for name, count in jobs.items() for n in range(count)
        },
        provenance={name: {"commit": commit, "harness": "1.0", "threads": 2} for name, commit in commits.items()},
    )


def test_the_commit_recommended_is_the_one_that_computed_most_jobs():
    made = kept(aaa=2, bbb=7, ccc=1)
    assert revisions(made) == [Revision("bbb", False, 7), Revision("aaa", False, 2), Revision("ccc", False, 1)]
    assert main_revision(made) == ("bbb", "it computed 7 of 10 jobs; 2 other commits computed the rest")
    assert main_revision(kept(aaa=3)) == ("aaa", "it computed all 3 jobs")


def test_jobs_of_uncommitted_source_are_counted_and_said():
    made = kept(aaa_dirty=2600, aaa=50, bbb=1268)
    assert revisions(made)[0] == Revision("aaa", True, 2600)
    assert uncommitted(made).startswith("2,600 of 3,918 jobs were computed from source with uncommitted changes")
    commit, told = main_revision(made)
    assert commit == "aaa"
    assert "2,650 of 3,918 jobs" in told
    assert "2,600 of them with uncommitted changes, which it does not contain" in told
    assert "all of them with uncommitted changes" in main_revision(kept(aaa_dirty=4))[1]
    assert uncommitted(kept(aaa=3)) == ""


def test_without_jobs_or_outside_a_checkout_no_commit_is_counted():
    assert main_revision(record((claim(), None))) is None
    assert main_revision(record((claim(), None), provenance={"p": {"commit": None}})) is None
    assert revisions(record((claim(), None), provenance={"p": {"commit": None}})) == []
    assert main_revision(kept(aaa=0)) == ("aaa", "the source named in the record")
    lost = record((claim(), None), jobs={"j": {"provenance": "gone"}, "k": {}})
    assert revisions(lost) == [Revision("", False, 2)]
    assert main_revision(lost) is None


def test_environments_that_differ_in_the_commit_alone_are_one():
    ((jobs, facts),) = environments(kept(aaa=2, bbb=5))
    assert jobs == 7
    assert dict(facts) == {"harness": "1.0", "threads": "2"}
    other = kept(aaa=2, bbb=5)
    other = other.model_copy(update={"provenance": other.provenance | {"bbb": {"commit": "bbb", "threads": 4}}})
    assert [jobs for jobs, _ in environments(other)] == [5, 2]
    assert versions(other) == ["1.0"]
    assert versions(record((claim(), None))) == ["0"]


def test_what_is_null_is_not_set_in_a_recipe_and_not_known_in_an_environment():
    assert value_in_words({"features": None, "hidden": []}) == "features not set, hidden none"
    made = record((claim(), None), provenance={"p": {"versions": {"keras": None}, "python": None}})
    assert dict(environments(made)[0][1]) == {"python": "not known", "versions": "keras not known"}


def by_source(*sources, **facts):
    """A record of as many trainings of one kind, each computed by the source given."""
    jobs = {str(at): {"verb": "train", "kind": "net", "source": source} | facts for at, source in enumerate(sources)}
    return record((claim(), None), jobs=jobs)


def test_jobs_of_one_kind_by_two_sources_are_told_from_the_record_alone():
    (told,) = packages.mixed_sources(by_source("aaa", "bbb", "aaa"))
    assert (
        told
        == "The jobs of train net were computed by different source under the same edition: 2 jobs by aaa and 1 job by bbb."
    )
    assert packages.mixed_sources(by_source("aaa", "aaa")) == []


def test_outside_packages_are_named_and_none_where_there_are_none():
    assert packages.outside_packages(by_source("aaa")) == []
    assert packages.outside_packages(by_source("aaa", package="nets 2")) == [("nets 2", "model net (source aaa)")]

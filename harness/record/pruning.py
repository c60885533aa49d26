"""Drops parts of a record to which nothing in it refers."""

from __future__ import annotations

from harness.record.model import Record
from harness.record.upstream import upstream


def pruned(record: Record) -> Record:
    """Return a record without jobs, environments and data digests to which nothing refers.

    A measurement or a picture refers to its jobs and their upstream jobs, a job or a measurement to its environment,
    and a recipe of the pack to its data set.
    """
    own = record.model_copy(update={"strata": {}})  # strata have separate facts for their jobs
    wanted = [key for measurement in own.all_measurements for key in measurement.keys]
    wanted += [drawn.key for drawn in record.pictures.values()]
    jobs = {key: record.jobs[key] for key in sorted(upstream(wanted, record.jobs))}
    environments = {str(job.get("provenance")) for job in jobs.values()}
    environments |= {str(job.get("provenance")) for each in record.strata.values() for job in each.jobs.values()}
    environments |= {measurement.provenance for measurement in record.all_measurements}
    data = record.recipes.get("data", record.digests)
    return record.model_copy(
        update={
            "jobs": jobs,
            "provenance": {key: facts for key, facts in sorted(record.provenance.items()) if key in environments},
            "digests": {name: digest for name, digest in sorted(record.digests.items()) if name in data},
        }
    )

"""The plan of a pack: the dependency graph of its jobs, each with a content key (a hash)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from harness.kinds.ready import ReadyAttack
from harness.kinds.recipe import Recipe
from harness.spec.paper import Pilot

PICTURED = 1
"""Number of the run whose images a picture shows."""
EXAMPLES = "examples"
"""Role of an attack's examples as an input of a metric."""
VICTIM = "victim"
"""Role of a model as an input of an attack or a metric; several have their place as suffix: ``victim-001``."""


class Verb(StrEnum):
    """What a job does."""

    FETCH = "fetch"
    TRAIN = "train"
    SELECT = "select"
    CRAFT = "craft"
    MEASURE = "measure"
    SHOW = "show"

    @property
    def keeps_result(self) -> bool:
        """Whether the store keeps the result; a data set is loaded again each time, and only its checksum is kept."""
        return self is not Verb.FETCH


@dataclass(frozen=True)
class Input:
    """One dependency of a job: the key of that job and, for a data set, the split."""

    key: str
    part: str = ""


@dataclass(frozen=True)
class Job:
    """One job: a node of the dependency graph.

    Attributes:
        verb: what is done.
        recipe: how it is done.
        name: for progress and provenance; never part of the key.
        inputs: role -> input; roles are the recipe's argument names.
        run: the run whose random streams the recipe uses; None if it draws no random numbers.
        seed: the paper's seed.
        key: the content key.
        attacks: role -> attack that the recipe runs itself; none of them is a job.
    """

    verb: Verb
    recipe: Recipe
    name: str
    inputs: Mapping[str, Input]
    run: int | None
    seed: int
    key: str
    attacks: Mapping[str, ReadyAttack] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """The measure jobs of one run of one claim; each side is the mean over its jobs."""

    run: int
    measured: tuple[str, ...]
    other: tuple[str, ...] = ()
    limit: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All jobs of the run."""
        return self.measured + self.other + self.limit


@dataclass(frozen=True)
class Plan:
    """Every job of the selected claims, dependencies first.

    Attributes:
        jobs: by key.
        wants: claim id -> one entry for each run, or a single one for a deterministic claim.
        deterministic: claims none of whose jobs draws random numbers.
        later: claims whose jobs are done last.
        shows: claim id -> the job that draws its picture; no number depends on a picture.
    """

    jobs: Mapping[str, Job]
    wants: Mapping[str, tuple[Wanted, ...]]
    deterministic: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    shows: Mapping[str, str] = field(default_factory=dict)

    def keys(self, claim_id: str) -> list[str]:
        """Return the keys of one claim's jobs: those that measure it, then the one that draws its picture."""
        shown = [self.shows[claim_id]] if claim_id in self.shows else []
        return [key for wanted in self.wants[claim_id] for key in wanted.keys] + shown

    @property
    def all_keys(self) -> list[str]:
        """The keys of all claims' jobs, claim by claim."""
        return [key for claim in self.wants for key in self.keys(claim)]

    def followed_by(self, others: Mapping[str, Plan]) -> Plan:
        """Return a plan of this plan and then the others by label, whose claims are named ``claim [label]``."""
        jobs, wants = dict(self.jobs), dict(self.wants)
        for label, other in others.items():
            jobs |= other.jobs
            wants |= {f"{claim} [{label}]": rows for claim, rows in other.wants.items()}
        later = frozenset(wants) - frozenset(self.wants) | self.later
        return Plan(jobs, wants, self.deterministic, later, self.shows)

    def only(self, claims: Collection[str]) -> Plan:
        """Return the plan of some of the claims, with only the jobs that their numbers need."""
        wants = {claim: rows for claim, rows in self.wants.items() if claim in claims}
        keys = [key for rows in wants.values() for row in rows for key in row.keys]
        return Plan({job.key: job for job in self.upstream(keys)}, wants, self.deterministic & wants.keys())

    def upstream(self, keys: Sequence[str]) -> Iterator[Job]:
        """Yield the jobs with these keys and all their upstream jobs, dependencies first, each once."""
        seen: set[str] = set()
        stack = [(key, False) for key in reversed(keys)]
        while stack:
            key, ready = stack.pop()
            if ready:
                yield self.jobs[key]
            elif key not in seen:
                seen.add(key)
                stack.append((key, True))
                stack += [(given.key, False) for given in self.jobs[key].inputs.values()]

    def inputs_digest(self, claim_id: str) -> str:
        """Return a digest of everything on which the claim's number depends, independent of the number of runs.

        It is the digest of the first planned run, so only compare plans that begin with the same run.
        """
        return hashlib.sha256("".join(self.wants[claim_id][0].keys).encode()).hexdigest()[:16]

    def outdated(self, pilots: Mapping[str, Pilot]) -> tuple[str, ...]:
        """Return the claims whose pilot runs measured something else than this plan, which begins with run 1."""
        known = (claim for claim in self.wants if claim in pilots)
        return tuple(claim for claim in known if pilots[claim].inputs != self.inputs_digest(claim))

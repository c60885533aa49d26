"""The nodes of a cluster: their resources and installed versions, and whether they can do the jobs of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import harness
from harness.errors import UsageError
from harness.plan import Job, Verb
from harness.run.environment import BACKENDS
from harness.run.executor import Executor

COMPARED = ("keras", "numpy", "scipy")
"""Distributions whose versions are compared, besides harness and the backend."""


@dataclass(frozen=True)
class ClusterNode:
    """A node of the cluster: its address, resources and installed versions."""

    id: str
    address: str
    resources: Mapping[str, float]
    versions: Mapping[str, str | None] = field(default_factory=dict)
    sees_store: bool = True

    def can(self, needs: Mapping[str, float]) -> bool:
        """Whether the node, without other work, has the needed resources."""
        return all(self.resources.get(name, 0.0) >= number for name, number in needs.items())

    def __str__(self) -> str:
        has = ", ".join(f"{self.resources.get(name, 0.0):g} {name}" for name in ("CPU", "GPU"))
        return f"{self.address}: {has}"


def needs_of(job: Job, executor: Executor) -> dict[str, float]:
    """Return the resources of a job: a processor and, if a network is computed on a GPU, a GPU."""
    computes = job.verb is not Verb.SHOW or executor.given_a_model(job)
    return {"CPU": 1.0, "GPU": 1.0 if computes and executor.environment.device == "gpu" else 0.0}


def refuse_unmet(jobs: Sequence[Job], executor: Executor, nodes: Sequence[ClusterNode]) -> None:
    """Refuse jobs that no node can ever do, because Ray would wait forever for such a node.

    Raises:
        UsageError: with the resources of each node.
    """
    for job in jobs:
        needs = needs_of(job, executor)
        if not any(node.can(needs) for node in nodes):
            wanted = ", ".join(f"{number:g} {name}" for name, number in needs.items() if number)
            raise UsageError(
                f"--cluster: {job.verb} {job.name} needs {wanted}, which no node has ({'; '.join(map(str, nodes))}); add such "
                "a node, or name another --device"
            )


def refuse_unlike(nodes: Sequence[ClusterNode], store: Path) -> list[str]:
    """Refuse nodes with another harness or without access to the store; return a sentence for each other difference.

    Raises:
        UsageError: with each node and its version.
    """
    own = versions_here()
    other = [f"{node.address} has {node.versions.get('paper-harness')}" for node in nodes if _is_other_harness(node)]
    if other:
        raise UsageError(
            f"--cluster: expected harness {own['paper-harness']} on every node; {', '.join(other)}; install it there"
        )
    blind = [node.address for node in nodes if not node.sees_store]
    if blind:
        raise UsageError(
            f"--cluster: {', '.join(blind)} {'does' if len(blind) == 1 else 'do'} not have access to the store "
            f"{store}; name a folder with --store that all nodes share"
        )
    return [
        f"{node.address} has {name} {node.versions.get(name)}, this machine {version}: last digits may differ"
        for node in nodes
        for name, version in own.items()
        if node.versions.get(name) != version
    ]


def _is_other_harness(node: ClusterNode) -> bool:
    return node.versions.get("paper-harness") != harness.__version__


def versions_here() -> dict[str, str | None]:
    """Return the installed versions of the packages on which numbers depend."""
    found: dict[str, str | None] = {"paper-harness": harness.__version__}
    for name in (*BACKENDS.values(), *COMPARED):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def look(mark: Path) -> tuple[dict[str, str | None], bool]:
    """Return the installed versions on a node, and whether it has access to a file."""
    return versions_here(), mark.exists()

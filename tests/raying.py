"""Does jobs of the kinds of fakes in a process of a Ray cluster; the tests name it in place of harness's own entry."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import fakes
import pytest
import ray

from harness.run import executor
from harness.working import attempt_job

_PATCH = pytest.MonkeyPatch()


def attempt_of_fakes(pack: Path, options: Any, key: str) -> Any:
    """Register the fakes once in this process, then do the job; tell of it, and take as long as the test wants."""
    if not hasattr(executor, "told"):
        fakes.registered(_PATCH).__enter__()
        perform = executor.PERFORM

        def telling(do: Any) -> Any:
            def told(job: Any, *given: Any) -> Any:
                if job.verb.keeps_result:
                    with (options.store.parent / "log").open("ab", buffering=0) as log:
                        log.write(f"{job.key} {ray.get_runtime_context().get_node_id()}\n".encode())
                    time.sleep(float(os.environ.get("RAYING_SECONDS", "0")))
                return do(job, *given)

            return told

        executor.PERFORM = {verb: telling(do) for verb, do in perform.items()}
        executor.told = True
    return attempt_job(pack, options, key)

"""The environment of an invocation: backend, device, versions, commit, threads."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import harness
from harness.errors import NoDevice, UsageError
from harness.files import read_regular
from harness.paths import homed, keras_home

Device = Literal["auto", "cpu", "gpu"]
BACKENDS = {"tensorflow": "tensorflow", "jax": "jax"}
"""Keras backend -> its distribution."""
NUMPY = "numpy"
"""The name of the backend for kinds that need none."""
SETTINGS_BYTES = 2**16
"""Largest size of Keras' settings file."""
_SHOWN = ("keras", "numpy", "scipy", "scikit-learn", "pydantic")


@dataclass(frozen=True)
class Environment:
    """The machine and software of one invocation.

    Attributes:
        backend: name of the Keras backend.
        device: ``cpu`` or ``gpu``.
        facts: the facts in the provenance; equal for two invocations that should give the same numbers.
    """

    backend: str
    device: str
    facts: dict[str, Any]

    @property
    def platform(self) -> str:
        """Backend and device type: ``tensorflow-cpu``; the store keeps the results of each separate."""
        return f"{self.backend}-{self.device}"

    @property
    def digest(self) -> str:
        """First 12 hex digits of the SHA-256 of the facts."""
        return hashlib.sha256(json.dumps(self.facts, sort_keys=True).encode()).hexdigest()[:12]


def find_environment(device: Device = "auto") -> Environment:
    """Determine backend and device.

    ``auto`` chooses a GPU if the machine has an NVIDIA device file and the backend, which is then imported, finds it.

    Raises:
        UsageError: if harness does not support the Keras backend, or if it is not installed.
    """
    backend = backend_name()
    if find_spec(backend) is None:
        raise UsageError(f"the Keras backend is {backend}, which is not installed; {_repair(backend)}")
    if device == "auto":
        device = "gpu" if Path("/dev/nvidia0").exists() and _backend_sees_gpu(backend) else "cpu"
    return Environment(backend, device, _facts(backend, device))


def backend_name() -> str:
    """Return the Keras backend as Keras itself chooses it: KERAS_BACKEND, else its configuration, else TensorFlow.

    Raises:
        UsageError: if harness does not support it.
    """
    name = os.environ.get("KERAS_BACKEND", "")
    if not name:
        folder = keras_home()
        file = folder / "keras.json" if folder else None
        if file is not None and file.exists() and not (file.is_file() or file.is_dir()):
            raise UsageError(f"{file}: expected Keras' settings file, found a pipe or a device; remove it")
        try:
            name = str(json.loads(read_regular(file, SETTINGS_BYTES))["backend"]) if file else ""
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            name = ""
    name = name or "tensorflow"
    if name not in BACKENDS:
        msg = f"KERAS_BACKEND is {name!r}; expected one of {', '.join(BACKENDS)}; set KERAS_BACKEND=tensorflow"
        raise UsageError(msg)
    return name


def without_backend() -> Environment:
    """Return the environment of kinds that only use NumPy, for which no backend is imported."""
    return Environment(NUMPY, "cpu", _facts(NUMPY, "cpu"))


def computing(environment: Environment) -> AbstractContextManager[Any]:
    """Import the backend, which takes seconds, and return a context in which it computes on the device.

    Raises:
        NoDevice: if the backend cannot be imported, or does not find such a device.
    """
    if environment.backend == NUMPY:
        return nullcontext()
    context: AbstractContextManager[Any] = _engine(environment.backend).on(environment.device)
    return context


def standardise() -> None:
    """Reset the backend's precision and formats, if it was imported, because the last job may have changed them."""
    loaded = sys.modules.get("harness.engine.backend")
    if loaded is not None:
        loaded.standardise()


def _engine(name: str) -> ModuleType:
    """Return the engine's module for this backend, even if Keras' settings have changed since.

    Raises:
        NoDevice: if it cannot be imported.
    """
    os.environ["KERAS_BACKEND"] = name
    try:
        with homed():
            from harness.engine import backend  # noqa: PLC0415  the backend takes seconds to import
    except ImportError as error:
        why = " ".join(str(error).split())[:200]
        raise NoDevice(f"the Keras backend {name} cannot be imported ({why}); {_repair(name)}") from error
    return backend


def _repair(backend: str) -> str:
    """Return how to install a backend, or use another; never ``harness[…]``, which is another project on the index."""
    extra = f"'.[{backend}]'" if backend != "tensorflow" else "."
    target = "make extras" if backend != "tensorflow" else "make install"
    other = next(name for name in BACKENDS if name != backend)
    return (
        f"in the checkout of harness run `{target}`, or `python -m pip install {extra}` in its environment; "
        f"or use the other backend: KERAS_BACKEND={other}"
    )


def _backend_sees_gpu(backend: str) -> bool:
    try:
        return any(name.startswith("gpu") for name in _engine(backend).devices())
    except NoDevice:
        return False  # reported for each claim that needs a computation


def _facts(backend: str, device: str) -> dict[str, Any]:
    names = (BACKENDS.get(backend, backend), *_SHOWN)
    return {
        "harness": harness.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "backend": backend,
        "device": device,
        "versions": {name: _version(name) for name in names},
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "threads": _threads(backend),
        "settings": {k: os.environ[k] for k in ("TF_ENABLE_ONEDNN_OPTS", "OMP_NUM_THREADS") if k in os.environ},
    }


def _threads(backend: str) -> int | None:
    """Return the number of threads of one operation: TensorFlow's setting, else the number of available processors."""
    told = os.environ.get("TF_NUM_INTRAOP_THREADS", "") if backend == "tensorflow" else ""
    if told.isdecimal() and int(told) > 0:
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the processor's model name, or its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str | None:
    """Return the commit of harness's checkout, marked if files were changed; None outside a checkout."""
    here = Path(harness.__file__).resolve().parent
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--match="],
            cwd=here, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
        tracked = subprocess.run(
            ["git", "ls-files", "--error-unmatch", "__init__.py"],
            cwd=here, capture_output=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() if tracked.returncode == 0 else None

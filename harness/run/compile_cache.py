"""Keeps compiled programs in the store, through the backend's own persistent cache, so that other processes reuse them.

The folder ``compiled/`` of the store has one folder for each backend, its versions, the device and the processor's
features: code compiled for one processor may not run on another. It can be deleted at any time. TensorFlow fails on a
damaged file of its cache, which a killed process or a full disk can leave. So each file is listed with its SHA-256 when
the process that wrote it ends. A file that is not listed, or differs from the list, is removed before the next process
starts.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path

from harness.drafts import replace_file
from harness.files import make_folder, read_regular

FOLDER = "compiled"
"""Name of the folder in the store."""
LIST = "files.json"
"""File name -> SHA-256 of the files that finished processes wrote."""
MOST_BYTES = 2**30
"""Size limit for the folder of one environment; the least recently used files are removed first."""
MOST_FILE = 2**28
"""Largest size of one compiled program."""
DISTRIBUTIONS = {"tensorflow": ("tensorflow", "keras"), "jax": ("jax", "jaxlib", "keras")}
"""Keras backend -> distributions on whose versions compiled code depends."""
TF_FLAGS = "TF_XLA_FLAGS"
JAX_SETTINGS = {
    "JAX_COMPILATION_CACHE_DIR": "",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
"""Environment variable -> value; the folder is substituted."""


@contextmanager
def kept_compiled(root: Path, backend: str, device: str, *, alone: bool = True) -> Iterator[None]:
    """Let the backend keep compiled programs in the store; if the store cannot be written, they are compiled again.

    Nothing is set if the backend was already imported, has no such cache, or if the user has set one.

    Args:
        root: the store; locked, or shared with other workers.
        backend: name of the Keras backend.
        device: ``cpu`` or ``gpu``.
        alone: whether no other process compiles for this store; programs of other active workers are not listed yet.
    """
    if backend not in DISTRIBUTIONS or backend in sys.modules or _is_set(backend):
        yield
        return
    folder = root / FOLDER / f"{backend}-{device}-{_environment(backend)}"
    try:
        make_folder(folder, below=root)
        if alone:
            _check(folder)
    except OSError:
        yield
        return
    ours = _settings(backend, str(folder.resolve()))
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        with suppress(OSError):
            _list(folder)


def _is_set(backend: str) -> bool:
    """Whether the user has chosen a cache."""
    if backend == "tensorflow":
        return "tf_xla_persistent_cache" in os.environ.get(TF_FLAGS, "")
    return not JAX_SETTINGS.keys().isdisjoint(os.environ)


def _settings(backend: str, folder: str) -> dict[str, str]:
    """Return the environment variables that name the folder to the backend."""
    if backend == "tensorflow":
        ours = f"--tf_xla_persistent_cache_directory={folder} --tf_xla_persistent_cache_read_only=false"
        return {TF_FLAGS: f"{os.environ.get(TF_FLAGS, '')} {ours}".strip()}
    return {name: value or folder for name, value in JAX_SETTINGS.items()}


def _environment(backend: str) -> str:
    """Return a digest of everything on which compiled code depends besides the program."""
    versions = []
    for name in DISTRIBUTIONS[backend]:
        with suppress(metadata.PackageNotFoundError):
            versions.append(f"{name} {metadata.version(name)}")
    flags = [f"{name}={os.environ.get(name, '')}" for name in ("XLA_FLAGS", TF_FLAGS, "TF_ENABLE_ONEDNN_OPTS")]
    text = "\n".join([*versions, *flags, platform.machine(), _processor(), *_gpus()])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _processor() -> str:
    """Return the features of the first processor, or its description by the platform."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = ("flags", "Features", "model name")
        return "\n".join({name: line for line in lines for name in names if line.startswith(name)}.values())
    return platform.processor()


def _gpus() -> list[str]:
    """Return what the driver reports about NVIDIA GPUs: model and versions."""
    found = []
    with suppress(OSError):
        for file in sorted(Path("/proc/driver/nvidia").glob("gpus/*/information")):
            found += [line for line in file.read_text(errors="replace").splitlines() if line.startswith("Model")]
        found.append(Path("/proc/driver/nvidia/version").read_text(errors="replace"))
    return found


def _check(folder: Path) -> None:
    """Remove files that are not listed or differ from the list, then the least recently used above the limit."""
    listed = _listed(folder)
    kept = []
    for file in _files(folder):
        before = file.lstat()
        if listed.get(str(file.relative_to(folder))) == _digest(file):
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # reading it here does not count as use
            kept.append((before.st_atime, before.st_size, file))
        else:
            file.unlink()
    left = sum(size for _, size, _ in kept)
    for _, size, file in sorted(kept, key=lambda each: each[:2]):
        if left <= MOST_BYTES:
            return
        file.unlink()
        left -= size


def _list(folder: Path) -> None:
    """List every file; the backend no longer writes any."""
    found = {str(file.relative_to(folder)): _digest(file) for file in _files(folder)}
    replace_file(folder / LIST, json.dumps(found, sort_keys=True, indent=1).encode(), durable=False)


def _listed(folder: Path) -> dict[str, str]:
    try:
        listed = json.loads(read_regular(folder / LIST, MOST_FILE, follow=False))
    except (OSError, ValueError, RecursionError):
        return {}
    return listed if isinstance(listed, dict) else {}


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.name != LIST and (path.is_symlink() or path.is_file())]


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(read_regular(file, MOST_FILE, follow=False)).hexdigest()
    except (OSError, ValueError):
        return ""

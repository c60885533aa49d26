"""What every test starts from: a home of its own, no network, quiet libraries, and where real data lies if it does."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import jaxtyping
import pytest

HOME = Path(tempfile.mkdtemp(prefix="harness-tests-home-"))
"""Set before anything is imported: keras and matplotlib look for their settings while they are imported."""

for name in ("KERAS_HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
    os.environ.pop(name, None)
os.environ |= {"HOME": str(HOME), "USERPROFILE": str(HOME), "TF_CPP_MIN_LOG_LEVEL": "3"}
for name in [name for name in os.environ if name.startswith("PIP_")]:
    del os.environ[name]
os.environ |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}  # a package index is a network too
if os.environ.get("HARNESS_DATA_DIR"):  # tests change the working folder
    os.environ["HARNESS_DATA_DIR"] = str(Path(os.environ["HARNESS_DATA_DIR"]).resolve())

# A loaded machine is slow without being wrong; in CI the same examples are drawn every time.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")

# Every function of the engine checks the shapes it declares, whichever test calls it.
jaxtyping.install_import_hook("harness.engine", "beartype.beartype")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs: Sequence[Any]) -> None:
    """Share the processors out among the workers, which inherit these settings; a user's own stay.

    BLAS threads wait for one another in a busy loop, so each worker has one. TensorFlow and XLA have two at least: what
    must not depend on threads is tried with more than one.
    """
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC"):
        os.environ.setdefault(name, str(max(2, processors // len(specs))))


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


def _local(address: Any) -> bool:
    """Whether an address of a socket lies on this machine."""
    if not isinstance(address, tuple):
        return True  # a Unix socket's path
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return address[0] in {"", "localhost"}


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Refuse every connection and look-up that leaves this machine, as a machine without a network does."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse(address: Any) -> None:
        if not _local(address):
            raise OSError(f"tests have no network, but something asked for {address}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        refuse(address)
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        refuse((host.decode() if isinstance(host, bytes) else host or "",))
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


@pytest.fixture(scope="session")
def mnist() -> Path:
    """The folder that holds real MNIST; the test is skipped where HARNESS_DATA_DIR names none."""
    folder = os.environ.get("HARNESS_DATA_DIR")
    if not folder or not (Path(folder) / "mnist.npz").is_file():
        pytest.skip("needs real MNIST: set HARNESS_DATA_DIR to a folder with mnist.npz")
    return Path(folder)


@pytest.fixture
def fakes_without_pdf(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kinds of fakes, and reports without the PDF, each of which takes seconds."""
    import fakes

    from harness.report.folder import render

    monkeypatch.setattr("harness.pipeline.render", lambda *given, pdf: render(*given, pdf=False))
    with fakes.registered(monkeypatch):
        yield


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report folder, with its record, of a verified pack of fakes."""
    import fakes

    from harness.pipeline import verify
    from harness.prepared import Options

    folder = tmp_path_factory.mktemp("reported")
    with pytest.MonkeyPatch.context() as patch, fakes.registered(patch):
        pack = fakes.write_pack(folder / "specs" / "fakes")
        verify((pack,), Options(out=folder / "reports", store=folder / "store"))
    return folder / "reports" / "fakes"

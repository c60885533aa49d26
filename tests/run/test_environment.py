"""The backend comes up as it was found, and with the precision every number depends on."""

import json
import os
from contextlib import nullcontext

import keras
import pytest

from harness.engine import backend
from harness.errors import NoDevice, UsageError
from harness.run import environment as module
from harness.run.environment import backend_name, computing, find_environment


@pytest.fixture(autouse=True)
def _no_backend_named(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delenv("KERAS_HOME", raising=False)


@pytest.fixture
def homeless(monkeypatch):
    """A user id without an entry in passwd, and no HOME."""

    def none(_):
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", none)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_the_backend_is_tensorflow():
    assert backend_name() == "tensorflow"
    assert find_environment("cpu").backend == "tensorflow"


SETTINGS = {
    "another backend": (json.dumps({"backend": "jax"}), "jax"),
    "no backend": ("{}", "tensorflow"),
    "an empty backend": (json.dumps({"backend": ""}), "tensorflow"),
    "no JSON": ("{", "tensorflow"),
    "no mapping": ("[]", "tensorflow"),
    "no text": (b"\xff\xfe", "tensorflow"),
    "deep nesting": ("[" * 50_000, "tensorflow"),
    "too much": (" " * 2**17, "tensorflow"),
}


@pytest.mark.parametrize("written", SETTINGS)
def test_keras_settings_name_the_backend_and_what_cannot_be_read_names_none(tmp_path, written, monkeypatch):
    text, backend = SETTINGS[written]
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert backend_name() == backend


@pytest.mark.parametrize("odd", ["fifo", "zero"])
def test_settings_that_would_never_end_are_refused_before_keras_waits_for_them(tmp_path, odd, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    file = tmp_path / "keras.json"
    {"fifo": lambda: os.mkfifo(file), "zero": lambda: file.symlink_to("/dev/zero")}[odd]()
    with pytest.raises(UsageError, match="expected Keras' settings file, found a pipe or a device"):
        backend_name()


def test_a_folder_in_place_of_the_settings_names_no_backend(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").mkdir()
    assert backend_name() == "tensorflow"


@pytest.mark.parametrize(("backend", "repair"), [("jax", "make extras"), ("tensorflow", "make install")])
def test_a_backend_that_is_not_installed_is_said_before_anything_is_run(backend, repair, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=f"the Keras backend is {backend}, which is not installed") as caught:
        find_environment("cpu")
    assert f"`{repair}`" in str(caught.value)
    assert "install harness" not in str(caught.value)


def test_a_backend_that_cannot_be_imported_is_a_device_that_is_missing(monkeypatch):
    def broken(name, *given, **how):
        if name == "harness.engine":
            raise ModuleNotFoundError("No module named 'jaxlib'")
        return original(name, *given, **how)

    original = __import__
    around = find_environment("cpu")
    monkeypatch.setattr("builtins.__import__", broken)
    with pytest.raises(NoDevice, match=r"cannot be imported \(No module named 'jaxlib'\); in the checkout"):
        computing(around)


def test_the_backend_that_was_found_out_is_the_one_that_computes(tmp_path, monkeypatch):
    around = find_environment("cpu")
    monkeypatch.setenv("KERAS_BACKEND", "another by now")
    computing(around)
    assert os.environ["KERAS_BACKEND"] == around.backend


def test_the_backend_that_comes_up_is_the_one_that_was_found_be_it_in_keras_json(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text(f'{{"backend": "{backend.BACKEND}"}}')
    found = module.find_environment("cpu")
    with module.computing(found):
        assert os.environ["KERAS_BACKEND"] == found.backend == backend.BACKEND == keras.backend.backend()


def test_what_one_job_has_set_is_set_back_before_the_next():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("mixed_float16")
    try:
        module.standardise()
        assert (keras.config.floatx(), keras.config.dtype_policy().name) == ("float32", "float32")
    finally:
        backend.standardise()


class Machine:
    """A machine with or without the device file of a GPU, and a backend that sees it or not."""

    def __init__(self, patch, *, file, seen):
        exists = module.Path.exists
        patch.setattr(module.Path, "exists", lambda path: file if str(path) == "/dev/nvidia0" else exists(path))
        self.asked = 0
        self.seen = seen
        patch.setattr(module, "_engine", lambda _: self)

    def devices(self):
        self.asked += 1
        if isinstance(self.seen, Exception):
            raise self.seen
        return self.seen


@pytest.mark.parametrize(("file", "seen", "chosen"), [
    (True, {"gpu:0": "H100", "cpu:0": ""}, "gpu"),
    (True, {"cpu:0": ""}, "cpu"),
    (True, NoDevice("it cannot be imported"), "cpu"),
    (False, {"gpu:0": "H100", "cpu:0": ""}, "cpu"),
])  # fmt: skip
def test_a_gpu_is_taken_where_there_is_one_that_the_backend_sees(file, seen, chosen, monkeypatch):
    machine = Machine(monkeypatch, file=file, seen=seen)
    found = find_environment("auto")
    assert (found.device, found.platform, found.facts["device"]) == (chosen, f"{found.backend}-{chosen}", chosen)
    assert machine.asked == file  # a machine without the file never imports the backend for it


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_a_device_that_was_asked_for_is_taken_without_looking(device, monkeypatch):
    machine = Machine(monkeypatch, file=True, seen={"gpu:0": ""})
    assert find_environment(device).device == device
    assert machine.asked == 0


def test_a_device_that_is_not_there_is_refused_with_those_that_are(monkeypatch):
    monkeypatch.setattr(backend, "devices", lambda: {"cpu:0": ""})
    with pytest.raises(NoDevice, match="'gpu' is not on this machine, which has cpu:0"):
        backend.on("gpu")


@pytest.mark.parametrize(("name", "first"), [(None, "gpu:0"), ("gpu", "gpu:0"), ("gpu:1", "gpu:1"), ("cpu", "cpu:0")])
def test_of_several_devices_the_one_asked_for_is_computed_on(name, first, monkeypatch):
    monkeypatch.setattr(backend, "devices", lambda: {"gpu:0": "", "gpu:1": "", "cpu:0": ""})
    monkeypatch.setattr(backend.keras, "device", nullcontext)
    with backend.on(name) as chosen:
        assert chosen == first


@pytest.mark.parametrize(
    ("said", "backend_", "threads"), [("3", "tensorflow", 3), ("3", "jax", None), ("x", "tensorflow", None)]
)
def test_the_threads_that_tensorflow_is_told_are_those_that_the_record_names(said, backend_, threads, monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", said)
    assert module._threads(backend_) == (threads or len(os.sched_getaffinity(0)))


def test_a_worker_that_shares_a_gpu_takes_its_part_of_the_memory_alone(monkeypatch):
    if backend.BACKEND != "tensorflow":
        pytest.skip("JAX has a setting of its own")
    taken = []
    monkeypatch.setattr(backend.tf.config, "list_physical_devices", lambda _: ["the GPU"])
    monkeypatch.setattr(backend.tf.config, "set_logical_device_configuration", lambda *given: taken.append(given))
    answer = type("Answer", (), {"stdout": "81559\n"})
    monkeypatch.setattr(backend.subprocess, "run", lambda *_, **__: answer)
    backend.limit_gpu_memory("0.45")
    ((device, (limit,)),) = taken
    assert (device, limit.memory_limit) == ("the GPU", int(81559 * 0.45))
    for nonsense in ("", "0", "2", "x"):
        backend.limit_gpu_memory(nonsense)
    assert len(taken) == 1

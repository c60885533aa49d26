"""Compiled programs are kept in the store, and whatever is wrong with them costs no more than compiling again."""

import json
import os
import subprocess
import sys

import pytest

from harness.run import compile_cache
from harness.run.compile_cache import FOLDER, LIST, kept_compiled

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
VARIABLE = {"tensorflow": "TF_XLA_FLAGS", "jax": "JAX_COMPILATION_CACHE_DIR"}


@pytest.fixture(params=["tensorflow", "jax"])
def fresh(request, monkeypatch):
    """A backend, as in a process that has not imported it and whose user has set nothing."""
    monkeypatch.delitem(sys.modules, request.param, raising=False)
    for name in ("TF_XLA_FLAGS", "XLA_FLAGS", *compile_cache.JAX_SETTINGS):
        monkeypatch.setenv(name, "")  # so that it is restored
        monkeypatch.delenv(name)
    return request.param


def folder_of(root):
    (found,) = (root / FOLDER).iterdir()
    return found


def keep(root, backend, **files):
    """Keep files as a backend would have written them."""
    with kept_compiled(root, backend, "cpu"):
        for name, content in files.items():
            (folder_of(root) / name).write_bytes(content)


def there(root):
    return {path.name for path in folder_of(root).iterdir()} - {LIST}


def test_the_backend_is_told_a_folder_of_the_store_before_it_is_imported(fresh, tmp_path):
    with kept_compiled(tmp_path, fresh, "cpu"):
        assert str(folder_of(tmp_path).resolve()) in os.environ[VARIABLE[fresh]]
    assert folder_of(tmp_path).name.startswith(f"{fresh}-cpu-")


def test_what_a_process_that_ended_has_kept_stays(fresh, tmp_path):
    keep(tmp_path, fresh, one=b"1", two=b"2")
    keep(tmp_path, fresh, three=b"3")
    assert there(tmp_path) == {"one", "two", "three"}


def test_a_file_that_was_changed_or_that_a_killed_process_left_is_removed_before_the_backend_reads_it(fresh, tmp_path):
    keep(tmp_path, fresh, good=b"1", cut=b"22222222", swapped=b"3")
    (folder_of(tmp_path) / "cut").write_bytes(b"22")
    (folder_of(tmp_path) / "unlisted").write_bytes(b"4")
    (folder_of(tmp_path) / "swapped").unlink()
    (folder_of(tmp_path) / "swapped").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(b"3")
    with kept_compiled(tmp_path, fresh, "cpu"):
        assert there(tmp_path) == {"good"}
    assert (tmp_path / "elsewhere").read_bytes() == b"3"


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 10**5])
def test_a_list_that_cannot_be_read_costs_the_cache_and_nothing_else(fresh, tmp_path, content):
    keep(tmp_path, fresh, good=b"1")
    (folder_of(tmp_path) / LIST).write_bytes(content)
    keep(tmp_path, fresh, other=b"2")
    assert there(tmp_path) == {"other"}
    assert set(json.loads((folder_of(tmp_path) / LIST).read_text())) == {"other"}


def test_the_files_longest_unused_are_removed_where_the_folder_has_grown_too_large(fresh, tmp_path, monkeypatch):
    keep(tmp_path, fresh, old=b"1" * 40, new=b"2" * 40, middle=b"3" * 40)
    for age, name in ((30, "old"), (20, "middle"), (10, "new")):
        os.utime(folder_of(tmp_path) / name, (1e9 - age, 1e9))
    monkeypatch.setattr(compile_cache, "MOST_BYTES", 100)
    keep(tmp_path, fresh)
    assert there(tmp_path) == {"middle", "new"}


def test_another_version_of_the_backend_has_another_folder(fresh, tmp_path, monkeypatch):
    keep(tmp_path, fresh)
    monkeypatch.setattr(compile_cache.metadata, "version", lambda name: "0.0")
    keep(tmp_path, fresh)
    assert len(list((tmp_path / FOLDER).iterdir())) == 2


def test_a_cache_the_user_has_chosen_is_left_alone(fresh, tmp_path, monkeypatch):
    given = {"tensorflow": "--tf_xla_persistent_cache_directory=/mine", "jax": "/mine"}[fresh]
    monkeypatch.setenv(VARIABLE[fresh], given)
    with kept_compiled(tmp_path, fresh, "cpu"):
        assert os.environ[VARIABLE[fresh]] == given
    assert not (tmp_path / FOLDER).exists()


def test_nothing_is_set_for_a_backend_that_was_imported_before_nor_for_kinds_that_need_none(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", sys)
    for backend in ("jax", "numpy"):
        with kept_compiled(tmp_path, backend, "cpu"):
            assert not (tmp_path / FOLDER).exists()


def test_a_store_in_which_no_folder_can_be_made_goes_without(fresh, tmp_path):
    (tmp_path / FOLDER).write_text("a file")
    with kept_compiled(tmp_path, fresh, "cpu"):
        assert VARIABLE[fresh] not in os.environ


PROGRAM = """
import sys
from pathlib import Path
from harness.run.compile_cache import kept_compiled
with kept_compiled(Path(sys.argv[1]), sys.argv[2], "cpu"):
    from harness.engine import backend
    import numpy as np
    from keras import ops
    with backend.on("cpu"):
        double = backend.jit(lambda x: ops.while_loop(lambda x: ops.sum(x) < 99.0, lambda x: (x + x,), (x,))[0])
        print(backend.to_numpy(double(np.ones(3, np.float32)))[0][0])
    from harness.compiling import STOPWATCH
    print(STOPWATCH.programs, STOPWATCH.seconds > 0)
"""


def test_a_second_process_reads_what_the_first_compiled_and_a_damaged_file_does_not_hurt_it(tmp_path):
    def run():
        words = [sys.executable, "-c", PROGRAM, str(tmp_path), BACKEND]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == ["64.0", "1", "True"]
        return {path.name: path.read_bytes() for path in folder_of(tmp_path).iterdir() if path.is_file()}

    first = run()
    assert len(first) > 1
    largest = max(first.keys() - {LIST}, key=lambda name: len(first[name]))
    (folder_of(tmp_path) / largest).write_bytes(first[largest][:20])
    second = run()
    assert len(second[largest]) > 20
    assert second.keys() == first.keys()

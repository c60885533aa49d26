import io
import tracemalloc

import h5py
import numpy as np
import pytest
from written import hdf5

from harness.sources import Unsound
from harness.sources.hdf5 import MOST_DEPTH, Hdf5

ARRAYS = {
    "layers/conv2d/vars/0": np.arange(24, dtype=np.float32).reshape(2, 3, 1, 4),
    "layers/conv2d/vars/1": np.arange(4, dtype=np.float16),
    "layers/dense/vars/0": np.arange(6, dtype=">f8").reshape(2, 3),
    "optimizer/vars/0": np.array(3),
}


def written(make):
    packed = io.BytesIO()
    with h5py.File(packed, "w") as file:
        make(file)
    return packed.getvalue()


def test_every_array_is_read_to_the_bit():
    file = Hdf5(hdf5(ARRAYS))
    assert set(file.names) == set(ARRAYS)
    for name, array in ARRAYS.items():
        stored = file.stored(name)
        assert (stored.kind, stored.shape, stored.size) == (array.dtype.kind, array.shape, array.nbytes)
        assert stored.read().tobytes() == array.tobytes()


def test_groups_that_hold_one_another_are_entered_once():
    def knot(file):
        file["a/x"] = np.zeros(2)
        file["a/again"] = file["a"]
        file["a/b/up"] = file["/"]

    assert Hdf5(written(knot)).names == ("a/x",)


def test_links_to_elsewhere_and_to_nothing_are_passed_over(tmp_path):
    def links(file):
        file["x"] = np.zeros(2)
        file["soft"] = h5py.SoftLink("/soft")
        file["other"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/x")

    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = np.ones(2)
    assert Hdf5(written(links)).names == ("x",)


def test_groups_within_groups_without_end_are_refused():
    with pytest.raises(Unsound, match="nested groups"):
        Hdf5(hdf5({"/".join("g" * (MOST_DEPTH + 3)): np.zeros(1)}))


PIECES = {
    "compressed": lambda file, secret: file.create_dataset("x", data=np.zeros(1000), compression="gzip"),
    "chunked": lambda file, secret: file.create_dataset("x", shape=(10,), maxshape=(None,), chunks=(10,), dtype="f4"),
    "never written": lambda file, secret: file.create_dataset("x", shape=(10**9,), dtype="f4"),
    "in another file": lambda file, secret: file.create_dataset(
        "x", shape=(2,), dtype="f8", external=[(secret, 0, 16)]
    ),
    "virtual": lambda file, secret: file.create_virtual_dataset("x", h5py.VirtualLayout((10**9,), "f4")),
}


@pytest.mark.parametrize("fault", PIECES)
def test_arrays_that_are_not_whole_within_the_file_are_refused_and_nothing_is_allocated(fault, tmp_path):
    (tmp_path / "secret").write_bytes(b"\0" * 16)
    content = written(lambda file: PIECES[fault](file, str(tmp_path / "secret")))
    file = Hdf5(content)
    tracemalloc.start()
    with pytest.raises(Unsound, match=r"x has .* bytes in the file"):
        file.stored("x").read()
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_texts_and_tables_are_known_to_be_no_floats():
    def make(file):
        file["text"] = "abc"
        file["table"] = np.zeros(2, [("a", "f4"), ("b", "i4")])

    file = Hdf5(written(make))
    assert {file.stored(name).kind for name in file.names} == {"O", "V"}


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(500), b"PK\x03\x04"])
def test_what_is_no_such_file_is_refused_in_one_line(content):
    with pytest.raises(Unsound, match=r"is not a \.weights\.h5 file, or is damaged") as caught:
        Hdf5(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_refused(share):
    content = hdf5(ARRAYS)
    with pytest.raises(Unsound):
        Hdf5(content[: int(share * len(content))])

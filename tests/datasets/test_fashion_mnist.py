import gzip
import hashlib
import os

import numpy as np
import pytest
from written import idx

from harness.datasets import fashion_mnist as module
from harness.datasets.fashion_mnist import FashionMnist, read_idx
from harness.errors import DataMissing
from harness.kinds.data_files import DataFolders
from harness.sources import Unsound

BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


@pytest.fixture(autouse=True)
def small(monkeypatch, keras_cache):
    """Pretends that Fashion-MNIST has 30 training and 20 test images; the files by name."""
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (30, 28, 28), dtype=np.uint8),
        "y_train": rng.integers(0, 10, 30, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "y_test": rng.integers(0, 10, 20, dtype=np.uint8),
    }
    files = {}
    for name, (file, _, _) in list(module.FILES.items()):
        files[file] = idx(arrays[name])
        known = (file, arrays[name].shape, hashlib.sha256(files[file]).hexdigest())
        monkeypatch.setitem(module.FILES, name, known)
    return arrays, files


def put(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_kerass_four_files_are_read_in_their_order_and_pixels_divided_by_255(tmp_path, small):
    arrays, files = small
    put(tmp_path / "fashion-mnist", files)
    splits = FashionMnist()((tmp_path,))
    for name, split in splits.items():
        np.testing.assert_array_equal(split.images[..., 0], arrays[f"x_{name}"].astype(np.float32) / np.float32(255))
        np.testing.assert_array_equal(split.labels, arrays[f"y_{name}"])
        np.testing.assert_array_equal(split.index, np.arange(len(split)))


def test_the_files_are_also_found_in_the_folder_itself_and_in_keras_cache(tmp_path, small, keras_cache):
    _, files = small
    images = {name: content for name, content in files.items() if "images" in name}
    put(tmp_path, images)
    put(keras_cache / "fashion-mnist", {name: files[name] for name in files.keys() - images})
    assert len(FashionMnist()((tmp_path,))["train"]) == 30


def test_what_is_not_there_is_downloaded_from_kerass_address_and_kept_where_keras_looks(
    tmp_path, small, served, keras_cache
):
    _, files = small
    answers, asked = served
    put(tmp_path / "fashion-mnist", {name: content for name, content in files.items() if "images" in name})
    answers.update({BASE + name: content for name, content in files.items()})
    first = FashionMnist()((tmp_path,))
    labels = sorted(name for name in files if "labels" in name)
    assert sorted(asked) == [BASE + name for name in labels]
    assert sorted(path.name for path in (keras_cache / "fashion-mnist").iterdir()) == labels
    assert "downloaded from" in first.origin
    again = FashionMnist()((tmp_path,))
    assert len(asked) == 2
    assert FashionMnist().digest(again) == FashionMnist().digest(first)


def test_a_file_of_the_user_is_never_replaced_and_the_download_kept_in_the_store(tmp_path, small, served, keras_cache):
    _, files = small
    answers, _ = served
    put(keras_cache / "fashion-mnist", dict.fromkeys(files, b"mine"))
    answers.update({BASE + name: content for name, content in files.items()})
    folders = DataFolders((), tmp_path / "store")
    splits = FashionMnist()(folders)
    assert {path.read_bytes() for path in (keras_cache / "fashion-mnist").iterdir()} == {b"mine"}
    assert sum("passed over" in note for note in splits.notes) == 4
    answers.clear()
    assert len(FashionMnist()(folders)["test"]) == 20


@pytest.mark.parametrize("there", ["nothing", "MNIST", "cut", "FIFO"])
def test_what_is_missing_is_said_with_every_place_and_the_remedy(tmp_path, small, there):
    _, files = small
    folder = put(tmp_path / "here" / "fashion-mnist", files)
    file = folder / "t10k-labels-idx1-ubyte.gz"
    content = file.read_bytes()
    file.unlink()
    if there == "FIFO":
        os.mkfifo(file)
    elif there != "nothing":
        file.write_bytes(idx(np.zeros(20, np.uint8)) if there == "MNIST" else content[:-5])
    with pytest.raises(DataMissing) as caught:
        FashionMnist()((tmp_path / "here",))
    told = str(caught.value)
    for part in (
        "Fashion-MNIST is missing",
        file.name,
        str(tmp_path / "here"),
        "HARNESS_OFFLINE forbids it",
        "--data-dir",
    ):
        assert part in told
    assert {"nothing": "", "FIFO": "found a FIFO"}.get(there, f"{file} has the SHA-256") in told
    assert "\n" not in told


def test_a_download_that_is_another_file_leaves_nothing_behind(small, served, keras_cache):
    served[0].update({BASE + name: b"<html>a portal</html>" for name in small[1]})
    with pytest.raises(DataMissing, match="failed: what came has the SHA-256"):
        FashionMnist()(())
    assert not keras_cache.exists()


def test_the_digests_of_the_files_enter_the_key(monkeypatch):
    before = FashionMnist().fingerprint()
    monkeypatch.setitem(module.FILES, "y_test", (*module.FILES["y_test"][:2], "0" * 64))
    assert FashionMnist().fingerprint() != before


IDX = {
    "no gzip": b"nothing",
    "another type": gzip.compress(b"\0\0\x0d\1" + (4).to_bytes(4) + bytes(4)),
    "other axes": idx(np.zeros((2, 2), np.uint8)),
    "another length": idx(np.zeros(5, np.uint8)),
    "cut": gzip.compress(b"\0\0\x08\1" + (4).to_bytes(4) + bytes(3)),
    "a bomb": gzip.compress(bytes(10_000_000)),
}


@pytest.mark.parametrize("fault", IDX)
def test_an_idx_file_of_another_layout_is_refused(fault):
    with pytest.raises(Unsound, match=r"is no IDX file|is damaged"):
        read_idx(IDX[fault], (4,))

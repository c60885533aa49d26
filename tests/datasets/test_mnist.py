import hashlib
import io
import urllib.error
import zipfile

import numpy as np
import pytest

from harness.datasets import mnist as module
from harness.datasets.mnist import Mnist
from harness.errors import DataMissing


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """Pretends that MNIST has 30 training and 20 test images; no home, no network."""
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (30, 28, 28), dtype=np.uint8),
        "y_train": rng.integers(0, 10, 30, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "y_test": rng.integers(0, 10, 20, dtype=np.uint8),
    }
    known = {name: (array.shape, hashlib.sha256(array.tobytes()).hexdigest()) for name, array in arrays.items()}
    monkeypatch.setattr(module, "ARRAYS", known)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("HARNESS_OFFLINE", "1")
    return arrays


def put(folder, arrays):
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "mnist.npz", **arrays)
    return folder


@pytest.fixture
def online(monkeypatch, small):
    """Lets the download answer with whatever is in the list."""
    answers = []
    asked = []

    def urlopen(address, timeout):
        asked.append((address, timeout))
        if not answers:
            raise urllib.error.URLError("no route to host")
        return io.BytesIO(answers.pop())

    monkeypatch.delenv("HARNESS_OFFLINE")
    monkeypatch.setattr(module.urllib.request, "urlopen", urlopen)
    packed = io.BytesIO()
    np.savez_compressed(packed, **small)
    return answers, asked, packed.getvalue()


def test_pixels_are_divided_by_255_and_the_order_is_kept(tmp_path, small):
    splits = Mnist()((put(tmp_path / "a", small),))
    assert splits["train"].images.shape == (30, 28, 28, 1)
    np.testing.assert_array_equal(splits["train"].images[..., 0], small["x_train"] / np.float32(255))
    np.testing.assert_array_equal(splits["test"].labels, small["y_test"])
    np.testing.assert_array_equal(splits["test"].index, np.arange(20))


def test_the_first_folder_that_has_the_file_is_used(tmp_path, small):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert len(Mnist()((empty, tmp_path / "absent", put(tmp_path / "b", small)))["train"]) == 30


def test_the_keras_cache_is_looked_in_last(tmp_path, small):
    put(tmp_path / "keras" / "datasets", small)
    assert len(Mnist()(())["train"]) == 30


def test_a_file_packed_otherwise_is_the_same_data(tmp_path, small):
    first = Mnist()((put(tmp_path / "a", small),))
    np.savez(tmp_path / "mnist.npz", **small)
    assert Mnist().digest(first) == Mnist().digest(Mnist()((tmp_path,)))


def test_where_there_is_none_the_sentence_names_the_folders_and_the_remedy(tmp_path):
    with pytest.raises(DataMissing) as caught:
        Mnist()((tmp_path / "here",))
    sentence = str(caught.value)
    for part in (str(tmp_path / "here"), str(tmp_path / "keras" / "datasets"), "--data-dir", "HARNESS_DATA_DIR"):
        assert part in sentence
    assert "HARNESS_OFFLINE forbids it" in sentence
    assert "\n" not in sentence


def other(arrays, **changed):
    return {name: array for name, array in (arrays | changed).items() if array is not None}


def one_pixel(array):
    changed = array.copy()
    changed[0, 0, 0] ^= 1
    return changed


DAMAGES = {
    "another pixel": (lambda a: other(a, x_train=one_pixel(a["x_train"])), "SHA-256 of x_train"),
    "an array too few": (lambda a: other(a, y_test=None), "lacks an array"),
    "another shape": (lambda a: other(a, x_test=a["x_test"].reshape(20, 784)), r"x_test is uint8 \(20, 784\)"),
    "another dtype": (lambda a: other(a, y_train=a["y_train"].astype(np.int64)), r"y_train is int64 \(30,\)"),
    "floats of the same size": (
        lambda a: other(a, x_train=a["x_train"].view(np.float32)),
        r"x_train is float32 \(30, 28, 7\)",
    ),
    "a huge array": (lambda a: other(a, x_train=np.zeros((10_000, 28, 28), np.uint8)), "x_train would unpack to"),
    "a pickled object": (lambda a: other(a, y_train=np.array([{}] * 3, object)), "y_train"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_not_mnist_is_named_with_what_is_wrong(tmp_path, small, damage):
    change, said = DAMAGES[damage]
    folder = put(tmp_path / "bad", change(small))
    with pytest.raises(DataMissing, match=said) as caught:
        Mnist()((folder,))
    assert str(folder / "mnist.npz") in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a zip", "cut", "flipped"])
def test_a_damaged_file_is_named_and_stays_as_it_is(tmp_path, small, content):
    path = put(tmp_path / "bad", small) / "mnist.npz"
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    path.write_bytes({"cut": whole[:middle], "flipped": flipped}.get(content, content))
    before = path.read_bytes()
    with pytest.raises(DataMissing, match=f"{path} is (damaged|not MNIST)"):
        Mnist()((path.parent,))
    assert path.read_bytes() == before


def test_an_array_whose_header_lies_about_its_shape_is_refused_unread(tmp_path, small):
    folder = put(tmp_path / "bad", small)
    with zipfile.ZipFile(folder / "mnist.npz") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["x_train.npy"] = parts["x_train.npy"].replace(b"(30, 28, 28)", b"(3000000000,)", 1)
    with zipfile.ZipFile(folder / "mnist.npz", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(DataMissing, match="x_train"):
        Mnist()((folder,))


def test_a_damaged_file_does_not_hide_a_sound_one_further_on(tmp_path, small):
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "mnist.npz").write_bytes(b"nothing")
    assert len(Mnist()((bad, put(tmp_path / "good", small)))["train"]) == 30


def test_a_folder_in_the_files_place_is_no_reason_to_stop(tmp_path, small):
    (tmp_path / "odd" / "mnist.npz").mkdir(parents=True)
    assert len(Mnist()((tmp_path / "odd", put(tmp_path / "good", small)))["train"]) == 30


def test_a_download_is_checked_and_kept_in_the_keras_cache(tmp_path, online):
    answers, asked, packed = online
    answers.append(packed)
    assert len(Mnist()(())["test"]) == 20
    assert asked == [(module.ADDRESS, 10)]
    assert (tmp_path / "keras/datasets/mnist.npz").read_bytes() == packed
    assert [path.name for path in (tmp_path / "keras/datasets").iterdir()] == ["mnist.npz"]
    Mnist()(())
    assert len(asked) == 1


def test_a_download_never_replaces_a_file_even_a_damaged_one(tmp_path, online):
    answers, _, packed = online
    mine = tmp_path / "keras/datasets/mnist.npz"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    answers.append(packed)
    assert len(Mnist()(())["train"]) == 30
    assert mine.read_bytes() == b"mine"


@pytest.mark.parametrize("content", [b"<html>a portal</html>", None])
def test_a_download_that_is_not_mnist_leaves_nothing_behind(tmp_path, online, content):
    if content is not None:
        online[0].append(content)
    with pytest.raises(DataMissing, match="downloading it failed"):
        Mnist()(())
    folder = tmp_path / "keras/datasets"
    assert not folder.exists() or not list(folder.iterdir())


def test_the_digests_of_the_arrays_enter_the_key(monkeypatch):
    before = Mnist().fingerprint()
    monkeypatch.setitem(module.ARRAYS, "y_test", ((20,), "0" * 64))
    assert Mnist().fingerprint() != before


def test_the_published_file_is_accepted(mnist, monkeypatch):
    monkeypatch.undo()
    splits = Mnist()((mnist,))
    assert (len(splits["train"]), len(splits["test"])) == (60_000, 10_000)
    assert splits["train"].images.mean(dtype=np.float64) == pytest.approx(0.1306604762738429, rel=1e-6)

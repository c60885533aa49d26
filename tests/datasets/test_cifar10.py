import gzip
import hashlib
import io
import pickle
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from written import batch

from harness.datasets import cifar10 as module
from harness.datasets.cifar10 import Cifar10
from harness.errors import DataMissing

ADDRESS = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
FOLDER = "cifar-10-batches-py"


def packed(files):
    """The archive of a folder of batches."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(tar.getvalue())


def pretend(monkeypatch, files):
    """Let these files be CIFAR-10."""
    archive = packed(files)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(module, "BATCHES", digests)
    monkeypatch.setattr(module, "ARCHIVE", replace(module.ARCHIVE, sha256=hashlib.sha256(archive).hexdigest()))
    return archive


@pytest.fixture(autouse=True)
def small(monkeypatch, keras_cache):
    """Pretends that each batch of CIFAR-10 has 4 images: images, labels, files and the archive."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, 32, 32, 3), dtype=np.uint8)
    labels = rng.integers(0, 10, 24)
    rows = np.arange(24).reshape(6, 4)
    files = {name: batch(images[r], labels[r]) for name, r in zip(module.BATCHES, rows, strict=True)}
    monkeypatch.setattr(module, "IMAGES", 4)
    return images, labels, files, pretend(monkeypatch, files)


def put(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("within", [FOLDER, f"{FOLDER}-target/{FOLDER}"])
def test_batches_of_python_2_are_read_in_their_order_as_rgb_images_divided_by_255(tmp_path, small, within):
    images, labels, files, _ = small
    put(tmp_path / within, files)
    splits = Cifar10()((tmp_path,))
    whole = np.concatenate([splits["train"].images, splits["test"].images])
    np.testing.assert_array_equal(whole, images.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(np.concatenate([splits["train"].labels, splits["test"].labels]), labels)
    assert (len(splits["train"]), len(splits["test"])) == (20, 4)
    np.testing.assert_array_equal(splits["test"].index, np.arange(4))


@pytest.mark.parametrize("name", ["cifar-10-python.tar.gz", f"{FOLDER}.tar.gz", f"{FOLDER}-target_archive"])
def test_the_archive_under_any_of_its_names_holds_the_same(tmp_path, small, name):
    _, _, files, archive = small
    put(tmp_path / "packed", {name: archive})
    put(tmp_path / "unpacked" / FOLDER, files)
    first, second = (Cifar10()((tmp_path / kind,)) for kind in ("packed", "unpacked"))
    assert Cifar10().digest(first) == Cifar10().digest(second)
    assert sorted(path.name for path in (tmp_path / "packed").iterdir()) == [name]


def test_a_download_is_kept_where_keras_looks_for_it(small, served, keras_cache):
    answers, asked = served
    answers[ADDRESS] = small[3]
    first = Cifar10()(())
    assert first.origin == f"downloaded from {ADDRESS}"
    assert (keras_cache / f"{FOLDER}-target_archive").read_bytes() == small[3]
    assert Cifar10().digest(Cifar10()(())) == Cifar10().digest(first)
    assert asked == [ADDRESS]


def test_a_folder_with_a_damaged_batch_is_passed_over_for_the_archive_and_left_alone(tmp_path, small):
    _, _, files, archive = small
    put(tmp_path / FOLDER, files | {"data_batch_3": b"mine"})
    put(tmp_path, {"cifar-10-python.tar.gz": archive})
    splits = Cifar10()((tmp_path,))
    assert len(splits["train"]) == 20
    assert (tmp_path / FOLDER / "data_batch_3").read_bytes() == b"mine"
    assert any(f"{tmp_path / FOLDER / 'data_batch_3'} has the SHA-256" in note for note in splits.notes)
    assert splits.origin == "a file cifar-10-python.tar.gz"


@pytest.mark.parametrize("there", ["nothing", "another archive", "half a folder"])
def test_what_is_missing_is_said_with_every_place_and_the_remedy(tmp_path, small, there):
    if there == "another archive":
        put(tmp_path, {"cifar-10-python.tar.gz": small[3][:-1]})
    elif there == "half a folder":
        put(tmp_path / FOLDER, {name: content for name, content in small[2].items() if name != "data_batch_4"})
    with pytest.raises(DataMissing) as caught:
        Cifar10()((tmp_path,))
    told = str(caught.value)
    for part in (
        "CIFAR-10 is missing",
        "cifar-10-python.tar.gz",
        str(tmp_path),
        "HARNESS_OFFLINE forbids it",
        "--data-dir",
    ):
        assert part in told
    wanted = {
        "nothing": "",
        "another archive": "has the SHA-256",
        "half a folder": "there is no undamaged cifar-10-batches-py/data_batch_4",
    }
    assert wanted[there] in told
    assert "\n" not in told


class Runs:
    """A pickle that would run code."""

    def __reduce__(self):
        return (open, ("ran", "w"))


GOOD = {b"data": np.zeros((4, 3072), np.uint8), b"labels": [0, 1, 2, 3]}
BATCHES = {
    "code": (pickle.dumps(Runs()), "refers to"),
    "code beside images": (pickle.dumps(GOOD | {b"more": Runs()}, 3), "refers to"),
    "nothing": (b"", "is damaged"),
    "a list": (pickle.dumps([1, 2]), "is no batch of 4 images"),
    "no labels": (pickle.dumps({b"data": GOOD[b"data"]}, 3), "is no batch"),
    "floats": (pickle.dumps(GOOD | {b"data": np.zeros((4, 3072))}, 3), "is no batch"),
    "other images": (pickle.dumps(GOOD | {b"data": np.zeros((4, 784), np.uint8)}, 3), "is no batch"),
    "fewer images": (pickle.dumps({b"data": GOOD[b"data"][1:], b"labels": [1, 2, 3]}, 3), "is no batch"),
    "labels that are texts": (pickle.dumps(GOOD | {b"labels": [b"0"] * 4}, 3), "is no batch"),
}


@pytest.mark.parametrize("fault", BATCHES)
@pytest.mark.parametrize("packing", ["folder", "archive"])
def test_a_batch_that_holds_anything_else_is_named_and_runs_nothing(tmp_path, monkeypatch, small, fault, packing):
    content, said = BATCHES[fault]
    files = small[2] | {"data_batch_2": content}
    archive = pretend(monkeypatch, files)
    put(tmp_path / FOLDER, files) if packing == "folder" else put(tmp_path, {"cifar-10-python.tar.gz": archive})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataMissing, match=f"data_batch_2 {said}|data_batch_2 .*{said}"):
        Cifar10()((tmp_path,))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("fault", ["a batch too few", "no tar", "no gzip", "another batch"])
def test_an_archive_of_anything_else_is_refused(tmp_path, monkeypatch, small, fault):
    files = dict(small[2])
    content = {
        "a batch too few": packed({name: files[name] for name in files if name != "test_batch"}),
        "no tar": gzip.compress(b"nothing"),
        "no gzip": b"nothing",
        "another batch": packed(files | {"test_batch": b"other"}),
    }[fault]
    monkeypatch.setattr(module, "ARCHIVE", replace(module.ARCHIVE, sha256=hashlib.sha256(content).hexdigest()))
    put(tmp_path, {"cifar-10-python.tar.gz": content})
    with pytest.raises(DataMissing, match=r"CIFAR-10 is missing: .*(damaged|SHA-256)") as caught:
        Cifar10()((tmp_path,))
    assert "\n" not in str(caught.value)


def test_the_digests_of_the_batches_enter_the_key(monkeypatch):
    before = Cifar10().fingerprint()
    monkeypatch.setattr(module, "BATCHES", module.BATCHES | {"test_batch": "0" * 64})
    assert Cifar10().fingerprint() != before

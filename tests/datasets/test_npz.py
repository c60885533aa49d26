import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from written import npz

from harness.datasets.halves import Halves
from harness.datasets.npz import ArraysOfAFile
from harness.errors import DataMissing, Infeasible
from harness.kinds.registry import discover

discover()
rng = np.random.default_rng(0)
ARRAYS = {
    "x_train": rng.integers(0, 256, (12, 5, 4, 3), dtype=np.uint8),
    "y_train": np.arange(12, dtype=np.uint8) % 3,
    "x_test": rng.integers(0, 256, (6, 5, 4, 3), dtype=np.uint8),
    "y_test": np.arange(6, dtype=np.int32)[:, None] % 3,
}


def put(folder: Path, content: bytes, **fields) -> ArraysOfAFile:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.npz").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    return ArraysOfAFile.model_validate({"file": "mine.npz", "sha256": sha256, "classes": 3} | fields)


def test_bytes_are_divided_by_255_and_order_and_labels_kept(tmp_path):
    splits = put(tmp_path, npz(ARRAYS), image_shape=(5, 4, 3))((tmp_path,))
    assert list(splits) == ["train", "test"]
    for name, split in splits.items():
        np.testing.assert_array_equal(split.images, ARRAYS[f"x_{name}"].astype(np.float32) / np.float32(255))
        np.testing.assert_array_equal(split.labels, ARRAYS[f"y_{name}"].ravel())
        np.testing.assert_array_equal(split.index, np.arange(len(split)))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4"])
def test_floats_between_0_and_1_stay_what_they_are(tmp_path, dtype):
    pixels = rng.uniform(0, 1, (12, 5, 4)).astype(dtype)
    recipe = put(tmp_path, npz(ARRAYS | {"x_train": pixels}), test=None)
    images = recipe((tmp_path,))["train"].images
    assert images.shape == (12, 5, 4, 1)
    np.testing.assert_array_equal(images[..., 0], pixels.astype(np.float32))


def test_other_names_of_arrays_and_one_split_are_a_matter_of_fields(tmp_path):
    content = npz({"photos": ARRAYS["x_train"], "kinds": ARRAYS["y_train"]})
    recipe = put(tmp_path, content, train={"images": "photos", "labels": "kinds"}, test=None)
    assert recipe.splits == ("train",)
    assert list(recipe((tmp_path,))) == ["train"]


def test_the_record_gets_the_files_name_and_the_user_its_place(tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "mine.npz").write_bytes(b"other")
    splits = put(tmp_path / "good", npz(ARRAYS))((tmp_path / "bad", tmp_path / "good"))
    assert splits.origin == "a file mine.npz"
    assert splits.notes[0].startswith(f"passed over: {tmp_path / 'bad' / 'mine.npz'} has the SHA-256")
    assert splits.notes[-1] == str(tmp_path / "good" / "mine.npz")


def test_a_file_in_a_folder_within_a_folder_of_data_is_found(tmp_path):
    recipe = put(tmp_path / "deep" / "er", npz(ARRAYS), file="deep/er/mine.npz")
    assert len(recipe((tmp_path,))["train"]) == 12


@pytest.mark.parametrize("there", ["nothing", "another", "a FIFO", "half"])
def test_a_file_that_is_not_there_or_another_is_missing_with_the_sentence_that_repairs_it(tmp_path, there):
    recipe = put(tmp_path, npz(ARRAYS))
    path = tmp_path / "mine.npz"
    whole = path.read_bytes()
    path.unlink()
    if there == "a FIFO":
        os.mkfifo(path)
    elif there != "nothing":
        path.write_bytes(b"another" if there == "another" else whole[: len(whole) // 2])
    with pytest.raises(DataMissing) as caught:
        recipe((tmp_path,))
    for part in ("mine.npz", recipe.sha256, str(tmp_path), "--data-dir", "HARNESS_DATA_DIR"):
        assert part in str(caught.value)
    assert {"nothing": "", "a FIFO": "found a FIFO"}.get(there, "has the SHA-256") in str(caught.value)


class Runs:
    """A pickle that would run code."""

    def __reduce__(self):
        return (open, ("ran", "w"))


PIXELS = ARRAYS["x_train"]
FAULTS = {
    "a label too large": ({"y_train": np.arange(12) % 4}, "y_train has 3 labels outside 0 to 2, the first one 3; correct them, or 'classes: 3'"),
    "a negative label": ({"y_test": -np.arange(6)}, "y_test has 5 labels outside 0 to 2, the first one -1"),
    "labels that are floats": ({"y_train": np.zeros(12)}, "y_train is float64, expected integers"),
    "one label for each class": ({"y_train": np.eye(3, dtype=np.uint8)[ARRAYS["y_train"]]}, r"y_train has the shape 12×3, expected \(n,\)"),
    "a single label": ({"y_train": np.uint8(1)}, r"y_train has the shape \(\), expected"),
    "a label too few": ({"y_train": ARRAYS["y_train"][1:]}, "x_train has 12 images, y_train has 11 labels"),
    "pixels up to 255 as floats": ({"x_train": PIXELS.astype(np.float32)}, r"x_train holds 0 to 255, expected floats in \[0, 1\]; divide them"),
    "negative pixels": ({"x_train": PIXELS / 255 - 0.5}, r"x_train holds -0\.5 to 0\.5, expected floats"),
    "pixels that are no numbers": ({"x_train": PIXELS * np.float32(np.nan)}, "x_train holds nan to nan, expected"),
    "pixels of 16 bits": ({"x_train": PIXELS.astype(np.uint16)}, "x_train is uint16, expected uint8, or floats"),
    "signed bytes": ({"x_train": PIXELS.astype(np.int8)}, "x_train is int8, expected uint8, or floats"),
    "rows of pixels": ({"x_train": PIXELS.reshape(12, -1)}, r"x_train has the shape 12×60, expected \(n, height, width\)"),
    "no image": ({"x_train": PIXELS[:0], "y_train": np.zeros(0, int)}, "of at least one image"),
    "another shape than declared": ({}, "x_train has images of 5×4×3, expected 5×5×3"),
    "splits of two shapes": ({"x_test": ARRAYS["x_test"][..., :1]}, "x_test has images of 5×4×1, expected 5×4×3"),
    "an array too few": ({"x_test": None}, "has not the array x_test: unknown array 'x_test'; did you mean"),
    "Python objects": ({"y_train": np.array([Runs()] * 12, object)}, "Python objects in y_train"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_fields_do_not_say_is_said_in_one_sentence(tmp_path, monkeypatch, fault):
    changed, said = FAULTS[fault]
    monkeypatch.chdir(tmp_path)
    arrays = {name: array for name, array in (ARRAYS | changed).items() if array is not None}
    declared = {"image_shape": (5, 5, 3)} if fault == "another shape than declared" else {}
    with pytest.raises(Infeasible, match=said) as caught:
        put(tmp_path, npz(arrays), **declared)((tmp_path,))
    assert "mine.npz" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content", [b"", pickle.dumps(Runs()), b"PK\3\4"], ids=["nothing", "a pickle", "the begin of a zip"]
)
def test_a_file_that_is_no_archive_is_refused_and_runs_nothing(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Infeasible, match=r"is not a \.npz file"):
        put(tmp_path, content)((tmp_path,))
    assert not (tmp_path / "ran").exists()


def test_images_that_would_fill_the_memory_are_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.datasets.npz.MOST_BYTES", 2000)
    with pytest.raises(Infeasible, match="x_train has 2,880 bytes as float32, expected at most 2,000"):
        put(tmp_path, npz(ARRAYS))((tmp_path,))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"file": "../mine.npz"}, "without '..'"),
        ({"file": "mine.npy"}, r"expected a file \.npz"),
        ({"sha256": "a" * 63}, "64 hexadecimal digits"),
        ({"train": None, "test": None}, "at least one of train and test"),
        ({"classes": 1}, "greater than or equal to 2"),
        ({"image_shape": (5, 4)}, "image_shape"),
    ],
)
def test_fields_that_cannot_be_are_mistakes_of_the_spec(tmp_path, fields, said):
    with pytest.raises(ValidationError, match=said):
        put(tmp_path, b"", **fields)


def test_halves_of_it_are_cut_like_those_of_any_data_set(tmp_path):
    halves = Halves(of="mine")(of=put(tmp_path, npz(ARRAYS))((tmp_path,)))
    assert [len(halves[name]) for name in ("p1", "p2", "test")] == [6, 6, 6]
